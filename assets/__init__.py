"""Dagster's floor: thin assets, checks, sensors, schedules and resources over the rooms below.

Each asset calls one room and adds metadata; no figure is computed here and no rule is decided here.
The one thing to know: `graph.py` puts everything together, and `sql/` says which assets there are.
"""
