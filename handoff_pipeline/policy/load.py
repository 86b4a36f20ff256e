"""Reading handoff.yaml: from text to `Policy`, with errors that name the key, the value and the fix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from handoff_pipeline.errors import PolicyError
from handoff_pipeline.policy.models import Policy

SHOWN = 80


class _StrictLoader(yaml.SafeLoader):
    """YAML that refuses a key given twice: the second would silently win."""


def _mapping(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node)
        if key in seen:
            line = key_node.start_mark.line + 1
            raise PolicyError(f'handoff.yaml, line {line}: the key "{key}" is there twice.', "Keep one of the two.")
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def load_policy(path: Path) -> Policy:
    """The policy in the file `path`.

    Raises:
        PolicyError: the file is missing, is no YAML, or says something that cannot be right.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise PolicyError(
            f"The policy file {path} cannot be read: {error.strerror}.", "Set HANDOFF_POLICY_FILE, or copy handoff.yaml there."
        ) from None
    return parse_policy(text, name=path.name)


def parse_policy(text: str, name: str = "handoff.yaml") -> Policy:
    """The policy that `text` holds; `name` is used in messages."""
    try:
        data = yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a SafeLoader subclass
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "cannot be parsed"
        raise PolicyError(f"{name}{where} is not valid YAML: {problem}.", "Correct the indentation or quotes there.") from None
    if not isinstance(data, dict):
        raise PolicyError(f"{name} holds no settings.", "Start from the example handoff.yaml of this project.")
    try:
        return Policy.model_validate(data)
    except ValidationError as error:
        fix = "Correct these keys; docs/policy.md explains each, `handoff policy check` tries again."
        raise PolicyError(f"{name}: {_explain(error)}.", fix) from None


def _explain(error: ValidationError) -> str:
    """Every problem as `key = value: reason`, shortest keys first."""
    parts = []
    for item in error.errors(include_url=False):
        key = ".".join(str(part) for part in item["loc"] if part not in ("all_fields", "text", "margin_floor"))
        reason = item["msg"].removeprefix("Value error, ")
        value = item.get("input")
        shown = "" if isinstance(value, dict | list) or item["type"] == "missing" else f" = {str(value)[:SHOWN]!r}"
        parts.append(f"{key}{shown}: {reason}" if key else reason)
    return "; ".join(parts)
