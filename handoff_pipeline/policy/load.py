"""Reading handoff.yaml: from text to `Policy`, with errors that name the key, the value and the fix.

What an overlay changes is `overlays.py`'s. The one thing to know: every overlay of the file is merged and tried whenever the file is read,
so one that is wrong is found long before its sector is switched on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from handoff_pipeline.errors import PolicyError
from handoff_pipeline.policy.bounds import Loader, TooMuch, check_bounds
from handoff_pipeline.policy.models import Policy
from handoff_pipeline.policy.overlays import merged
from handoff_pipeline.policy.rules import KINDS

SHOWN: Final = 80
_NAME: Final = "handoff.yaml"
_FIX: Final = "Correct these keys; docs/policy.md explains each, `handoff policy check` tries again."


@dataclass(frozen=True)
class Variants:
    """What one file may mean: `base` without a sector, and `by_sector` with each of its overlays; `chosen` is the one that it asks for."""

    base: Policy
    by_sector: Mapping[str, Policy]

    @property
    def chosen(self) -> Policy:
        """The policy of the file's own sector."""
        return self.base if self.base.sector is None else self.by_sector[self.base.sector]

    def of(self, sector: str) -> Policy:
        """The policy with the overlay `sector`.

        Raises:
            PolicyError: the file has no such overlay.
        """
        found = self.by_sector.get(sector)
        if found is None:
            raise PolicyError(*_no_overlay(sector, self.by_sector))
        return found


class _StrictLoader(Loader):
    """YAML that refuses a key given twice: the second would silently win."""


def _mapping(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise PolicyError(f"handoff.yaml, line {line}: a list or a mapping stands in place of a key.", "Write a plain word as the key.")
        key = loader.construct_object(key_node)
        if key in seen:
            raise PolicyError(f'handoff.yaml, line {line}: the key "{key}" is there twice.', "Keep one of the two.")
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def load_policy(path: Path) -> Policy:
    """The policy in the file `path`, with the overlay of its sector.

    Raises:
        PolicyError: the file is missing, is no YAML, or says something that cannot be right.
    """
    return parse_policy(read_text(path), name=path.name)


def read_text(path: Path) -> str:
    """The text of a policy file.

    Raises:
        PolicyError: it is missing or no text.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise PolicyError(
            f"The policy file {path} cannot be read: {error.strerror}.", "Set HANDOFF_POLICY_FILE, or copy handoff.yaml there."
        ) from None
    except UnicodeDecodeError as error:
        raise PolicyError(f"The policy file {path} is not UTF-8: byte {error.start} is no character.", "Save it as UTF-8.") from None


def parse_policy(text: str, name: str = _NAME) -> Policy:
    """The policy that `text` holds, with the overlay of its sector; `name` is used in messages. Raises as `load_policy`."""
    return parse_variants(text, name).chosen


def parse_variants(text: str, name: str = _NAME) -> Variants:
    """Everything that `text` may mean. Raises as `load_policy`."""
    data = _data(text, name)
    base = _validated(data, name)
    if base.sector is not None and base.sector not in base.overlays:
        said, fix = _no_overlay(base.sector, base.overlays)
        raise PolicyError(f"{name}: sector: {said}", fix)
    by_sector = {
        sector: _validated(merged(data, overlay) | {"sector": sector}, f"{name}, with overlays.{sector}")
        for sector, overlay in (data.get("overlays") or {}).items()
    }
    return Variants(base, by_sector)


def _no_overlay(sector: str, known: Mapping[str, object]) -> tuple[str, str]:
    listed = ", ".join(sorted(known))
    return f'There is no overlay "{sector}".', f"Use one of these: {listed}." if listed else "Add it under overlays, or leave sector out."


def _data(text: str, name: str) -> dict[str, Any]:
    try:
        check_bounds(text)
        data = yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a SafeLoader subclass
    except TooMuch as error:
        raise PolicyError(f"{name}, line {error.line}, {error}.", "Write the policy flat, as in the example handoff.yaml.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "cannot be parsed"
        raise PolicyError(f"{name}{where} is not valid YAML: {problem}.", "Correct the indentation or quotes there.") from None
    if not isinstance(data, dict):
        raise PolicyError(f"{name} holds no settings.", "Start from the example handoff.yaml of this project.")
    return data


def _validated(data: Mapping[str, Any], name: str) -> Policy:
    try:
        return Policy.model_validate(data)
    except ValidationError as error:
        raise PolicyError(f"{name}: {_explain(error)}.", _FIX) from None


def _explain(error: ValidationError) -> str:
    """Every problem as `key = value: reason`, shortest keys first."""
    parts = []
    for item in error.errors(include_url=False):
        key = ".".join(str(part) for part in item["loc"] if part not in KINDS)
        reason = item["msg"].removeprefix("Value error, ")
        value = item.get("input")
        shown = "" if isinstance(value, dict | list) or item["type"] == "missing" else f" = {str(value)[:SHOWN]!r}"
        parts.append(f"{key}{shown}: {reason}" if key else reason)
    return "; ".join(parts)
