"""How a step fails: in plain words with the fix, without secrets, and retried only where trying again can help.

The one thing to know: every asset's body runs inside `told`; an exception that escaped it would be stored by Dagster as it is.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import dagster as dg

from assets.redaction import Redactor
from handoff_pipeline.errors import HandoffError
from handoff_pipeline.halo.errors import RateLimited, ServerFault
from handoff_pipeline.settings import Settings

PASSING: Final = (RateLimited, ServerFault)
"""Errors of which the next try may be free; anything else would fail again in the same way."""
LONGEST: Final = 500


@contextmanager
def told(settings: Settings) -> Iterator[None]:
    """Turn any exception of the block into a `dg.Failure` that a person can act on.

    An unexpected exception keeps its stack (file and line, no values) as metadata; its message is cut, because a database names the value
    that it could not convert.
    """
    clean = Redactor.of(settings).clean
    try:
        yield
    except dg.Failure:
        raise
    except HandoffError as error:
        metadata = {"error": type(error).__name__, "fix": clean(error.fix or "")}
        # `from None`: Dagster stores the whole chain, and the cause may quote what the message left out.
        raise dg.Failure(clean(str(error)), metadata=metadata, allow_retries=isinstance(error, PASSING)) from None
    except Exception as error:  # noqa: BLE001 - raised again as a failure without secrets
        stack = "".join(traceback.format_tb(error.__traceback__))
        said = clean(str(error)).splitlines() or [""]
        raise dg.Failure(
            f"{type(error).__name__}: {said[0][:LONGEST]}",
            metadata={"error": type(error).__name__, "stack": dg.MetadataValue.text(clean(stack))},
            allow_retries=False,
        ) from None
