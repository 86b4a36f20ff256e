"""What a request to /api is, once it got past the token: handed to whoever answers something else than a plain GET.

The one thing to know: a `Deed` names the scopes of which one is enough; `all` is always enough, a read scope only where it
is named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.responses import Response

from handoff_pipeline.simulator.quirks import FaultKind, Quirks


@dataclass(frozen=True)
class Call:
    """One request: `tail` is what follows the path ("301"), `params` have lower-case names, `kind` the fault that it meets."""

    method: str
    path: str
    tail: str
    params: Mapping[str, str]
    body: bytes
    quirks: Quirks
    kind: FaultKind | None = None

    def parsed(self) -> Any:
        """Give the decoded JSON body; None when it is none."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None


@dataclass(frozen=True)
class Deed:
    """What answers a POST or DELETE, under the path's spelling, and the scopes that allow it (none: as for setting up fields)."""

    path: str
    scopes: frozenset[str]
    act: Callable[[Call], Response]

    def needs(self, quirks: Quirks) -> frozenset[str]:
        """Give the scopes of which one is enough."""
        return self.scopes or frozenset({quirks.field_setup_scope})
