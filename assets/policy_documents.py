"""The policies of all nights as tables of the work file: which document is in force when, with all items, controls and risks ever held.

Keeping documents is the ledger's, dating them policy's. The one thing to know: the newest night is always judged by the policy that this
run was started with, also where a step is run again by hand after the file was edited.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Final

import dagster as dg
import polars as pl

from assets import metadata
from assets.naming import BATCH, POOL, group_of, key_of, op_name, team
from assets.resources import WarehouseResource
from assets.steps import told
from assets.table_frames import duckdb_types
from handoff_pipeline.ledger import Ledger
from handoff_pipeline.policy import Policy, parse_policy, read_text
from handoff_pipeline.policy.dated import History, RanOn, history
from handoff_pipeline.policy.dated_frames import dated_frames
from handoff_pipeline.settings import Settings
from handoff_pipeline.warehouse import frames

TABLES: Final[dict[str, str]] = {
    "document": "Each policy document with the nights on which it is in force; note says where another had to stand for it.",
    "document_floor": "The lowest sold margin per deal type, per cent, of each policy document.",
    "checklist_item": "Every item of the closed-won checklist that a policy ever held, as the last one had it.",
    "control": "Every control that a policy ever held, as the last one had it.",
    "risk": "Every risk that a policy ever held, as the last one had it.",
}
DOCUMENT: Final = "policy.document"
NIGHTS: Final = "select b.batch_no, b.run_id, b.as_of_utc from raw.batch as b"


def _spec(name: str, description: str) -> dg.AssetSpec:
    table = f"policy.{name}"
    return dg.AssetSpec(
        key_of(table),
        group_name=group_of(table),
        owners=[team("platform")],
        kinds={"duckdb", "yaml"},
        deps=[key_of(BATCH)],
        description=description,
        metadata=metadata.static(table),
    )


@dg.multi_asset(name=op_name("policy.documents"), specs=[_spec(name, description) for name, description in TABLES.items()], pool=POOL)
def policy_documents(settings: dg.ResourceParam[Settings], warehouse: WarehouseResource) -> Iterator[dg.MaterializeResult[None]]:
    """Write the dated policies."""
    results: list[dg.MaterializeResult[None]] = []
    with told(settings):
        text = read_text(settings.policy_file)
        policy = parse_policy(text, settings.policy_file.name)
        with Ledger.open(warehouse.home.ledger) as ledger, warehouse.get_connection() as conn:
            known = history_of(ledger, frames.read(conn, NIGHTS), policy, text)
            for name, frame in dated_frames(known).items():
                table = f"policy.{name}"
                frames.write(conn, table, frame, duckdb_types(frame.schema))
                said = {"notes": dg.MetadataValue.json(notes)} if name == "document" and (notes := notes_of(known)) else {}
                results.append(
                    dg.MaterializeResult(asset_key=key_of(table), metadata={**metadata.built(conn, table, frame.height), **said})
                )
    yield from results


def history_of(ledger: Ledger, nights: pl.DataFrame, policy: Policy, text: str) -> History:
    """The policies of the landed nights (batch_no, run_id, as_of_utc), of which the newest ran on `policy`."""
    hashes = {run.run_id: run.policy_hash for run in ledger.runs()}
    ran_on = [RanOn(batch_no, as_of.replace(tzinfo=UTC), hashes.get(run_id)) for batch_no, run_id, as_of in nights.iter_rows()]
    return history(ran_on, {kept.policy_hash: kept.document for kept in ledger.policies.all()}, policy, text)


def notes_of(known: History) -> list[str]:
    """What a person should know of documents that this release cannot read."""
    return [dated.note for dated in known.documents if dated.note]


def policies_in(documents: pl.DataFrame, tonight: Policy) -> Mapping[int, Policy]:
    """Number of each stretch of nights to the policy that judges it, from `policy.document`."""
    parsed = {tonight.hash: tonight}
    found: dict[int, Policy] = {}
    for number, policy_hash, text in documents.select("policy_no", "policy_hash", "document").iter_rows():
        if policy_hash not in parsed:
            parsed[policy_hash] = parse_policy(text, name=f"the policy document {policy_hash[:12]}")
        found[number] = parsed[policy_hash]
    return found
