"""Who is told of failures: the same one once a day, an hour's bound for all, every channel for alerts, and never instead of the reason."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import dagster as dg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from assets import alerts, notifier
from assets.acting import duties, work
from assets.sensing.alerting import AN_HOUR, alerting, period_of
from assets.sensing.failures import Failure
from handoff_pipeline.channels.card_content import read
from handoff_pipeline.errors import SettingsError
from handoff_pipeline.ledger import Ledger
from handoff_pipeline.policy import Policy, load_policy
from handoff_pipeline.settings import Settings
from handoff_pipeline.warehouse.home import Home
from tests.assets.acting_home import MORNING, NIGHT, acting_home
from tests.assets.test_alerts import a_failing_job

GOOD = "https://a.01.environment.api.powerplatform.com/workflows/1?sig=abc"
RETIRED = "https://acme.webhook.office.com/webhookb2/1?sig=abc"


def failed(number: int, minutes: int = 0, said: str = "nightly failed at raw/halo_pull: refused", title: str = "nightly failed") -> Failure:
    return Failure(
        "run", f"run-{number}", title, f"{said} (run 0b8c7f6e-1d2c-4b3a-9f8e-{number:012d})", MORNING + timedelta(minutes=minutes)
    )


def days(moment: datetime) -> date:
    return moment.date()


def full(*_: object) -> bool:
    raise OSError(28, "No space left on device")


@pytest.fixture
def installed(checkout, tmp_path):
    """A home with two channels for alerts and one for escalations; a ledger, and no night."""

    (tmp_path / "home" / "ledger").mkdir(parents=True)

    def settings_of(**changed) -> Settings:
        policy = tmp_path / "handoff.yaml"
        text = (checkout / "handoff.yaml").read_text("utf-8")
        channels = "{default: [owners, digest, alerts], managers: [escalations], ops: [alerts]}"
        policy.write_text(text.replace("{default: [owners, escalations, digest, alerts]}", channels), "utf-8")
        hooks = {"ops": SecretStr(GOOD), "managers": SecretStr(GOOD)}
        values = {"home": tmp_path / "home", "policy_file": policy, "halo_tenant": "demo", "teams_webhook": SecretStr(GOOD),
                  "teams_webhooks": hooks, "as_of": MORNING}  # fmt: skip
        return Settings(_env_file=None, **(values | changed))

    return settings_of


def told(settings: Settings, failures: list[Failure], now: datetime = MORNING, since: datetime | None = None) -> list[tuple[str, str]]:
    """Key and channel of every card, sorted, after the notifier was told once more."""
    with work.installation(settings, "tick") as at:
        notifier.tell(at, failures, now, overdue_since=since)
        return sorted((one.dedupe_key, read(one.content).channel) for one in at.ledger.intents.all())


def policy_of(settings: Settings) -> Policy:
    return load_policy(settings.policy_file)


def test_a_job_that_fails_every_few_minutes_gets_one_card_a_day_in_each_channel(installed):
    every = []
    for number in range(20):
        every = told(installed(), [failed(number, 5 * number)], MORNING + timedelta(minutes=5 * number))
    assert every == [("alert|run|run-0", "default"), ("alert|run|run-0|ops", "ops")]
    assert len(told(installed(), [failed(99, 24 * 60)], MORNING + timedelta(days=1))) == 4


def test_another_reason_is_another_failure_on_the_same_day():
    first, later = failed(1), failed(2, 5)
    assert period_of(first, NIGHT.date()) == period_of(later, NIGHT.date())
    other = failed(3, 6, said="nightly failed at raw/halo_pull: the disk is full")
    assert period_of(other, NIGHT.date()) != period_of(first, NIGHT.date())
    assert list(alerting([later, other, first], (), 0, days).cards.values()) == [first, other]


def test_numbers_moments_and_ids_do_not_make_a_failure_new():
    words = ["429 after 17.5 s at 2026-07-14T08:15:00Z", "429 after 23.0 s at 2026-07-14T09:20:00Z"]
    one, two = (period_of(failed(number, said=said), NIGHT.date()) for number, said in enumerate(words))
    assert one == two


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 2000)), max_size=60), st.integers(0, 10))
def test_an_hour_has_no_more_cards_than_its_bound_and_every_failure_is_counted_once(drawn, before):
    failures = [failed(number, minutes, title=f"job {'x' * kind} failed") for number, (kind, minutes) in enumerate(drawn)]
    chosen = alerting(failures, (), before, days)
    kinds = {period_of(one, days(one.at)) for one in failures}
    assert len(chosen.cards) == min(len(kinds), max(0, AN_HOUR - before))
    assert set(chosen.cards) | set(chosen.over) == kinds
    assert not set(chosen.cards) & set(chosen.over)


def test_what_is_over_the_hours_bound_is_counted_on_one_card_and_told_in_the_next_hour_if_it_goes_on(installed):
    settings = installed(teams_webhooks={})
    many = [failed(number, title=f"job {'x' * number} failed") for number in range(AN_HOUR + 3)]
    cards = told(settings, many)
    assert len(cards) == AN_HOUR + 1
    with Ledger.open(Home.of(settings).ledger_file) as ledger:
        titles = [read(one.content).title for one in ledger.intents.all()]
    assert "3 further failures" in titles
    again = [failed(100 + number, 61, title=f"job {'x' * number} failed") for number in range(AN_HOUR + 3)]
    assert len(told(settings, again, MORNING + timedelta(minutes=61))) == AN_HOUR + 1 + 3


def test_the_alarm_goes_to_every_channel_for_alerts_once_a_day(installed):
    cards: list[tuple[str, str]] = []
    for minutes in (0, 1, 60):
        cards = told(installed(), [], MORNING + timedelta(minutes=minutes), NIGHT - timedelta(days=2))
    assert cards == [("dead_man|2026-07-14", "default"), ("dead_man|2026-07-14|ops", "ops")]
    assert [line["state"] for line in alerts.lines(Home.of(installed()).root)] == ["overdue"]


def test_the_sign_of_life_goes_to_every_channel_that_is_used_and_has_an_address(installed):
    made = duties.heartbeats(policy_of(installed()), MORNING, 3, NIGHT, {"default", "ops", "managers", "spare"})
    assert sorted(str(one.content["channel"]) for one in made) == ["default", "managers", "ops"]
    assert len({one.dedupe_key for one in made}) == 3


@pytest.mark.parametrize(
    ("connected", "expected"),
    [({"default", "ops"}, ["default", "ops"]), ({"ops"}, ["ops"]), ({"managers"}, ["managers"]), (set(), ["default", "ops"])],
)
def test_an_alarm_goes_where_there_is_an_address_whatever_the_policy_hoped_for(installed, connected, expected):
    made = duties.dead_man_cards(policy_of(installed()), MORNING, NIGHT, connected)
    assert [one.content["channel"] for one in made] == expected


def test_only_alerts_may_go_to_several_channels(checkout, tmp_path):
    text = (checkout / "handoff.yaml").read_text("utf-8")
    path = tmp_path / "handoff.yaml"
    path.write_text(text.replace("{default: [owners, escalations, digest, alerts]}", "{a: [owners, alerts], b: [owners, alerts]}"), "utf-8")
    with pytest.raises(Exception, match="a, b all get owners") as refused:
        load_policy(path)
    assert "all get alerts" not in str(refused.value)


def test_a_file_that_cannot_be_written_keeps_no_card_back_and_hides_no_reason(installed, monkeypatch, caplog):
    monkeypatch.setattr(alerts, "deliver", full)
    cards = told(installed(), [failed(1)], since=NIGHT - timedelta(days=2))
    assert len(cards) == 4
    assert "No space left on device" in caplog.text
    notifier.write_down(installed().home, [Failure("check", "x", "The check x failed", "3 rows", MORNING)])
    assert "3 rows" in caplog.text


def test_a_run_that_failed_says_why_although_the_alert_cannot_be_kept(installed, monkeypatch):
    monkeypatch.setattr(alerts, "deliver", full)
    with dg.DagsterInstance.ephemeral() as instance:
        result = a_failing_job().execute_in_process(instance=instance, raise_on_error=False)
        told = alerts.report(instance, installed(), result.dagster_run, MORNING)
    assert told.message == "HaloPSA refused the credentials. Fix: enter the secret again."


def test_an_address_of_teams_that_is_refused_stops_no_write_to_halopsa_and_no_card_is_lost(checkout, tmp_path):
    with acting_home(checkout, tmp_path, "operate") as home:
        home.settings = home.settings.model_copy(update={"teams_webhook": SecretStr(RETIRED)})
        with work.installation(home.at(MORNING), "run-1") as at:
            done = work.Told()
            work.work_on_gaps(at, done)
            with pytest.raises(SettingsError, match=r"HANDOFF_TEAMS_WEBHOOK is an address on webhook\.office\.com"):
                work.deliver(at, done)
            states = {(one.target, one.state) for one in at.ledger.intents.all() if one.action_class == "automatic" and not one.is_shadow}
        assert states == {("halopsa", "confirmed"), ("teams", "approved")}
        assert len(home.sim.writes) > 0
