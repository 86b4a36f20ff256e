"""A simulated HaloPSA tenant on loopback, for the demo and the tests.

Written from public reference material on HaloPSA alone; it imports nothing of the product, so that it can be wrong
independently of it. `build_world` makes the ground truth, `SimulatedHalo` serves it, `running` puts it on a port, `play` lets
people act in it.
"""

from __future__ import annotations

from handoff_pipeline.simulator.access import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, WRITER_CLIENT_ID, WRITER_CLIENT_SECRET
from handoff_pipeline.simulator.acting import Journal, play
from handoff_pipeline.simulator.quirks import BlockingRule, Fault, Quirks
from handoff_pipeline.simulator.schedule import Happening
from handoff_pipeline.simulator.script import Script, quiet_world
from handoff_pipeline.simulator.serve import running, serve
from handoff_pipeline.simulator.server import SimulatedHalo
from handoff_pipeline.simulator.truth import Truth
from handoff_pipeline.simulator.truth_acting import QuarterTruth, truth_of
from handoff_pipeline.simulator.world import build_world

__all__ = [
    "DEMO_CLIENT_ID",
    "DEMO_CLIENT_SECRET",
    "WRITER_CLIENT_ID",
    "WRITER_CLIENT_SECRET",
    "BlockingRule",
    "Fault",
    "Happening",
    "Journal",
    "QuarterTruth",
    "Quirks",
    "Script",
    "SimulatedHalo",
    "Truth",
    "build_world",
    "play",
    "quiet_world",
    "running",
    "serve",
    "truth_of",
]
