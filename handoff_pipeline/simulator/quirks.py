"""The switches of the simulated HaloPSA: one per habit of the real one, and a schedule of faults.

The defaults are what the reference marks as seen on live tenants. A switch that is off shows the tidy behaviour that a
careless client would expect.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FaultKind = Literal[
    "server_error_500",
    "html_502",
    "html_200",
    "error_body_200",
    "truncated_json",
    "unauthorized_once",
    "record_count_wrong",
    "repeat_page",
    "empty_page",
]


@dataclass(frozen=True)
class Fault:
    """One failure: the `nth` request (from 1) to `path` under /api goes wrong, e.g. `Fault("/Opportunities", 2, "html_502")`.

    `path` is an endpoint ("/SalesOrder/{id}") or one record of it ("/SalesOrder/301"); letter case does not matter.
    """

    path: str
    nth: int
    kind: FaultKind


@dataclass(frozen=True)
class Quirks:
    """How this tenant behaves. Sections are those of the reference.

    page_cap: larger page sizes are cut to it without an error (2.2, HaloAPI #90).
    default_page_50: without `page_no`, `page_size` is ignored and 50 rows come with `record_count` 50 (2.2, conduit).
    strip_list_rows: list rows carry the list schema only (2.3).
    omit_null_keys: keys without a value are left out (2.1).
    custom_fields_on_request_only: lists need `include_custom_fields=<ids>` (2.3, TopLeft).
    names_on_request_only: lists need include flags for status, type and agent names (2.3, Servosity #264).
    agent_envelope: "results" pages /Agent under that key when asked to; "bare" always gives the whole array (2.2).
    ids_as_decimals: foreign ids come as 12.0 (section 5).
    sentinel_dates: empty dates come as 1899 or 1900; off: the key is left out (section 5).
    nul_in_text: NUL bytes inside some texts (section 5, TopLeft 2025-11).
    rate_limit, rate_limit_requests, rate_limit_seconds: the rolling limiter (section 5).
    rate_limit_body: "string" is a bare JSON string, "object" wraps it in {"error": ...} (section 5).
    retry_after: send the header with 429 (not confirmed for HaloPSA).
    token_life_seconds: life of an access token (1).
    agent_cost_visible: the role may see `costprice` (1, TopLeft).
    approvals_need_ticket: /TicketApproval without `ticket_id` gives nothing (not confirmed either way).
    hidden_ticket_ids: tickets that the agent may not see: absent, no error (1).
    denied_scopes: resources that the application's role lacks, as in `read:<resource>`: 403 (1).
    faults: what goes wrong, and when.
    """

    page_cap: int = 100
    default_page_50: bool = True
    strip_list_rows: bool = True
    omit_null_keys: bool = True
    custom_fields_on_request_only: bool = True
    names_on_request_only: bool = True
    agent_envelope: Literal["bare", "results"] = "results"
    ids_as_decimals: bool = False
    sentinel_dates: bool = True
    nul_in_text: bool = True
    rate_limit: bool = True
    rate_limit_requests: int = 300
    rate_limit_seconds: float = 300.0
    rate_limit_body: Literal["string", "object"] = "string"
    retry_after: bool = False
    token_life_seconds: int = 3600
    agent_cost_visible: bool = True
    approvals_need_ticket: bool = False
    hidden_ticket_ids: frozenset[int] = frozenset()
    denied_scopes: frozenset[str] = frozenset()
    faults: tuple[Fault, ...] = ()
