"""Answers that refuse: 429 in every shape, 400 in every shape that HaloPSA's users have met (section 5).

Whether to refuse is decided elsewhere. The one thing to know: no two error bodies look alike, and some are empty.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any, Final

import orjson
from starlette.responses import Response

from handoff_pipeline.simulator.quirks import Quirks

DOTNET: Final = "System.NullReferenceException"
ABSURD_SECONDS: Final = 10**12


def dotnet(message: str, name: str = "System.Exception") -> dict[str, Any]:
    """Give a .NET exception as HaloPSA sends it with 400 and 500."""
    return {"ClassName": name, "Message": message, "HResult": -2147467261}


def refusal(error: str, description: str, status: int = 400) -> Response:
    """Refuse at the token endpoint, or in its shape."""
    return Response(orjson.dumps({"error": error, "error_description": description}), status, media_type="application/json")


def invalid(message: str, quirks: Quirks, status: int = 400) -> Response:
    """Refuse what was sent, in the shape that the quirks choose."""
    if quirks.validation_body == "empty":
        return Response(status_code=status)
    if quirks.validation_body == "text":
        return Response(message, status, media_type="text/plain")
    bodies: dict[str, Any] = {
        "error": {"error": message},
        "message": {"Message": message},
        "dotnet": dotnet(message),
        "result": {"resultCode": 1, "errorMessage": message},
        "one_key": {"validation": message},
        "string": message,
    }
    return Response(orjson.dumps(bodies[quirks.validation_body]), status, media_type="application/json")


def too_many(quirks: Quirks, wait: float, now: datetime) -> Response:
    """Refuse a request beyond the limit; `wait` is the true time in seconds until one is let through."""
    minutes = quirks.rate_limit_seconds / 60
    text = f"Rate Limit Reached - {quirks.rate_limit_requests} Requests per rolling {minutes:g} minute window"
    headers = {"retry-after": retry_after(quirks, wait, now)} if quirks.retry_after else {}
    if quirks.rate_limit_body == "empty":
        return Response(status_code=429, headers=headers)
    if quirks.rate_limit_body == "text":
        return Response(text, 429, headers, media_type="text/plain")
    body = text if quirks.rate_limit_body == "string" else {"error": text}
    return Response(orjson.dumps(body), 429, headers, media_type="application/json")


def retry_after(quirks: Quirks, wait: float, now: datetime) -> str:
    """Write the header's value; `now` is the server's own time."""
    seconds = int(wait) + 1 if quirks.retry_after_seconds is None else quirks.retry_after_seconds
    if quirks.retry_after_form == "date":
        return format_datetime(now + timedelta(seconds=seconds), usegmt=True)
    return {"seconds": str(seconds), "absurd": str(ABSURD_SECONDS), "negative": "-5", "words": "soon"}[quirks.retry_after_form]
