"""The JSON schema of handoff.yaml, from which editors complete keys and explain them; `handoff docs` writes docs/handoff.schema.json.

Nothing is decided here: the schema is what the models say. The one thing to know: it knows keys, types and ranges, and not what must agree
between sections; `handoff policy check` tries that.
"""

from __future__ import annotations

import json
from typing import Any, Final

from handoff_pipeline.policy.models import Policy

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    """The schema as plain values."""
    whole: dict[str, Any] = _strict(Policy.model_json_schema())
    return {"$schema": DIALECT, **whole, "title": "handoff.yaml"}


def _strict(part: Any) -> Any:
    """A mapping whose keys must look like something has no other keys: pydantic names the pattern and leaves the rest open."""
    if isinstance(part, list):
        return [_strict(one) for one in part]
    if not isinstance(part, dict):
        return part
    closed = {"additionalProperties": False} if "patternProperties" in part else {}
    return {key: _strict(value) for key, value in part.items()} | closed


def schema_text() -> str:
    """The schema as the file's text: two blanks a level, keys as the models have them, one line end at the end."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
