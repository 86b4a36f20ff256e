"""The JSON schema knows what the models know, explains every key, and is the one that lies in docs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from handoff_pipeline.policy.schema import schema, schema_text

VALIDATOR = Draft202012Validator(schema())


def as_an_editor_reads(value: Any) -> Any:
    """YAML 1.2, which editors read, knows no dates: they are text, also as keys."""
    if isinstance(value, dict):
        return {as_an_editor_reads(key) if isinstance(key, date) else str(key): as_an_editor_reads(one) for key, one in value.items()}
    if isinstance(value, list):
        return [as_an_editor_reads(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value


@pytest.fixture
def example(checkout: Path) -> dict[str, Any]:
    """The example policy's data."""
    data: dict[str, Any] = as_an_editor_reads(yaml.safe_load((checkout / "handoff.yaml").read_text("utf-8")))
    return data


def test_the_schema_itself_is_sound() -> None:
    Draft202012Validator.check_schema(schema())


def test_the_example_fits_the_schema(example: dict[str, Any]) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(example)] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("checklist", "hard_cup"), 60),
        (("checklist", "hard_cap"), 160),
        (("checklist", "items", 0, "rule", "kind"), "vibes"),
        (("checklist", "items", 2, "rule", "copied"), "maybe"),
        (("overlays", "finance", "item"), []),
        (("fields", "opportunity", "Deal type"), "CFDealType"),
        (("calendar", "working_hours"), ["nine", "five"]),
        (("tennant",), {}),
    ],
)
def test_what_is_misspelt_or_out_of_range_does_not(example: dict[str, Any], path: tuple[str | int, ...], value: Any) -> None:
    here: Any = example
    for part in path[:-1]:
        here = here[part]
    here[path[-1]] = value
    assert list(VALIDATOR.iter_errors(example))


def test_every_key_is_explained() -> None:
    assert list(_unexplained(schema())) == []


def _unexplained(whole: dict[str, Any]) -> Iterator[str]:
    """Keys without a description of their own or of the section that they hold."""
    for name, section in {"": whole, **whole["$defs"]}.items():
        for key, value in section.get("properties", {}).items():
            held = whole["$defs"].get(str(value.get("$ref", "")).rpartition("/")[2], {})
            if not value.get("description") and not held.get("description"):
                yield f"{name}.{key}"


def test_the_file_in_docs_is_this_schema(checkout: Path) -> None:
    kept = (checkout / "docs" / "handoff.schema.json").read_text("utf-8")
    assert kept == schema_text(), "run `handoff docs`"


def test_the_examples_first_line_names_the_schema(checkout: Path) -> None:
    first = (checkout / "handoff.yaml").read_text("utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=docs/handoff.schema.json"
    assert (checkout / first.partition("=")[2]).is_file()
