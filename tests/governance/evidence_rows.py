"""Evidence for scoring, row by row: what a test leaves out is empty, and a field is given in the form that its rule reads."""

from __future__ import annotations

import json
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import polars as pl
import yaml

from handoff_pipeline.governance.checklist import score
from handoff_pipeline.policy import Policy, load_policy, parse_policy

EXAMPLE: Final = Path(__file__).resolve().parents[2] / "handoff.yaml"
POLICY: Final = load_policy(EXAMPLE)
PAGE: Final = "https://acme.example/tickets?id=7"
EVIDENCE: Final[dict[str, Any]] = {
    "handoff_id": pl.Int64,
    "slice_batch": pl.Int64,
    "slice_from_utc": pl.Datetime("us"),
    "slice_to_utc": pl.Datetime("us"),
    "policy_no": pl.Int64,
    "is_won": pl.Boolean,
    "won_order": pl.Int64,
    "deal_type": pl.String,
    "service_template": pl.String,
    "won_day": pl.Date,
    "sold_margin_pct": pl.Float64,
    "sold_margin_text": pl.String,
    "margin_floor_pct": pl.Float64,
    "has_accepted_quotation": pl.Boolean,
    "has_accepted_day": pl.Boolean,
    "has_accepted_by": pl.Boolean,
    "has_signed_copy": pl.Boolean,
    "accepted_text": pl.String,
    "is_documented": pl.Boolean,
    "source_url": pl.String,
}
FIELD: Final[dict[str, Any]] = {
    "handoff_id": pl.Int64,
    "slice_batch": pl.Int64,
    "meaning": pl.String,
    "stored": pl.String,
    "field_day": pl.Date,
    "number": pl.Float64,
}
DOCUMENT: Final[dict[str, Any]] = {"handoff_id": pl.Int64, "slice_batch": pl.Int64, "place": pl.String, "file_name": pl.String}
_BASE: Final = {
    "handoff_id": 7,
    "slice_batch": 1,
    "slice_from_utc": datetime(2026, 9, 1),
    "policy_no": 1,
    "is_won": True,
    "margin_floor_pct": 30.0,
    "has_accepted_quotation": False,
    "has_accepted_day": False,
    "has_accepted_by": False,
    "has_signed_copy": False,
    "is_documented": True,
    "source_url": PAGE,
}


def scored(*rows: dict[str, Any], policy: Policy = POLICY, others: dict[int, Policy] | None = None) -> pl.DataFrame:
    """The judgements of rows of evidence. Columns of the evidence are given by name, `deal` and `quotation` are names of documents, all
    else is a field: text, a date, or a number."""
    evidence, fields, documents = [], [], []
    for row in rows:
        given = {**_BASE, **{name: value for name, value in row.items() if name in EVIDENCE}}
        given.setdefault("won_order", given["handoff_id"])
        evidence.append({**dict.fromkeys(EVIDENCE), **given})
        key = {"handoff_id": given["handoff_id"], "slice_batch": given["slice_batch"]}
        for place in ("deal", "quotation"):
            documents += [{**key, "place": place, "file_name": name} for name in row.get(place, [])]
        fields += [
            {**key, "meaning": name, **_forms(value)}
            for name, value in row.items()
            if name not in EVIDENCE and name not in ("deal", "quotation") and value is not None
        ]
    return score(
        {1: policy, **(others or {})},
        pl.DataFrame(evidence, schema=EVIDENCE),
        pl.DataFrame(fields, schema=FIELD),
        pl.DataFrame(documents, schema=DOCUMENT),
    )


def _forms(value: str | date | float) -> dict[str, Any]:
    """A field as text, and as the day or the number that it is."""
    day, number = (value if isinstance(value, date) else None), (float(value) if isinstance(value, int | float) else None)
    return {"stored": value.isoformat() if isinstance(value, date) else str(value), "field_day": day, "number": number}


def judged(item: str, policy: Policy = POLICY, **row: Any) -> dict[str, Any]:
    """The judgement of one item on one row."""
    (found,) = scored(row, policy=policy).filter(pl.col("item") == item).to_dicts()
    return found


@cache
def _example() -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text("utf-8"))
    return data


def policy_of(rule: dict[str, Any], **item: Any) -> Policy:
    """The example policy with one item, `it`, judged by the rule; fields that only it reads are mapped."""
    return _policy_of(json.dumps([rule, item]))


@cache
def _policy_of(asked: str) -> Policy:
    rule, item = json.loads(asked)
    data = {**_example(), "overlays": {}}
    names = {
        name for one in [rule, *rule.get("rules", [])] for key in ("field", "link", "date", "earlier", "later") if (name := one.get(key))
    }
    fields = dict(data["fields"]["opportunity"]) | {name: f"CF{name}" for name in names - {"won_day"}}
    data["fields"] = {**data["fields"], "opportunity": fields}
    whole = {"id": "it", "title": "It", "weight": 1, "hard": False, "rule": rule, "fix": "Do it.", **item}
    data["checklist"] = {**data["checklist"], "items": [whole]}
    data.pop("remediation", None)  # its owners are of items that this checklist lacks
    return parse_policy(yaml.safe_dump(data))


def verdict(rule: dict[str, Any], item: dict[str, Any] | None = None, **row: Any) -> dict[str, Any]:
    """The judgement of one row by one rule."""
    return judged("it", policy_of(rule, **(item or {})), **row)
