"""The switches of the simulated HaloPSA: one per habit of the real one; the schedule of faults is in `schedule`.

The defaults are what the reference marks as seen on live tenants. A switch that is off shows the tidy behaviour that a
careless client would expect. The one thing to know: whatever the reference calls a guess is a switch here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from handoff_pipeline.simulator.blocking import BlockingRule
from handoff_pipeline.simulator.restrictions import Restrictions
from handoff_pipeline.simulator.schedule import Fault, FaultKind

__all__ = ["BlockingRule", "Fault", "FaultKind", "Quirks"]


@dataclass(frozen=True)
class Quirks:
    """How this tenant behaves. Sections are those of the reference.

    page_cap: larger page sizes are cut to it without an error (2.2, HaloAPI #90).
    default_page_50: without `page_no`, `page_size` is ignored and 50 rows come with `record_count` 50 (2.2, conduit).
    page_no_ignored: every page asked is the first one (2.2: what does not page repeats itself).
    unpaged_paths: endpoints that give their whole list for every page asked (2.2, TopLeft).
    idonly_ignores_paging: with paging parameters an `idonly` list repeats its first 50 ids (2.2 says not to combine them; how
        it goes wrong is a guess).
    record_count_drift: the count grows by so many with every request to the list (2.2: rows shift during a pull).
    record_count_off_by: the count is wrong by so many for every request.
    record_count_missing: the envelope has no count.
    strip_list_rows: list rows carry the list schema only (2.3).
    omit_null_keys: keys without a value are left out (2.1).
    nulls_as_empty_text: keys without a value come as "".
    custom_fields_on_request_only: lists need `include_custom_fields=<ids>` (2.3, TopLeft).
    names_on_request_only: lists need include flags for status, type and agent names (2.3, Servosity #264).
    agent_envelope: "results" pages /Agent under that key when asked to; "bare" always gives the whole array (2.2).
    ids_as_decimals: foreign ids come as 12.0 (section 5).
    ids_as_text: foreign ids come as "12" (section 5: ints sometimes as strings).
    numbers_as_text: decimals come as "12.5".
    sentinel_dates: empty dates come as 1899 or 1900; off: the key is left out (section 5).
    empty_date: another spelling of every empty date, any year up to 1980; "" keeps 1899 and 1900 (section 5).
    date_spelling: how date-times are written: as usual, or all with a fraction, a Z or both (section 5).
    last_update_as_lastupdate: GET spells it as the POST reply does (3.1, TopLeft).
    nul_in_text: NUL bytes inside some texts (section 5, TopLeft 2025-11).
    lone_surrogates: half a surrogate pair at the end of some texts, escaped in the JSON.
    html_in_details: the plain `details` of some tickets hold HTML (section 5).
    short_category_keys: tickets say `category1` and `tickettags` for `category_1` and `ticket_tags` (3.1, TopLeft: it can come so).
    template_milestones: templates' milestones are among the tenant's, with negative ticket ids (2.4, TopLeft).
    unscheduled_sentinel: budgets that nobody scheduled say -9999; off: 0 (3.2).
    attachment_envelope: /Attachment is a bare array, or wrapped in {"attachments": ...} (2.2).
    attachment_is_binary: one file's GET answers its bytes instead of JSON (2.4).
    rate_limit, rate_limit_requests, rate_limit_seconds: the rolling limiter (section 5).
    rate_limit_body: "string" is a bare JSON string, "object" wraps it in {"error": ...} (section 5); "text" is plain, "empty" none.
    retry_after: send the header with 429 (not confirmed for HaloPSA).
    retry_after_form: seconds, an HTTP date, an absurd number, a negative one, or words.
    retry_after_seconds: what the header says instead of the true wait.
    token_life_seconds: life of an access token (1).
    agent_cost_visible: the role may see `costprice` of agents (1, TopLeft).
    sale_costs_visible: the role may see cost and profit of quotations and orders (1: cost fields depend on permission; how far
        is a guess).
    approvals_need_ticket: /TicketApproval without `ticket_id` gives nothing (not confirmed either way).
    approval_envelope: /TicketApproval is a bare array, or wrapped in {"approvals": ...} (2.2: unconfirmed).
    approval_notes_on_request: the texts of approvals come with `includeapprovaldetails=true` only (2.4 names the parameter; what it
        adds is a guess).
    hidden_ticket_ids: tickets that the agent may not see: absent, no error (1).
    hidden_client_ids: clients that the agent may not see, with everything of theirs (1).
    hidden_teams: names of teams whose tickets the agent may not see (1).
    hidden_record_status: what the single GET of a hidden record answers (a guess).
    deleted_record_status: what the single GET of a deleted ticket answers; 200 gives the record (a guess).
    denied_scopes: resources that the application's role lacks, as in `read:<resource>`: 403 (1). "edit:<resource>" denies writes.
    field_setup_scope: what POST /FieldInfo needs beside `all` (a guess: the reference names no scope for it).
    post_reply: a POST answers with the last object, an array, or {tickets: [...]} (2.1, stellarcyber, HaloAPI).
    post_reply_spelling: the reply says `lastupdate` and `category1` (3.1, TopLeft).
    unknown_id_write: what a POST with an unknown id does (a guess).
    bare_object_post: a POST takes a bare object as well as an array, on every path (2.1: a few endpoints do).
    creates_collide_seconds: a second ticket made within so many seconds fails with 500 (5, stellarcyber); 0 as with auto-increment.
    unknown_fields_ignored: a POST ignores fields that do not exist; off: 400 (2.1).
    ignored_fields: fields that a POST takes with 201 and leaves as they were (2.1, TopLeft: it can be so per field).
    field_names_ignored: of posted `customfields` those are ignored that have a name and no id (3.1: `{name, value}` is said to do).
    custom_fields_replaced_whole: posted `customfields` blank those that are left out (2.1: a merge in practice, a guess).
    approval_note_kept: an approval keeps the text that it was asked with (3.5 has the field; that a POST fills it is a guess).
    unknown_outcomes_refused: an action under an outcome that the tenant lacks is a 400 (2.4 has the list; the refusal is a guess).
    blocking_rule: the tenant's own rule against handing over before the checklist is complete; None where it has none or switched it off.
    validation_body: the shape of a 400 (section 5: error bodies are not uniform).
    delete_reply: what DELETE answers (2.1: body unknown).
    budgets_replaced_whole: a posted `budgets` array replaces the old one (2.1: not documented, a guess).
    appointment_update_gives_new_id: an updated appointment has another id afterwards (2.4, TopLeft #71).
    acceptance_creates_order: an accepted quotation makes its sales order (4: create_so_on_quote_approved).
    acceptance_status_id: the status that an acceptance moves the opportunity to; 0 leaves it (4: default_quote_accepted_status).
    report_rows_at: where SQL answers carry `rows` and `loaded`: under `report`, or at the top level (2.5, redanthrax and conduit).
    report_in_array: the answer of POST /Report is an array of one (2.5).
    report_row_cap: SQL answers are cut to so many rows in silence; 0 is no cap (a guess: limits are unknown).
    webhook_duplicates: every delivery is sent twice (6, a guess).
    webhook_out_of_order: deliveries are sent latest first (6, a guess).
    delay_seconds: every answer takes so long; slow_seconds: what a "slow" fault takes (9: slow responses over 30 s).
    date_skew_seconds: how far the Date header is off.
    absurd_bytes: size of a "huge_body" and of an unpacked "gzip_bomb".
    foreign_host: where redirects and next links that lead elsewhere lead to.
    faults: what goes wrong, and when.
    """

    page_cap: int = 100
    default_page_50: bool = True
    page_no_ignored: bool = False
    unpaged_paths: frozenset[str] = frozenset()
    idonly_ignores_paging: bool = True
    record_count_drift: int = 0
    record_count_off_by: int = 0
    record_count_missing: bool = False
    strip_list_rows: bool = True
    omit_null_keys: bool = True
    nulls_as_empty_text: bool = False
    custom_fields_on_request_only: bool = True
    names_on_request_only: bool = True
    agent_envelope: Literal["bare", "results"] = "results"
    ids_as_decimals: bool = False
    ids_as_text: bool = False
    numbers_as_text: bool = False
    sentinel_dates: bool = True
    empty_date: str = ""
    date_spelling: Literal["usual", "fraction", "zulu", "fraction_zulu"] = "usual"
    last_update_as_lastupdate: bool = False
    nul_in_text: bool = True
    lone_surrogates: bool = False
    html_in_details: bool = False
    short_category_keys: bool = False
    template_milestones: bool = True
    unscheduled_sentinel: bool = True
    attachment_envelope: Literal["bare", "attachments"] = "bare"
    attachment_is_binary: bool = False
    rate_limit: bool = True
    rate_limit_requests: int = 300
    rate_limit_seconds: float = 300.0
    rate_limit_body: Literal["string", "object", "text", "empty"] = "string"
    retry_after: bool = False
    retry_after_form: Literal["seconds", "date", "absurd", "negative", "words"] = "seconds"
    retry_after_seconds: int | None = None
    token_life_seconds: int = 3600
    agent_cost_visible: bool = True
    sale_costs_visible: bool = True
    approvals_need_ticket: bool = False
    approval_envelope: Literal["bare", "approvals"] = "bare"
    approval_notes_on_request: bool = False
    hidden_ticket_ids: frozenset[int] = frozenset()
    hidden_client_ids: frozenset[int] = frozenset()
    hidden_teams: frozenset[str] = frozenset()
    hidden_record_status: Literal[404, 403] = 404
    deleted_record_status: Literal[404, 200] = 404
    denied_scopes: frozenset[str] = frozenset()
    field_setup_scope: str = "admin"
    post_reply: Literal["object", "array", "envelope"] = "object"
    post_reply_spelling: bool = True
    unknown_id_write: Literal["not_found", "bad_request", "creates"] = "not_found"
    bare_object_post: bool = True
    creates_collide_seconds: float = 0.0
    unknown_fields_ignored: bool = True
    ignored_fields: frozenset[str] = frozenset()
    field_names_ignored: bool = False
    custom_fields_replaced_whole: bool = False
    approval_note_kept: bool = True
    unknown_outcomes_refused: bool = False
    blocking_rule: BlockingRule | None = None
    validation_body: Literal["error", "message", "dotnet", "result", "one_key", "string", "text", "empty"] = "error"
    delete_reply: Literal["object_200", "empty_200", "empty_204"] = "empty_200"
    budgets_replaced_whole: bool = True
    appointment_update_gives_new_id: bool = True
    acceptance_creates_order: bool = False
    acceptance_status_id: int = 0
    report_rows_at: Literal["report", "top"] = "report"
    report_in_array: bool = False
    report_row_cap: int = 0
    webhook_duplicates: bool = False
    webhook_out_of_order: bool = False
    delay_seconds: float = 0.0
    slow_seconds: float = 35.0
    date_skew_seconds: float = 0.0
    absurd_bytes: int = 33_554_432
    foreign_host: str = "http://elsewhere.invalid"
    faults: tuple[Fault, ...] = ()

    @property
    def restrictions(self) -> Restrictions:
        """What is hidden from the application's agent."""
        return Restrictions(self.hidden_ticket_ids, self.hidden_client_ids, self.hidden_teams)

    @cached_property
    def spells_otherwise(self) -> bool:
        """Whether any value is written otherwise than usual; asked for every row."""
        return (
            self.ids_as_decimals
            or self.ids_as_text
            or self.numbers_as_text
            or self.nulls_as_empty_text
            or self.date_spelling != "usual"
            or self.last_update_as_lastupdate
            or self.lone_surrogates
            or not self.sale_costs_visible
        )
