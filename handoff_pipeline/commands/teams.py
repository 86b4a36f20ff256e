"""`handoff teams`: is everything in place for cards (check), what a card looks like (preview), and a sign of life by hand (heartbeat).

Cards and posting are channels'. The one thing to know: an address is a secret as a whole, so none of these commands ever shows one; and
Teams cannot be read, so that a card was taken is all that `heartbeat --send` can prove. Look into the channel.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handoff_pipeline.clock import clock_for
from handoff_pipeline.commands.at_hand import intent_named, open_ledger
from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.commands.findings import Finding
from handoff_pipeline.commands.screen import Json, emit, out, plain
from handoff_pipeline.commands.telling import show_finding
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.settings import Settings, load_settings

if TYPE_CHECKING:
    from handoff_pipeline.channels.card_content import Content
    from handoff_pipeline.policy import Policy

EXAMPLES = """Examples:\n
handoff teams check\n
handoff teams preview --to ./cards\n
handoff teams heartbeat\n
handoff teams heartbeat --send
"""
CHECK_EXAMPLES = """Examples:\n
handoff teams check\n
handoff teams check --json
"""
PREVIEW_EXAMPLES = """Examples:\n
handoff teams preview --to ./cards\n
handoff teams preview 5c0ffee01234 --to ./card --json
"""


def check(as_json: Json = False) -> None:
    """Check the webhooks' addresses, the policy's channels and the map of people. Asks nobody and sends nothing.

    Exits with 1 when something must be mended.
    """
    from handoff_pipeline.policy import load_policy

    settings = load_settings()
    found = list(examine(settings, load_policy(settings.policy_file)))
    failures = [finding for finding in found if finding.level == "failure"]
    if as_json:
        emit({"ok": not failures, "findings": [vars(finding) for finding in found]})
    else:
        for finding in found:
            show_finding(finding)
    raise typer.Exit(Exit.FAILED if failures else Exit.DONE)


def examine(settings: Settings, policy: Policy) -> Iterator[Finding]:
    """Every finding, in the order in which a person would mend them."""
    from handoff_pipeline.channels.card_people import problems_of
    from handoff_pipeline.commands.teams_people import agents_of, people_or_nobody, told_by

    yield from _channels(settings, policy)
    people = people_or_nobody(settings)
    if not people.agents:
        yield Finding("people", "warning", "No agent is published yet, so names cannot be compared.", "Run a night first: `handoff run`.")
        return
    problems = problems_of(agents_of(people), policy.teams.people, told_by(settings, policy, people))
    for problem in problems:
        what, _, fix = problem.partition(". ")
        yield Finding("people", "warning", f"{what.rstrip('.')}.", fix)
    if not problems:
        yield Finding("people", "ok", "Everybody who gets cards is in teams.people and can be mentioned.")


def _channels(settings: Settings, policy: Policy) -> Iterator[Finding]:
    from handoff_pipeline.channels.teams import webhooks_of
    from handoff_pipeline.policy.teams import DEFAULT_CHANNEL, PURPOSES

    try:
        webhooks = webhooks_of(settings)
    except HandoffError as error:
        yield Finding("webhooks", "failure", error.message, error.fix or "")
        return
    if not webhooks:
        fix = "Set HANDOFF_TEAMS_WEBHOOK as docs/operations.md says, or leave it: HaloPSA's notes then do the work alone."
        yield Finding("webhooks", "warning", "Teams is not connected.", fix)
        return
    for name, webhook in sorted(webhooks.items()):
        yield Finding("webhooks", "ok", f"{webhook.setting}: the host is listed; channel {name}.")
    named = [(purpose, channel) for purpose in PURPOSES for channel in policy.teams.channels_for(purpose)]
    for purpose, channel in named:
        if channel not in webhooks:
            setting = "HANDOFF_TEAMS_WEBHOOK" if channel == DEFAULT_CHANNEL else f"HANDOFF_TEAMS_WEBHOOKS ({channel})"
            yield Finding(
                "channels", "failure", f"{purpose} go to channel {channel}, and {setting} is not set: these cards wait.", f"Set {setting}."
            )
    for name in sorted(set(webhooks) - {channel for _, channel in named}):
        yield Finding(
            "channels", "warning", f"Channel {name} has an address and gets nothing.", "Name it in teams.channels, or take it out."
        )


def preview(
    to: Annotated[Path, typer.Option("--to", help="A folder that does not exist yet; readable by you alone.")],
    intent: Annotated[str | None, typer.Argument(metavar="[INTENT]", help="One intent's card; else the newest of each kind.")] = None,
    as_json: Json = False,
) -> None:
    """Draw cards as they would be sent: the JSON of each, and one page for a browser that shows them. Nothing is sent."""
    from handoff_pipeline.commands.teams_page import page

    settings = load_settings()
    drawn = list(_drawn(settings, intent))
    try:
        to.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        raise HandoffError(f"{to} exists.", "Name a folder that does not exist.") from None
    written = []
    for number, (name, card) in enumerate(drawn, start=1):
        path = to / f"{number:02d}-{name}.json"
        path.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        written.append(path)
    (to / "cards.html").write_text(page(drawn), encoding="utf-8")
    if as_json:
        emit({"cards": written, "page": to / "cards.html"})
    else:
        words = f"{len(written)} cards in {to}; {to / 'cards.html'} shows them, much as Teams does. They hold customers' words."
        out().print(plain(words), soft_wrap=True)


def _drawn(settings: Settings, which: str | None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and card of each."""
    from handoff_pipeline.channels.card_people import people_of
    from handoff_pipeline.channels.cards import Reader, draw
    from handoff_pipeline.channels.teams_message import message
    from handoff_pipeline.commands.teams_people import agents_of, people_or_nobody
    from handoff_pipeline.policy import load_policy

    policy = load_policy(settings.policy_file)
    people = people_of(agents_of(people_or_nobody(settings)), policy.teams.people)
    reader = Reader(people, policy.business_calendar.time_zone, clock_for(settings.as_of).now())
    for reference, content in _contents(settings, policy, which):
        yield content.card, draw(content, reader, reference, lambda card: len(message(card, policy.teams.envelope))).card


def _contents(settings: Settings, policy: Policy, which: str | None) -> Iterator[tuple[str, Content]]:
    """The card of one intent; or a sign of life, and the newest card of every kind in the outbox, sent or only recorded."""
    from handoff_pipeline.channels.card_content import read
    from handoff_pipeline.commands.teams_heartbeat import sign_of_life
    from handoff_pipeline.ledger import is_ledger
    from handoff_pipeline.warehouse.home import Home

    if which is not None:
        with open_ledger(settings) as ledger:
            found = intent_named(ledger, which)
        if found.target != "teams":
            raise HandoffError(
                f"Intent {found.intent_id} goes to {found.target}, not to Teams.", "`handoff outbox show` shows its content."
            )
        yield found.intent_id, read(found.content)
        return
    yield "", sign_of_life(settings, policy, "")
    if not is_ledger(Home.of(settings).ledger):
        return
    with open_ledger(settings) as ledger:
        newest = {one.action: one for one in ledger.intents.all() if one.target == "teams" and one.action != "heartbeat"}
    for one in newest.values():
        yield one.intent_id, read(one.content)
