"""What the sensors decide: pure functions of a cursor, of facts and of the moment, one module each.

Facts are fetched in `assets/sensing_facts.py`, Dagster is spoken in `assets/sensors.py`. The one thing to know: a cursor only spares work.
What was done is in the ledger, so a sensor that has lost its cursor, its name or the history of its runs repeats nothing.
"""

from __future__ import annotations
