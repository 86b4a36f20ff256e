"""Published tables about how well the controls work: control tests, feedback on the checklist, reviews and incidents.

The acts that are controlled (bypasses, decisions, approvals, overrides, deliveries) live in governance.
The one thing to know: people write these rows; the pipeline only publishes them.
"""

from __future__ import annotations

from typing import Final

from handoff_pipeline.tables.model import Column, Table, key_to, table

FACT_CONTROL_TEST: Final = table(
    "fact_control_test",
    grain="one test of one control",
    key=("control_test_key",),
    owner="service delivery lead",
    description="Tests of controls by sampling: population, sample, failures found, and the evidence.",
    columns=(
        Column("control_test_key", "bigint", "Key of the test."),
        Column("control_id", "text", "Id of the control that was tested, for example HC-05."),
        Column("tested_at_utc", "utc", "When the test was made."),
        Column("population", "bigint", "Number of cases that the control applied to.", unit="count"),
        Column("sample", "bigint", "Number of cases that were looked at.", unit="count"),
        Column("failures", "bigint", "Number of looked-at cases in which the control had failed.", unit="count"),
        Column("result", "text", "Outcome of the test.", values=("passed", "failed", "not_testable")),
        key_to("dim_agent", "tester_key", "Who made the test; 0 where the pipeline did."),
        Column("evidence", "text", "Where the sample and its findings are kept."),
    ),
)

FACT_FEEDBACK: Final = table(
    "fact_feedback",
    grain="one false positive or false negative reported on an item",
    key=("feedback_key",),
    owner="service delivery lead",
    description="Reports that a checklist item was judged wrongly, and what was done about them.",
    columns=(
        Column("feedback_key", "bigint", "Key of the report."),
        key_to("dim_handoff", "handoff_key", "The handoff that was judged."),
        key_to("dim_checklist_item", "item_key", "The checklist item that was judged."),
        Column("kind", "text", "Flagged though sound, or passed though unsound.", values=("false_positive", "false_negative")),
        key_to("dim_agent", "reported_by_key", "Who reported it."),
        Column("reported_at_utc", "utc", "When it was reported."),
        Column("note", "text", "What the reporter says is wrong."),
        Column("disposition", "text", "What was done about it; NULL before that.", nullable=True),
    ),
)

FACT_REVIEW: Final = table(
    "fact_review",
    grain="one held review (weekly, pilot, monthly sampling, quarterly access)",
    key=("review_key",),
    owner="service delivery lead",
    description="Reviews that were held, who was there, what came out and how many actions are still open.",
    columns=(
        Column("review_key", "bigint", "Key of the review."),
        Column(
            "kind",
            "text",
            "Which review it was.",
            values=("weekly_quality", "pilot", "monthly_sampling", "quarterly_access", "incident"),
        ),
        Column("period_start", "date", "First local day of the period under review."),
        Column("held_at_utc", "utc", "When the review was held."),
        key_to("dim_agent", "owner_key", "Who led the review."),
        Column("attendees", "text", "Who was there, separated by commas."),
        Column("outcome", "text", "What the review concluded."),
        Column("actions_open", "bigint", "Actions of the review that are still open.", unit="count"),
        Column("source_url", "text", "Link to the review's record; NULL where there is none.", nullable=True),
    ),
)

FACT_INCIDENT: Final = table(
    "fact_incident",
    grain="one incident of this system or of the handoff process",
    key=("incident_key",),
    owner="service delivery lead",
    description="Incidents of the pipeline and of the handoff process, with severity, cause, action and state.",
    columns=(
        Column("incident_key", "bigint", "Key of the incident."),
        Column("kind", "text", "What kind of incident it was, for example a wrong card sent."),
        Column("severity", "text", "How bad it was.", values=("low", "medium", "high")),
        Column("started_at_utc", "utc", "When it began."),
        Column("resolved_at_utc", "utc", "When it was over; NULL before that.", nullable=True),
        key_to("dim_agent", "owner_key", "Who answers for it."),
        Column("cause", "text", "What brought it about; NULL before it is known.", nullable=True),
        Column("action", "text", "What keeps it from coming back; NULL before it is decided.", nullable=True),
        Column("state", "text", "State of the incident; reviewed once its lessons are drawn.", values=("open", "resolved", "reviewed")),
        Column("source_url", "text", "Link to the incident's record; NULL where there is none.", nullable=True),
    ),
)

TABLES: Final[tuple[Table, ...]] = (FACT_CONTROL_TEST, FACT_FEEDBACK, FACT_REVIEW, FACT_INCIDENT)
