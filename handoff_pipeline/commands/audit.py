"""`handoff audit`: verifies the audit chain and says what that proves and against whom; shows its head and its newest rows.

The chain is written by the ledger alone; nothing is written here but where a head is kept.
The one thing to know: only a head that is kept outside this machine shows that rows were cut off the end, so `audit head` prints one line
to keep and `audit verify --head` takes it back.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from handoff_pipeline.clock import SystemClock
from handoff_pipeline.commands.at_hand import open_ledger
from handoff_pipeline.commands.audit_words import not_proved, proved
from handoff_pipeline.commands.exits import Exit
from handoff_pipeline.commands.screen import Json, emit, out, plain, table
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.settings import load_settings

if TYPE_CHECKING:
    from handoff_pipeline.ledger.audit_verify import KnownHead

EXAMPLES = """Examples:\n
handoff audit verify\n
handoff audit head\n
handoff audit list --last 50
"""
VERIFY_EXAMPLES = """Examples:\n
handoff audit verify\n
handoff audit verify --head 1842:9f0c...e1\n
handoff audit verify --keyed-from 120 --json
"""
HEAD_EXAMPLES = """Examples:\n
handoff audit head\n
handoff audit head --kept-at "auditor's mailbox"
"""
LIST_EXAMPLES = """Examples:\n
handoff audit list\n
handoff audit list --last 200 --json
"""

Heads = Annotated[
    list[str] | None,
    typer.Option("--head", metavar="SEQ:HASH", help="A head kept elsewhere, as `audit head` printed it; repeatable."),
]
KeyedFrom = Annotated[
    int | None, typer.Option("--keyed-from", min=1, help="The first row written with a key: one from there on without is tampering.")
]
KeptAt = Annotated[str | None, typer.Option("--kept-at", help="Write down that this head is kept there, outside this database.")]
Last = Annotated[int, typer.Option("--last", min=1, max=10_000, help="How many of the newest rows.")]


def verify(head: Heads = None, keyed_from: KeyedFrom = None, as_json: Json = False) -> None:
    """Verify every row of the audit chain, and every record it speaks of; say what is proved, and against whom.

    Exits with 1 on tampering, and with 3 where rows without a key prove nothing or a guarding trigger is not as the product makes it.
    """
    from handoff_pipeline.ledger.audit_verify import verify as judge

    heads = [_known(each) for each in head or ()]
    with open_ledger(load_settings()) as ledger:
        verdict = judge(ledger.engine, ledger.audit_keys, heads, keyed_from)
        has_key = ledger.audit_keys.current is not None
    open_rows = verdict.unkeyed - max((each.seq for each in heads), default=0)
    is_anchored = keyed_from is not None and keyed_from > verdict.unkeyed
    is_open = bool(verdict.unguarded) or (open_rows > 0 and not is_anchored)
    code = Exit.FAILED if verdict.why else Exit.STALE if is_open else Exit.DONE
    does, does_not = proved(verdict, heads), not_proved(verdict, heads, has_key=has_key)
    if as_json:
        emit({**asdict(verdict), "holds": verdict.why is None, "proved": does, "not_proved": does_not})
    else:
        console = out()
        if verdict.why:
            what = "The records do not agree with the chain" if verdict.bad_seq is None else f"The chain is broken at row {verdict.bad_seq}"
            console.print(plain(f"{what}: {verdict.why}.", "bold red"), soft_wrap=True)
        for title, sentences in (("Proved", does), ("Not proved", does_not)):
            for sentence in sentences:
                console.print(plain(f"{title}: {sentence}"), soft_wrap=True)
    raise typer.Exit(code)


def head(kept_at: KeptAt = None, as_json: Json = False) -> None:
    """Print the chain's head, SEQ:HASH: one line to keep outside this machine and to give to `audit verify --head` later."""
    from handoff_pipeline.ledger import AuditHead

    with open_ledger(load_settings()) as ledger:
        last = ledger.audit.head()
        if last is None:
            raise HandoffError("The audit chain is empty.", "Come back once the first proposal is made (`handoff outbox list`).")
        if kept_at:
            ledger.audit.keep_head(AuditHead(last.seq, last.row_hash, SystemClock().now(), kept_at.strip()))
    if as_json:
        emit({"seq": last.seq, "row_hash": last.row_hash, "at_utc": last.at, "kept_at": kept_at})
    else:
        out().print(plain(f"{last.seq}:{last.row_hash}"), soft_wrap=True)


def show_all(last: Last = 20, as_json: Json = False) -> None:
    """List the newest rows as they stand, unjudged. Who acted is a HaloPSA agent id; 0 is the product."""
    with open_ledger(load_settings()) as ledger:
        rows = ledger.audit.last_rows(last)
    if as_json:
        emit({"rows": [asdict(row) for row in rows]})
        return
    cells = ((row.seq, row.at, row.kind, row.subject, row.actor, row.row_hash[:16]) for row in rows)
    out().print(table("Audit chain", ("seq", "at (UTC)", "kind", "subject", "agent", "hash"), cells, right=("seq", "agent")))


def _known(text: str) -> KnownHead:
    """A head as a person gives it.

    Raises:
        HandoffError: it has not the form SEQ:HASH.
    """
    from handoff_pipeline.ledger.audit_verify import KnownHead

    found = re.fullmatch(r"\s*([1-9][0-9]{0,17}):([0-9a-f]{64})\s*", text.lower())
    if found is None:
        raise HandoffError(f"--head {text!r} is no head.", "Give it as `handoff audit head` prints it: a number, a colon, 64 digits.")
    return KnownHead(int(found.group(1)), found.group(2), "given with --head")
