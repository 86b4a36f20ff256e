"""What `handoff doctor` asks of a tenant: each finding says what is wrong and what to do about it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from handoff_pipeline.halo import probe
from tests.halo.fake import NOW, FakeHalo, InstantClock, answer, settings


def test_the_probe_finds_a_sound_tenant_sound(tmp_path: Path) -> None:
    halo = FakeHalo()
    findings = probe(settings(tmp_path), InstantClock(), halo.transport)
    assert [(finding.name, finding.ok) for finding in findings] == [("scope", True), ("credentials", True), ("clock", True)]
    assert len(halo.seen) == 2


def test_the_probe_names_the_fix_of_what_is_wrong(tmp_path: Path) -> None:
    wide = probe(settings(tmp_path, halo_scope="all"), InstantClock(), FakeHalo().transport)
    assert [(finding.name, finding.ok) for finding in wide] == [("scope", False), ("credentials", False)]
    late = probe(settings(tmp_path), InstantClock(), FakeHalo(date=NOW - timedelta(minutes=9)).transport)
    assert [(finding.name, finding.ok) for finding in late if not finding.ok] == [("clock", False)]
    assert "-540 s" in late[-1].message
    refused = probe(
        settings(tmp_path), InstantClock(), FakeHalo(handlers={"/auth/token": lambda _: answer({"error": "invalid_client"}, 400)}).transport
    )
    assert all(finding.fix for finding in [*wide, *late, *refused] if not finding.ok)
