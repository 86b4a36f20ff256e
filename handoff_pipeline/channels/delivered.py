"""What one run of the delivery did, for its log, its check and the command line.

No decision here. The one thing to know: it names intents by their ids; the words in it are the product's own and never a customer's.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from handoff_pipeline.ledger.intent_states import State


@dataclass
class Delivered:
    """One run's account.

    Attributes:
        run_id: The run.
        settled: Intent -> the state in which this run left it, in the order of the work.
        put_back: Intent -> why it was claimed and then left approved for later; nothing was sent.
        held: Intent -> why it was not even claimed.
        recovered: Intent -> what was made of it after a dead run had left it behind.
        troubles: What could not be looked at, in words.
        stopped: Why the run ended early; None where it came to the end of what was due.
    """

    run_id: str
    settled: dict[str, State] = field(default_factory=dict)
    put_back: dict[str, str] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)
    recovered: dict[str, State] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    stopped: str | None = None

    @property
    def counts(self) -> Counter[str]:
        """State -> intents, with `put_back` and `held`."""
        return Counter([*self.settled.values(), *("put_back" for _ in self.put_back), *("held" for _ in self.held)])
