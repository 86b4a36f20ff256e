"""The writer's own credential: apart from the reader's, not allowed everything, and never shown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from handoff_pipeline.errors import SettingsError
from handoff_pipeline.halo.errors import (
    HaloError,
)
from tests.halo.fake import SECRET, TOKEN, answer
from tests.halo.keeping import WRITER_SECRET, KeepingHalo
from tests.halo.upserting import NEW_PROJECT, upsert


def test_the_writer_needs_a_credential_of_its_own(tmp_path: Path) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"halo_writer_client_id": None}, "HANDOFF_HALO_WRITER_CLIENT_ID is not set"),
        ({"halo_writer_client_secret": None}, "HANDOFF_HALO_WRITER_CLIENT_SECRET is not set"),
        ({"halo_writer_client_id": "Reader "}, "the reader's own"),
        ({"halo_client_secret": WRITER_SECRET}, "the reader's own"),
        ({"halo_writer_scope": "edit:tickets all"}, "HANDOFF_HALO_WRITER_SCOPE asks for the scope 'all'"),
    ]
    for overrides, words in cases:
        halo = KeepingHalo()
        with pytest.raises(SettingsError, match=re.escape(words)):
            upsert(halo, tmp_path, "project", NEW_PROJECT, settings=overrides)
        assert halo.seen == []


def test_a_writer_whose_token_was_granted_everything_does_not_start(tmp_path: Path) -> None:
    halo = KeepingHalo(handlers={"/auth/token": lambda _: answer({"access_token": TOKEN, "scope": "edit:tickets all"})})
    with pytest.raises(SettingsError, match="was granted the scope 'all'"):
        upsert(halo, tmp_path, "project", NEW_PROJECT)
    assert upsert(halo, tmp_path, "project", NEW_PROJECT, settings={"allow_scope_all": True}).key == (4001,)


def test_no_failing_write_shows_a_secret_of_either_credential(tmp_path: Path) -> None:
    leak = f"{SECRET} {WRITER_SECRET} {TOKEN}-1 Bearer {TOKEN}-1"
    replies = [answer({"Message": leak}, 400), answer({"Message": leak}, 500), answer({"_warning": leak}, 201), httpx.ReadTimeout(leak)]
    while replies:
        halo = KeepingHalo(handlers={"/api/Projects": lambda _: replies.pop()})
        with pytest.raises(HaloError) as caught:
            upsert(halo, tmp_path, "project", NEW_PROJECT)
        assert not any(secret in str(caught.value) for secret in (SECRET, WRITER_SECRET, f"{TOKEN}-1"))
