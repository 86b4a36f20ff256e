"""Webhooks: how they are set up, what is sent and how it is signed, and what may go wrong on the way (section 6 of the reference)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest

from handoff_pipeline.simulator import Quirks
from handoff_pipeline.simulator.webhooks import EVENT_LOGGED, EVENT_UPDATED, WebhookDesk, is_loopback
from tests.simulator.tenant import DEMO_MOMENT, Tenant

CAPTURE = Path(__file__).resolve().parents[3] / "shared" / "reference" / "halopsa-samples" / "webhook-registration.json"
SECRET = "known to both sides"
TICKETS = {number: {"id": number, "summary": f"Ticket {number}", "parent_id": None} for number in (1, 2, 3)}


class Receiver:
    """Keeps what was sent to it."""

    def __init__(self, status: int = 200) -> None:
        self.status, self.sent = status, list[tuple[str, bytes, dict[str, str]]]()

    def __call__(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        self.sent.append((url, body, headers))
        return self.status

    @property
    def tickets(self) -> list[int]:
        """The tickets that came, in the order in which they came."""
        return [json.loads(body)["ticket"]["id"] for _, body, _ in self.sent]


def _desk(url: str = "http://127.0.0.1:9/ticket/", event: int = EVENT_UPDATED) -> WebhookDesk:
    desk = WebhookDesk()
    fields = {"url": url, "authentication_type": "3", "authentication_header": "Token", "basic_password": SECRET}
    hook = desk.post("/webhook", [fields])
    desk.post("/notification", [{"webhook_id": hook["id"], "type": "-2", "delivery_method": "6", "eventno": str(event)}])
    return desk


def _send(desk: WebhookDesk, receiver: Receiver, **switches: Any) -> int:
    return desk.send(TICKETS.get, DEMO_MOMENT, Quirks(**switches), receiver)


@pytest.mark.fact("H108")
def test_a_delivery_is_signed_over_its_raw_body() -> None:
    desk, receiver = _desk(), Receiver()
    desk.happened(EVENT_UPDATED, 1)
    assert _send(desk, receiver) == 1
    _, body, headers = receiver.sent[0]
    assert headers["Token"] == base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()


@pytest.mark.fact("H109")
def test_a_delivery_holds_the_ticket_as_the_single_get_gives_it() -> None:
    desk, receiver = _desk(), Receiver()
    desk.happened(EVENT_UPDATED, 2)
    _send(desk, receiver)
    assert json.loads(receiver.sent[0][1])["ticket"] == {"id": 2, "summary": "Ticket 2"}


@pytest.mark.fact("H105")
@pytest.mark.parametrize(("event", "sent"), [(EVENT_LOGGED, 0), (EVENT_UPDATED, 1)])
def test_only_the_events_that_a_notification_names_are_sent(event: int, sent: int) -> None:
    desk, receiver = _desk(event=EVENT_UPDATED), Receiver()
    desk.happened(event, 1)
    assert _send(desk, receiver) == sent


@pytest.mark.fact("H105")
@pytest.mark.skipif(not CAPTURE.exists(), reason="the captured registration is not here")
def test_what_a_live_integration_posts_sets_a_webhook_up() -> None:
    capture, desk, receiver = json.loads(CAPTURE.read_text("utf-8")), WebhookDesk(), Receiver()
    hook = desk.post("/webhook", [capture["POST /api/webhook"][0] | {"url": "http://localhost:9/ticket/"}])
    desk.post("/notification", [capture["POST /api/notification (ticket updated)"][0] | {"webhook_id": hook["id"]}])
    desk.happened(EVENT_UPDATED, 1)
    assert _send(desk, receiver) == 1


def test_deliveries_come_in_order_and_once_unless_switched() -> None:
    for switches, expected in (
        ({}, [1, 2, 3]),
        ({"webhook_duplicates": True}, [1, 1, 2, 2, 3, 3]),
        ({"webhook_out_of_order": True}, [3, 2, 1]),
    ):
        desk, receiver = _desk(), Receiver()
        for number in TICKETS:
            desk.happened(EVENT_UPDATED, number)
        _send(desk, receiver, **switches)
        assert receiver.tickets == expected


@pytest.mark.parametrize(
    "url", ["http://192.0.2.7/x", "https://halopsa.example/x", "ftp://127.0.0.1/x", "http://127.0.0.1.example/x", "", "x"]
)
def test_nothing_is_sent_beyond_this_machine(url: str) -> None:
    desk, receiver = _desk(url), Receiver()
    desk.happened(EVENT_UPDATED, 1)
    with pytest.raises(ValueError, match="loopback only"):
        _send(desk, receiver)
    assert receiver.sent == []
    assert len(desk.waiting) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/x", "http://127.8.9.10/x", "http://[::1]:9/x", "https://localhost/x"])
def test_this_machine_is_known_by_all_its_names(url: str) -> None:
    assert is_loopback(url)


def test_a_ticket_that_is_gone_and_an_inactive_webhook_send_nothing() -> None:
    desk, receiver = _desk(), Receiver()
    desk.happened(EVENT_UPDATED, 99)
    assert _send(desk, receiver) == 0
    desk.post("/webhook", [next(iter(desk.hooks.values())) | {"active": False}])
    desk.happened(EVENT_UPDATED, 1)
    assert _send(desk, receiver) == 0


def test_every_saved_change_of_a_ticket_is_an_event_once() -> None:
    tenant, desk, receiver = Tenant(), _desk(), Receiver()
    number = tenant.rows("/Opportunities")[0]["id"]
    for title in ("One", "Two"):
        tenant.sim.edits.change("tickets", number, {"summary": title})
        desk.hear(tenant.sim.edits.log)
    desk.hear(tenant.sim.edits.log)
    desk.send(tenant.sim.snapshot().tickets_by_id.get, DEMO_MOMENT, Quirks(), receiver)
    assert [json.loads(body)["ticket"]["summary"] for _, body, _ in receiver.sent] == ["Two", "Two"]


def test_every_delivery_is_recorded_with_the_receivers_answer() -> None:
    desk = _desk()
    desk.happened(EVENT_UPDATED, 1)
    _send(desk, Receiver(500))
    event = desk.rows("/webhookevent")[0]
    assert (event["entity_id"], event["responsestatus"], event["status"]) == (1, 500, 2)


@pytest.mark.fact("H106")
def test_a_deleted_webhook_is_gone_with_its_notifications() -> None:
    desk = _desk()
    hook = desk.rows("/webhook")[0]
    assert desk.delete(hook["id"])
    assert (desk.rows("/webhook"), desk.rows("/notification"), desk.delete(hook["id"])) == ([], [], False)


def test_no_answer_shows_the_secret() -> None:
    desk = _desk()
    desk.happened(EVENT_UPDATED, 1)
    _send(desk, Receiver())
    assert SECRET not in json.dumps([desk.rows(path) for path in ("/webhook", "/notification", "/webhookevent")])


def test_a_notification_of_no_webhook_is_refused() -> None:
    with pytest.raises(ValueError, match="names no webhook"):
        WebhookDesk().post("/notification", [{"webhook_id": "x", "eventno": 61}])
