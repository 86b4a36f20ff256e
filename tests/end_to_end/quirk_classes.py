"""Every switch of the simulated HaloPSA in one class: whether a night must come out the same with it, must refuse to trust it, or neither.

The nights are test_quirks.py's. The one thing to know: a switch in no class fails a test, so a new habit of HaloPSA cannot stay untried.
"""

from __future__ import annotations

from typing import Any, Final

from handoff_pipeline.simulator import Fault

SETUP = frozenset({"/Status", "/TicketType", "/Team"})
LOSSLESS: Final[dict[str, tuple[Any, ...]]] = {
    "page_cap": (100, 30, 7),
    "default_page_50": (True, False),
    "unpaged_paths": (frozenset(), frozenset({"/Client", "/Quotation"}), frozenset({"/Opportunities", "/Milestone", "/SalesOrder"})),
    "idonly_ignores_paging": (True, False),
    "record_count_missing": (False, True),
    "strip_list_rows": (True, False),
    "omit_null_keys": (True, False),
    "nulls_as_empty_text": (False, True),
    "custom_fields_on_request_only": (True, False),
    "names_on_request_only": (True, False),
    "agent_envelope": ("results", "bare"),
    "ids_as_decimals": (False, True),
    "ids_as_text": (False, True),
    "numbers_as_text": (False, True),
    "sentinel_dates": (True, False),
    "empty_date": ("", "1970-01-01T00:00:00", "1980-06-30T00:00:00"),
    "date_spelling": ("usual", "fraction", "zulu", "fraction_zulu"),
    "last_update_as_lastupdate": (False, True),
    "short_category_keys": (False, True),
    "html_in_details": (False, True),
    "template_milestones": (True, False),
    "unscheduled_sentinel": (True, False),
    "attachment_envelope": ("bare", "attachments"),
    "attachment_is_binary": (False, True),
    "approval_envelope": ("bare", "approvals"),
    "approval_notes_on_request": (False, True),
    "rate_limit": (True, False),
    "rate_limit_requests": (300, 40),
    "rate_limit_seconds": (300.0, 60.0),
    "rate_limit_body": ("string", "object", "text", "empty"),
    "retry_after": (False, True),
    "retry_after_form": ("seconds", "date", "negative", "words"),
    "retry_after_seconds": (None, 7),
    "token_life_seconds": (3600, 3),
    "report_rows_at": ("report", "top"),
    "report_in_array": (False, True),
    "report_row_cap": (0, 40),
    "date_skew_seconds": (0.0, -5400.0, 5400.0),
    "hidden_record_status": (404, 403),
    "deleted_record_status": (404, 200),
}
"""Switch to its values; the first is the plain night's. Published tables are the same whatever they are."""

HEALED: Final[dict[str, tuple[str, int]]] = {
    "server_error_500": ("/Projects", 1),
    "html_502": ("/Opportunities", 1),
    "unavailable_503": ("/Quotation", 1),
    "rate_limited_429": ("/SalesOrder", 1),
    "unauthorized_once": ("/Tickets", 2),
    "truncated_json": ("/Opportunities", 2),
    "malformed_json": ("/Client", 1),
    "cut_body": ("/Projects", 2),
    "html_200": ("/Appointment", 1),
    "empty_200": ("/Milestone", 1),
    "plain_text_200": ("/Invoice", 1),
    "deep_nesting": ("/Quotation", 1),
    "wrong_content_type": ("/Opportunities", 1),
    "bare_array": ("/SalesOrder", 1),
    "record_count_wrong": ("/Projects", 1),
    "duplicate_in_page": ("/Projects", 2),
    "duplicate_across_pages": ("/Opportunities", 2),
    "short_page": ("/Opportunities", 1),
    "empty_page": ("/Projects", 2),
}
"""Faults that come once and must leave no trace, with the request that they spoil."""

CONTENT: Final[dict[str, str]] = {
    "nul_in_text": "texts differ by what stands for the NUL",
    "lone_surrogates": "texts differ by what stands for half a pair",
    "agent_cost_visible": "without the permission cost is unknown, and said to be so, where no report gives the dated costs",
    "sale_costs_visible": "without the permission sold margin is unknown, and said to be so",
}
"""Switches that change what is true, or what may be known, with the reason: their nights are complete and may differ."""

LOSSY: Final[dict[str, str]] = {
    "page_no_ignored": "the first page for ever",
    "record_count_drift": "a list that never balances",
    "record_count_off_by": "a list that never balances",
    "approvals_need_ticket": "sign-offs vanish (HANDOFF_APPROVALS_MODE=per_handoff reads them)",
    "hidden_ticket_ids": "a lost permission",
    "hidden_client_ids": "a lost permission",
    "hidden_teams": "a lost permission",
    "denied_scopes": "a lost permission",
    "faults": "for good; those of HEALED once",
}
"""Switches under which a night must not be trusted, with the reason."""

WRITING: Final[frozenset[str]] = frozenset(
    {
        "field_setup_scope",
        "post_reply",
        "post_reply_spelling",
        "unknown_id_write",
        "bare_object_post",
        "creates_collide_seconds",
        "unknown_fields_ignored",
        "validation_body",
        "delete_reply",
        "budgets_replaced_whole",
        "appointment_update_gives_new_id",
        "acceptance_creates_order",
        "acceptance_status_id",
        "webhook_duplicates",
        "webhook_out_of_order",
        "approval_note_kept",
        "blocking_rule",
        "custom_fields_replaced_whole",
        "field_names_ignored",
        "ignored_fields",
        "unknown_outcomes_refused",
    }
)
"""Switches of what HaloPSA does with writes and by itself; a night neither writes nor listens. test_write_habits.py tries each."""

OF_FAULTS: Final[dict[str, str]] = {
    "delay_seconds": "real seconds; tests/halo has the time-outs",
    "slow_seconds": "real seconds of a fault that is slow",
    "absurd_bytes": "size of the fault huge_body",
    "foreign_host": "target of the fault redirect_elsewhere",
}
"""Parameters of faults, and what takes real time."""


def once(kind: Any) -> tuple[Fault, ...]:
    """The fault where it comes once; none for the plain night."""
    return (Fault(*HEALED[kind], kind),) if kind else ()
