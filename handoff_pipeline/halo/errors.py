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


class BudgetSpent(HaloError):
    """The run has sent as many requests as its budget allows; what was read whole is kept, and the next run goes on."""


class ServerFault(HaloError):
    """HaloPSA failed (5xx, time-out, broken connection) on every try."""


class ProtocolError(HaloError):
    """An answer that is not what the interface promises: a redirect, a login page, unsound JSON, a list without its envelope."""


class UnsoundBody(ProtocolError):
    """A 200 whose body is not JSON. Worth one more try: it may have been cut off on the way."""


class NotOffered(ProtocolError):
    """HaloPSA answered 404, or knows no such table: this version lacks it, or the record is gone."""


class IncompletePull(HaloError):
    """An entity's completeness rule does not balance, so nothing of it may be landed. The message is the reason in words."""


class Unsearchable(ProtocolError):
    """A marker may stand on a record of this ticket that its list does not show, so nobody can say that it is absent."""


class WriteError(HaloError):
    """A write that did not end as it should. `kind` is what was written, `key` its id where one is known."""

    def __init__(self, message: str, fix: str | None = None, *, kind: str = "", key: tuple[int | str, ...] | None = None) -> None:
        super().__init__(message, fix)
        self.kind = kind
        self.key = key


class WriteRefused(WriteError):
    """Nothing was written: it was refused before it was sent, or HaloPSA refused it in the words of the message."""


class WriteUncertain(WriteError):
    """Nobody knows whether it was written: no answer, a server fault, an unreadable answer. It is never sent again blindly: look it up."""


class WriteWarned(WriteUncertain):
    """HaloPSA answered with a warning or a question instead of plain success; whether it wrote is undocumented: look it up."""


class WriteIgnored(WriteError):
    """HaloPSA said that it wrote, and some fields do not hold what was sent. `fields` names them."""

    def __init__(self, message: str, fix: str | None = None, *, kind: str, key: tuple[int | str, ...], fields: tuple[str, ...]) -> None:
        super().__init__(message, fix, kind=kind, key=key)
        self.fields = fields


class WriteConflict(WriteError):
    """Somebody else changed the record between our reading and our writing, so what was decided no longer fits."""
