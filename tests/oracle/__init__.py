"""An independent oracle: the published tables computed in plain Python from the simulated MSP's ground truth.

It was written from the contract and docs/kpis.md with docs/definitions.md alone and imports nothing of the product but the dataclasses
of the truth.
Slow and simple on purpose; `expected` is its entrance.
"""

from __future__ import annotations

from tests.oracle.expectation import expected
from tests.oracle.keys import GRAIN

__all__ = ["GRAIN", "expected"]
