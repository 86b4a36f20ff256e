"""The token endpoint: client credentials in, a bearer token out, and the ways in which it fails (section 1).

What a token may do is in `access`. The one thing to know: a wrong tenant gives 500, not a refusal.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import orjson
from starlette.responses import Response

from handoff_pipeline.simulator.access import APPLICATIONS, KNOWN_SCOPES, TokenBook
from handoff_pipeline.simulator.faults import JSON
from handoff_pipeline.simulator.quirks import FaultKind
from handoff_pipeline.simulator.refusals import refusal


def form_of(body: bytes) -> dict[str, str]:
    """Read a form; the first value of a name counts."""
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


def openid_configuration(base: str) -> dict[str, Any]:
    """Tell what the sign-in server at `base` offers, as OpenID Connect does (H: section 1, stellarcyber)."""
    auth = f"{base}/auth"
    return {
        "issuer": f"{auth}/",
        "token_endpoint": f"{auth}/token",
        "grant_types_supported": ["authorization_code", "client_credentials", "implicit", "password", "refresh_token"],
        "scopes_supported": sorted(KNOWN_SCOPES),
    }


def sign_in(form: dict[str, str], *, is_tenant: bool, tokens: TokenBook, life_seconds: int, kind: FaultKind | None) -> Response:
    """Answer a token request, spoilt as the fault says."""
    if not is_tenant:
        return Response(status_code=500)  # H: a wrong tenant gave 500 on one tenant
    if form.get("grant_type") != "client_credentials":
        return refusal("unsupported_grant_type", "The specified 'grant_type' is not supported.")
    known = APPLICATIONS.get(form.get("client_id", ""))
    if known is None or form.get("client_secret") != known or kind == "invalid_client":
        return refusal("invalid_client", "The specified client credentials are invalid.", 401)
    scopes = frozenset(form.get("scope", "").split())
    if not scopes or scopes - KNOWN_SCOPES:
        return refusal("invalid_scope", "The specified 'scope' is invalid.")
    given = 0 if kind == "expires_in_zero" else life_seconds
    answer: dict[str, Any] = {
        "access_token": tokens.issue(scopes, life_seconds),
        "token_type": "Bearer",
        "expires_in": given,
        "scope": " ".join(sorted(scopes)),
    }
    if kind == "no_expires_in":
        del answer["expires_in"]
    elif kind == "no_access_token":
        del answer["access_token"]
    return Response(orjson.dumps(answer), media_type=JSON)
