"""To which addresses cards may go, and that no refusal repeats the secret in one."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from handoff_pipeline.channels.hosts import checked, private_among
from handoff_pipeline.channels.teams import webhooks_of
from handoff_pipeline.errors import SettingsError
from handoff_pipeline.settings import load_settings

FLOW = "/powerautomate/automations/direct/workflows/abc123def456/triggers/manual/paths/invoke?api-version=1&sig=TOPSECRETsignature"
GOOD = f"https://default0a1b.c2.environment.api.powerplatform.com:443{FLOW}"


def check(url: str, **options):
    return checked("default", "HANDOFF_TEAMS_WEBHOOK", SecretStr(url), **options)


def test_a_workflows_address_is_taken():
    webhook = check(GOOD)
    assert (webhook.port, webhook.is_local) == (443, False)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (f"https://acme.webhook.office.com{FLOW}", "retired in May 2026"),
        (f"https://ACME.Webhook.Office.com.{FLOW}", "retired in May 2026"),
        (f"https://outlook.office.com/webhook{FLOW}", "retired in May 2026"),
        (f"https://prod-15.uksouth.logic.azure.com:443{FLOW}", "stopped working on 30 November 2025"),
        (f"https://hooks.example.com{FLOW}", "not listed"),
        (f"https://environment.api.powerplatform.com.evil.example{FLOW}", "not listed"),
        (f"https://evilenvironment.api.powerplatform.com{FLOW}", "not listed"),
        (f"http://a.environment.api.powerplatform.com{FLOW}", "not https"),
        (f"ftp://a.environment.api.powerplatform.com{FLOW}", "not a plain web address"),
        (f"https://ann:pw@a.environment.api.powerplatform.com{FLOW}", "not a plain web address"),
        (f"{GOOD}#x", "not a plain web address"),
        (f"https://10.0.0.5{FLOW}", "a number and not a host"),
        (f"https://169.254.169.254{FLOW}", "a number and not a host"),
        (f"https://2130706433{FLOW}", "a number and not a host"),
        (f"https://0x7f.1{FLOW}", "a number and not a host"),
        (f"https://[fd00::1]{FLOW}", "a number and not a host"),
        (f"https://[fd00::1{FLOW}", "not a web address"),
        (f"http://127.0.0.1:8080{FLOW}", "points to this machine"),
        (f"https://localhost{FLOW}", "points to this machine"),
        ("", "not a plain web address"),
    ],
)
def test_any_other_address_is_refused_with_the_way_out_and_without_the_secret(url, words):
    with pytest.raises(SettingsError, match=words) as refusal:
        check(url)
    assert refusal.value.fix
    for secret in ("TOPSECRET", "abc123def456", "prod-15", "hooks.example"):
        assert secret not in str(refusal.value)


def test_this_machine_is_spoken_to_where_the_setting_allows_it():
    webhook = check(f"http://127.0.0.1:8080{FLOW}", allow_loopback=True)
    assert (webhook.port, webhook.is_local) == (8080, True)


def test_a_relay_of_ones_own_is_taken_where_it_is_listed():
    assert check(f"https://relay.example.com{FLOW}", extra_hosts=["*.example.com"]).host == "relay.example.com"


@pytest.mark.parametrize("listed", ["webhook.office.com", "logic.azure.com"])
def test_listing_a_retired_host_does_not_revive_it(listed):
    with pytest.raises(SettingsError, match=r"retired|stopped"):
        check(f"https://x.{listed}{FLOW}", extra_hosts=[listed])


@pytest.mark.parametrize("listed", ["com", "*", ".", ""])
def test_an_ending_without_a_dot_lists_nothing(listed):
    with pytest.raises(SettingsError, match="not listed"):
        check(f"https://relay.example.com{FLOW}", extra_hosts=[listed])


def test_the_address_is_not_printed():
    assert "TOPSECRET" not in repr(check(GOOD))
    assert "default0a1b" not in repr(check(GOOD))


@pytest.mark.parametrize("address", ["10.1.2.3", "127.0.0.1", "169.254.1.1", "fe80::1%eth0", "fd00::1", "100.64.0.1", "0.0.0.0"])  # noqa: S104
def test_a_name_that_stands_for_a_private_address_is_seen(address):
    assert private_among(["20.1.2.3", address])


def test_public_addresses_are_not_private():
    assert not private_among(["20.50.1.2", "2603:1030::1"])


def test_the_settings_hold_several_channels(monkeypatch):
    monkeypatch.setenv("HANDOFF_TEAMS_WEBHOOK", GOOD)
    monkeypatch.setenv("HANDOFF_TEAMS_WEBHOOKS", f'{{"delivery": "https://relay.example.com{FLOW}"}}')
    monkeypatch.setenv("HANDOFF_TEAMS_HOSTS", "relay.example.com, other.example.org")
    settings = load_settings()
    assert sorted(webhooks_of(settings)) == ["default", "delivery"]
    assert "TOPSECRET" not in repr(settings)


def test_no_address_is_no_channel(monkeypatch):
    monkeypatch.setenv("HANDOFF_TEAMS_WEBHOOK", "")
    assert webhooks_of(load_settings()) == {}


@pytest.mark.parametrize("value", ["{", '["https://x/TOPSECRET"]', '{"a": 1, "b": "TOPSECRET"}', GOOD])
def test_channels_that_cannot_be_read_are_refused_without_their_text(monkeypatch, value):
    monkeypatch.setenv("HANDOFF_TEAMS_WEBHOOKS", value)
    with pytest.raises(SettingsError, match=r"HANDOFF_TEAMS_WEBHOOKS: .*must be JSON") as refusal:
        load_settings()
    assert "TOPSECRET" not in str(refusal.value)


def test_the_channel_that_is_refused_is_named(monkeypatch):
    monkeypatch.setenv("HANDOFF_TEAMS_WEBHOOKS", f'{{"delivery": "https://x.webhook.office.com{FLOW}"}}')
    with pytest.raises(SettingsError, match=r"HANDOFF_TEAMS_WEBHOOKS \(delivery\) is an address on webhook\.office\.com"):
        webhooks_of(load_settings())
