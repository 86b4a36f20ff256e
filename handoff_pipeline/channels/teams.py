"""The gateway to Teams: an intent's card drawn, posted to its channel's Workflows webhook, and what became of it.

Delivery decides when and how often; cards, teams_post and teams_answer know their parts. The one thing to know: Teams cannot be read, so a
card ends as `accepted` at best and never as delivered, and one whose end nobody knows is `uncertain` and never posted again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from handoff_pipeline.channels import card_content
from handoff_pipeline.channels.card_content import CardError, Content
from handoff_pipeline.channels.card_people import Agent, Person, people_of
from handoff_pipeline.channels.card_trim import MOST_BYTES, SMALLER_BYTES
from handoff_pipeline.channels.cards import Drawn, Reader, draw
from handoff_pipeline.channels.gateway import Found, PlannedRequest, Sent
from handoff_pipeline.channels.hosts import Webhook, checked
from handoff_pipeline.channels.teams_answer import is_too_large, judged
from handoff_pipeline.channels.teams_circuit import PAUSE_SECONDS, Circuit
from handoff_pipeline.channels.teams_message import HEADERS, Envelope, message
from handoff_pipeline.channels.teams_post import Limits, NotPosted, Resolver, addresses_of, post
from handoff_pipeline.clock import Clock
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.halo.redact import Redactor
from handoff_pipeline.ledger.records_action import Intent
from handoff_pipeline.policy.teams import DEFAULT_CHANNEL, Teams
from handoff_pipeline.redaction import MASK
from handoff_pipeline.settings import Settings


def webhooks_of(settings: Settings) -> dict[str, Webhook]:
    """Every channel that the settings name, by its name. Empty where Teams is not connected.

    Raises:
        SettingsError: an address that cards may not be posted to; the message names the setting and the way out.
    """
    named = {name: (f"HANDOFF_TEAMS_WEBHOOKS ({name})", url) for name, url in settings.teams_webhooks.items()}
    if settings.teams_webhook is not None and settings.teams_webhook.get_secret_value().strip():
        named[DEFAULT_CHANNEL] = ("HANDOFF_TEAMS_WEBHOOK", settings.teams_webhook)
    return {
        name: checked(name, setting, url, settings.teams_hosts, allow_loopback=settings.teams_allow_loopback)
        for name, (setting, url) in named.items()
    }


def teams_gateway(settings: Settings, teams: Teams, agents: Iterable[Agent], zone: ZoneInfo, clock: Clock) -> TeamsGateway | None:
    """The gateway of this installation; None where Teams is not connected. Raises SettingsError as `webhooks_of` does."""
    webhooks = webhooks_of(settings)
    return TeamsGateway(webhooks, people_of(agents, teams.people), zone, clock, teams.envelope) if webhooks else None


class TeamsGateway:
    """Posts cards. One card at a time."""

    name = "teams"
    is_readable = False

    def __init__(
        self,
        webhooks: Mapping[str, Webhook],
        people: Mapping[int, Person],
        zone: ZoneInfo,
        clock: Clock,
        envelope: Envelope = "workflow_template",
        *,
        limits: Limits | None = None,
        resolver: Resolver = addresses_of,
    ) -> None:
        self._webhooks, self._people, self._zone, self._clock = dict(webhooks), dict(people), zone, clock
        self._envelope: Envelope = envelope
        self._limits, self._resolver = limits or Limits(), resolver
        # Two programs of one machine need no pause between them.
        self._circuit = Circuit(0.0 if all(webhook.is_local for webhook in self._webhooks.values()) else PAUSE_SECONDS)
        self._redactor = Redactor(*(secret for webhook in self._webhooks.values() for secret in webhook.secrets))

    def __repr__(self) -> str:
        """How many channels; never their addresses."""
        return f"TeamsGateway({len(self._webhooks)} channels)"

    async def look(self, intent: Intent) -> Found:
        """Teams cannot be asked.

        Raises:
            HandoffError: always.
        """
        raise HandoffError(f"Teams cannot be read, so nobody knows whether {intent.intent_id} is there.", "Look into the channel.")

    async def precondition(self, intent: Intent) -> Mapping[str, Any] | None:
        """A card has none."""
        del intent
        return None

    def plan(self, intent: Intent) -> PlannedRequest:
        """The request with the whole card; the address is a secret and masked.

        Raises:
            CardError: the intent's content is no card.
        """
        drawn = self._drawn(card_content.read(intent.content), intent, MOST_BYTES)
        return PlannedRequest("POST", MASK, HEADERS, message(drawn.card, self._envelope).decode("utf-8"))

    async def send(self, intent: Intent) -> Sent:
        """Post the card once; a second, smaller one only where Teams has refused the first for its size."""
        try:
            content = card_content.read(intent.content)
        except CardError as error:
            return Sent("failed", detail=str(error))
        channel = content.channel or DEFAULT_CHANNEL
        webhook = self._webhooks.get(channel)
        if webhook is None:
            is_default = channel == DEFAULT_CHANNEL
            where = "HANDOFF_TEAMS_WEBHOOK is not set" if is_default else f"HANDOFF_TEAMS_WEBHOOKS has no channel {channel!r}"
            return Sent("retry", detail=f"{where}; the card waits for it.")
        if resting := self._circuit.resting(webhook.channel, self._clock.monotonic()):
            return Sent("retry", detail=f"{webhook.setting}: left alone after trouble; nothing was sent.", retry_after=resting)
        await self._clock.sleep(self._circuit.pause(webhook.channel, self._clock.monotonic()))
        sent = await self._post(webhook, content, intent, MOST_BYTES)
        if is_too_large(sent):
            sent = await self._post(webhook, content, intent, SMALLER_BYTES)
        self._circuit.note(webhook.channel, sent, self._clock.monotonic())
        return sent

    def _drawn(self, content: Content, intent: Intent, most: int) -> Drawn:
        reader = Reader(self._people, self._zone, self._clock.now())
        return draw(content, reader, intent.intent_id, lambda card: len(message(card, self._envelope)), most)

    async def _post(self, webhook: Webhook, content: Content, intent: Intent, most: int) -> Sent:
        drawn = self._drawn(content, intent, most)
        body = message(drawn.card, self._envelope)
        answer = await post(webhook, body, self._redactor, limits=self._limits, resolver=self._resolver)
        if isinstance(answer, NotPosted):
            return Sent("uncertain" if answer.may_have_arrived else "retry", detail=f"{webhook.setting}: {answer.words}")
        if not answer.is_whole and answer.status != 202 and answer.status < 300:
            return Sent("uncertain", detail=f"{webhook.setting}: answered {answer.status}, and what it said broke off.")
        now = self._clock.now()
        sent = judged(answer.status, answer.headers, answer.body, setting=webhook.setting, redactor=self._redactor, now=now)
        if sent.outcome == "accepted" and drawn.rows_left_out:
            return Sent("accepted", sent.far_ref, f"{drawn.rows_left_out} rows were left out of the card for its size")
        return sent
