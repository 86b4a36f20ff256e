"""Deletions against a model: whatever nights come, raw is what decision 0005 says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handoff_pipeline.warehouse.rules import Rules
from tests.warehouse.sweeping import Nights


@dataclass
class Model:
    """Decision 0005 in plain Python: one entity without references, limits of one row and 20 per cent."""

    payload: dict[int, int] = field(default_factory=dict)
    dead: set[int] = field(default_factory=set)
    missed: dict[int, int] = field(default_factory=dict)
    set_aside: frozenset[int] | None = None
    accepted: frozenset[int] | None = None

    def night(self, shown: Mapping[int, int], listed: set[int], *, is_swept: bool) -> str:
        if not is_swept:
            if self.set_aside is not None:
                self.missed = {key: n for key, n in self.missed.items() if key not in shown}
                return "quarantined"
            self._take(shown)
            return "complete"
        known = set(self.payload) - self.dead
        missing = known - set(shown)
        unproven = frozenset(missing - listed)
        is_held = len(unproven) > 1 and len(unproven) * 100 > 20 * len(known) and unproven != self.accepted
        self.accepted = None
        self.missed = {key: self.missed.get(key, 0) + 1 for key in missing}
        self.set_aside = unproven if is_held else None
        if is_held:
            return "quarantined"
        self._take(shown)
        due = {key for key, nights in self.missed.items() if nights >= 2}
        self.dead |= due
        self.missed = {key: nights for key, nights in self.missed.items() if key not in due}
        return "complete"

    def _take(self, shown: Mapping[int, int]) -> None:
        self.payload |= shown
        self.dead -= set(shown)
        self.missed = {key: nights for key, nights in self.missed.items() if key not in shown}


RECORDS = st.dictionaries(st.integers(1, 7), st.integers(0, 2), max_size=7)
PLANS = st.lists(
    st.tuples(RECORDS, st.sets(st.integers(1, 7), max_size=4), st.sampled_from(("sweep", "full", "none")), st.booleans()), max_size=7
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=PLANS)
def test_whatever_nights_come_raw_is_what_two_sweeps_prove(home, ledger, lease, plan):
    """Every example goes on with the same home: the model starts from what the last one left."""
    nights = Nights(home, ledger, lease, Rules(drop_limit_rows=1, drop_limit_pct=20))
    # Everything is known and nothing missing: a full read, accepted if it must be.
    while nights.land(opportunity=nights.rows("opportunity", {n: {"v": 0} for n in range(1, 8)}))["opportunity"].state != "complete":
        nights.accept("opportunity")
    model = Model(payload=dict.fromkeys(range(1, 8), 0))
    for shown, listed, kind, is_accepted in plan:
        if is_accepted and model.set_aside is not None:
            nights.accept("opportunity")
            model.accepted = model.set_aside
        rows = {key: {"v": value} for key, value in shown.items()}
        if kind == "sweep":
            # A record that comes back is read whole: so are all here that differ from what is known.
            entity = nights.sweep("opportunity", shown, rows, listed_deleted=frozenset(listed))
        else:
            entity = nights.rows("opportunity", rows, is_full=kind == "full", listed_deleted=frozenset(listed))
        state = model.night(shown, listed, is_swept=kind != "none")
        assert nights.land(opportunity=entity)["opportunity"].state == state
        held = {int(key): (gone, fields["v"]) for key, (gone, fields) in nights.newest("opportunity").items()}
        assert held == {key: (key in model.dead, value) for key, value in model.payload.items()}
        missed = dict(nights.select("select cast(row_key as integer), sweeps from raw.missing"))
        assert missed == model.missed
