"""Jobs that act: remediate, escalate, approve, deliver, and the hour; each one step in this process, but for the hour, which looks first.

What a step does is `work`'s, when a job runs the sensors'. The one thing to know: every run signs itself with its process, so that one that
was killed is closed, and its claims are put right by the next delivery.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import dagster as dg

from assets.acting import work
from assets.acting.deciding import is_hourly
from assets.acting.work import Installation, Told
from assets.hour.look import UNCHANGED, Looked, look
from assets.jobs import NIGHTLY
from assets.reaper import is_under_way, signature
from assets.redaction import Redactor
from assets.steps import told as told_plainly
from handoff_pipeline.channels.sole import DeliveryUnderWay
from handoff_pipeline.clock import clock_for
from handoff_pipeline.policy import load_policy
from handoff_pipeline.settings import load_settings

POOL: Final = "outbox"
"""The pool of every step that moves intents."""
HOURLY_CRON: Final = "5 * * * *"
GAP_IDS: Final = "gap_ids"
IDS: Final = "ids"
LOOKED: Final = "looked"
NOTHING_BEFORE: Final[Mapping[str, dg.In]] = {}
Part = Callable[[Installation, Told, Mapping[str, Any]], object]


def _op(name: str, description: str, listed: str | None, *parts: Part, after: Mapping[str, dg.In] = NOTHING_BEFORE) -> dg.OpDefinition:
    """A step that does the parts one after the other on one open ledger; `listed` is the field of its list of ids."""

    def compute(step: dg.OpExecutionContext, _inputs: object) -> Iterator[dg.Output[None]]:
        step.instance.add_run_tags(step.run_id, signature())
        settings, done = step.resources.settings, Told()
        with told_plainly(settings), work.installation(settings, step.run_id) as at:
            for part in parts:
                part(at, done, step.op_config or {})
        done.said = [Redactor.of(settings).clean(said) for said in done.said]
        for said in done.said:
            step.log.warning(said)
        yield dg.Output(None, metadata=done.metadata())

    schema = {} if listed is None else {listed: dg.Field([str], default_value=[], description="What the run was asked for; empty: all.")}
    return dg.OpDefinition(
        compute_fn=compute, name=name, description=description, config_schema=schema, required_resource_keys={"settings"}, pool=POOL,
        ins=after, outs={"result": dg.Out(dg.Nothing)},
    )  # fmt: skip


def _look(step: dg.OpExecutionContext, _inputs: object) -> Iterator[dg.Output[None]]:
    """What changed since the night. Whatever becomes of it, the hour goes on: without it, with what is published and was seen before."""
    step.instance.add_run_tags(step.run_id, signature())
    settings = step.resources.settings
    try:
        with told_plainly(settings):
            if is_under_way(step.instance, NIGHTLY):
                looked = Looked(said=f"{UNCHANGED}: a night runs, or waits for its turn.")
            else:
                looked = look(settings, clock_for(settings.as_of), step.run_id)
    except dg.Failure as failure:
        looked = Looked(said=f"{UNCHANGED}: {failure.description}")
    if looked.said:
        looked = replace(looked, said=Redactor.of(settings).clean(looked.said))
        step.log.warning(looked.said)
    yield dg.Output(None, metadata=looked.metadata())


def _gaps(at: Installation, done: Told, config: Mapping[str, Any]) -> None:
    work.work_on_gaps(at, done, config.get(GAP_IDS) or None)


def _remediated(at: Installation, done: Told, _config: Mapping[str, Any]) -> None:
    if not done.is_cut_short:
        work.remediated(at)


def _approvals(at: Installation, done: Told, _config: Mapping[str, Any]) -> None:
    work.approve(at, done)


def _delivery(at: Installation, done: Told, _config: Mapping[str, Any]) -> None:
    try:
        work.deliver(at, done)
    except DeliveryUnderWay as busy:
        done.said.append(busy.message)


remediate_op = _op(
    "work_on_gaps", "Answers are read at HaloPSA, everything is decided anew, approvals are asked for.", GAP_IDS, _gaps, _remediated
)
escalate_op = _op("escalate_gaps", "Answers are read first, so that whoever has answered is not escalated over.", GAP_IDS, _gaps)
approve_op = _op("read_approvals", "Approvals are read at HaloPSA and judged; what waited for them goes on or ends.", IDS, _approvals)
deliver_op = _op("drain_outbox", "The outbox is drained: claimed, sent once, settled as what came of it.", IDS, _delivery)
look_op = dg.OpDefinition(
    compute_fn=_look, name="look", description="What changed since the night is pulled, and gaps judged anew on a copy of the work file.",
    required_resource_keys={"settings"}, pool=POOL, outs={"result": dg.Out(dg.Nothing)},
)  # fmt: skip
hour_op = _op(
    "hour", "Approvals and answers are read, gaps decided anew, the outbox drained.", None, _approvals, _gaps, _delivery,
    after={LOOKED: dg.In(dg.Nothing)},
)  # fmt: skip


def _job(name: str, op: dg.OpDefinition, description: str) -> dg.JobDefinition:
    return dg.GraphDefinition(name=name, node_defs=[op]).to_job(name=name, description=description, executor_def=dg.in_process_executor)


remediate = _job("remediate", remediate_op, "Work on the gaps of what was published.")
escalate = _job("escalate", escalate_op, "Escalate the gaps that are past their deadline.")
approve = _job("approve", approve_op, "Read the approvals that people gave at HaloPSA.")
deliver = _job("deliver", deliver_op, "Send what is approved and due.")
hourly = dg.GraphDefinition(
    name="hourly", node_defs=[look_op, hour_op], dependencies={hour_op.name: {LOOKED: dg.DependencyDefinition(look_op.name)}},
).to_job(
    name="hourly", description="What changed since the night; approvals, answers, escalations and deliveries.",
    executor_def=dg.in_process_executor,
)  # fmt: skip
ACTING: Final = (remediate, escalate, approve, deliver, hourly)
LISTS: Final[Mapping[str, tuple[str, str]]] = {
    "remediate": (remediate_op.name, GAP_IDS),
    "escalate": (escalate_op.name, GAP_IDS),
    "approve": (approve_op.name, IDS),
    "deliver": (deliver_op.name, IDS),
}
"""Job to its step and the field in which that takes a list."""


def config_of(job: str, ids: Sequence[str]) -> dict[str, Any]:
    """The configuration of a run of the job on these ids; of a job without a list, none."""
    if job not in LISTS or not ids:
        return {}
    step, field = LISTS[job]
    return {"ops": {step: {"config": {field: list(ids)}}}}


@dg.schedule(
    name="hourly_schedule",
    job=hourly,
    cron_schedule=HOURLY_CRON,
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Five past every hour; from the phase pilot on, or as HANDOFF_HOURLY says.",
)
def hourly_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """A round, where one is wanted."""
    return hour_wanted(context.instance)


def hour_wanted(instance: dg.DagsterInstance) -> dg.RunRequest | dg.SkipReason:
    """A round, where the settings or the phase ask for one and none waits already: behind a long night they would pile up."""
    settings = load_settings()
    policy = load_policy(settings.policy_file)
    if not is_hourly(settings, policy):
        return dg.SkipReason(f"The rollout is in phase {policy.rollout.phase}; HANDOFF_HOURLY=true runs the hour all the same.")
    if is_under_way(instance, hourly.name):
        return dg.SkipReason("The last round is not done yet.")
    return dg.RunRequest()
