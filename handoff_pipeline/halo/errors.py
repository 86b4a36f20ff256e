"""What can go wrong between the product and HaloPSA, as types that tell a passing trouble from a lasting one.

No HTTP here. A message names the endpoint, what was answered and the fix; it never carries a secret, a token or more than a short,
cleaned excerpt of what the server said.
"""

from __future__ import annotations

from handoff_pipeline.errors import HandoffError


class HaloError(HandoffError):
    """Anything that HaloPSA refused or answered wrongly."""


class AuthenticationError(HaloError):
    """The credentials or the token are refused; asking again cannot help, so the whole pull stops."""


class PermissionMissing(HaloError):
    """HaloPSA answered 403: the application's scopes or its user's permissions do not cover the entity."""


class RateLimited(HaloError):
    """HaloPSA's request limit holds for longer than the pull is willing to wait."""


class ServerFault(HaloError):
    """HaloPSA failed (5xx, time-out, broken connection) on every try."""


class ProtocolError(HaloError):
    """An answer that is not what the interface promises: a redirect, a login page, unsound JSON, a list without its envelope."""


class UnsoundBody(ProtocolError):
    """A 200 whose body is not JSON. Worth one more try: it may have been cut off on the way."""


class IncompletePull(HaloError):
    """An entity's completeness rule does not balance, so nothing of it may be landed. The message is the reason in words."""
