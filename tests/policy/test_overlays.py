"""An overlay changes what it names and nothing else, and one that is wrong is found before its sector is switched on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from handoff_pipeline.errors import PolicyError
from handoff_pipeline.policy import parse_policy
from handoff_pipeline.policy.load import parse_variants
from handoff_pipeline.policy.overlays import differences


@pytest.fixture
def data(checkout: Path) -> dict[str, Any]:
    """The example policy's data, without its own overlays."""
    whole: dict[str, Any] = yaml.safe_load((checkout / "handoff.yaml").read_text("utf-8"))
    return whole | {"overlays": {}}


def changed_by(data: dict[str, Any], **overlay: Any) -> dict[str, str]:
    """What the overlay changes: key to its new value."""
    variants = parse_variants(yaml.safe_dump(data | {"overlays": {"care": overlay}}))
    return {change.key: change.after for change in differences(variants.base, variants.of("care"))}


def test_an_overlay_is_off_until_the_file_names_it(checkout: Path) -> None:
    text = (checkout / "handoff.yaml").read_text("utf-8")
    assert "source_documents" not in [item.id for item in parse_policy(text).checklist.items]
    switched_on = parse_policy(text + "\nsector: finance\n")
    assert [item.id for item in switched_on.checklist.items][-1] == "source_documents"
    assert switched_on.checklist.hard_cap == 50


def test_given_keys_of_an_item_replace_its_own_and_the_others_stay(data: dict[str, Any]) -> None:
    changed = changed_by(data, items=[{"id": "dependencies", "weight": 15, "hard": True, "cap": 40}])
    assert changed == {
        "checklist.items[dependencies].weight": "15.0",
        "checklist.items[dependencies].hard": "True",
        "checklist.items[dependencies].cap": "40.0",
    }


def test_an_unknown_id_is_a_whole_new_item(data: dict[str, Any]) -> None:
    item = {"id": "consent", "title": "Consent", "weight": 5, "hard": False, "rule": {"kind": "present", "field": "consent"}, "fix": "Ask."}
    data["fields"]["opportunity"]["consent"] = "CFConsent"
    assert changed_by(data, items=[item])["checklist.items[consent].title"] == "Consent"


def test_placeholders_are_added_and_floors_merged(data: dict[str, Any]) -> None:
    changed = changed_by(data, placeholders=["later"], margin_floors={"by_deal_type": {"Cloud Migration": 20}})
    assert changed["checklist.placeholders"].endswith("see quote, later")
    assert changed == {"checklist.placeholders": changed["checklist.placeholders"], "margin_floors.by_deal_type.Cloud Migration": "20"}


def test_an_empty_overlay_changes_nothing(data: dict[str, Any]) -> None:
    assert changed_by(data) == {}


def test_nothing_of_the_file_is_changed_by_trying_its_overlays(data: dict[str, Any]) -> None:
    whole = yaml.safe_dump(data | {"overlays": {"care": {"hard_cap": 10, "placeholders": ["later"]}}})
    assert parse_variants(whole).base.checklist == parse_policy(yaml.safe_dump(data)).checklist


@pytest.mark.parametrize(
    ("overlay", "words"),
    [
        ({"items": [{"id": "consent", "weight": 5}]}, ["overlays.care", "checklist.items", "title"]),
        ({"items": [{"id": "dependencies", "rule": {"kind": "text", "field": "vibes", "minimum_words": 2}}]}, ["overlays.care", "vibes"]),
        ({"items": [{"id": "dependencies", "control_ids": ["HC-99"]}]}, ["overlays.care", "HC-99"]),
        ({"items": [{"id": "dependencies", "cap": 40}]}, ["overlays.care", "dependencies", "hard"]),
        ({"hard_cap": 300}, ["overlays.care.hard_cap", "300"]),
        ({"hard_cup": 30}, ["overlays.care.hard_cup"]),
        ({"margin_floors": {"by_deal_type": {"infrastructure project": 3}}}, ["overlays.care", "infrastructure project", "twice"]),
    ],
)
def test_a_wrong_overlay_is_refused_with_its_name_while_it_is_off(data: dict[str, Any], overlay: Any, words: list[str]) -> None:
    with pytest.raises(PolicyError) as refused:
        parse_policy(yaml.safe_dump(data | {"overlays": {"care": overlay}}))
    assert [word for word in words if word not in refused.value.message] == []


def test_a_sector_without_an_overlay_is_refused_with_those_there_are(data: dict[str, Any]) -> None:
    with pytest.raises(PolicyError, match=r'sector: There is no overlay "finanse".*Use one of these: finance'):
        parse_policy(yaml.safe_dump(data | {"overlays": {"finance": {}}, "sector": "finanse"}))
