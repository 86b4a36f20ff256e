"""The two credentials, the reader's and the writer's: which settings they come from, and that neither may do more than its work.

No token is asked for here (see `auth`). The one thing to know: the two are different applications in HaloPSA, so that what reads cannot
write whatever goes wrong in it, and what writes can be shut off alone.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from pydantic import SecretStr

from handoff_pipeline.errors import SettingsError
from handoff_pipeline.settings import REPORTING_SCOPE, Settings

BROAD_SCOPES: Final = frozenset({"all", "all:standard", "admin"})
WHERE: Final = "HaloPSA, Configuration, Integrations, HaloPSA API, your application"


@dataclass(frozen=True)
class Credential:
    """One API application. `setting` is the common part of its settings' names, `task` what it is for, in words."""

    client_id: str
    secret: SecretStr
    scope: str
    setting: str
    task: str
    narrow_scopes: str
    allows_broad: bool

    def refuse_broad(self, scope: str, *, granted: bool) -> None:
        """Least privilege: a credential that may change everything is not used for a task that needs little.

        Raises:
            SettingsError: such a scope is asked for, or was granted, and HANDOFF_ALLOW_SCOPE_ALL does not say otherwise.
        """
        broad = sorted(BROAD_SCOPES.intersection(scope.split()))
        if broad and not self.allows_broad:
            whose = "The token was granted" if granted else f"{self.setting}_SCOPE asks for"
            raise SettingsError(
                f"{whose} the scope {broad[0]!r}, which may change everything in HaloPSA; {self.task}.",
                f"Give the API application {self.narrow_scopes} only and leave {self.setting}_SCOPE unset, "
                "or set HANDOFF_ALLOW_SCOPE_ALL=true.",
            )


def reading_scope(settings: Settings) -> str:
    """The scopes that the reader asks for: those of the setting, and the one for reports where reports are read."""
    asked = settings.halo_scope.split()
    needs_reports = settings.reporting and not BROAD_SCOPES.intersection(asked) and REPORTING_SCOPE not in asked
    return " ".join([*asked, REPORTING_SCOPE] if needs_reports else asked)


def reader(settings: Settings) -> Credential:
    """The credential of the nightly pull.

    Raises:
        SettingsError: it is not set, or asks for a broad scope.
    """
    return _credential(
        settings.halo_client_id,
        settings.halo_client_secret,
        reading_scope(settings),
        "HANDOFF_HALO",
        "the pull only reads",
        "the read: scopes",
        settings,
    )


def writer(settings: Settings) -> Credential:
    """The credential of the writer.

    Raises:
        SettingsError: it is not set, is the reader's own, or asks for a broad scope.
    """
    credential = _credential(
        settings.halo_writer_client_id,
        settings.halo_writer_client_secret,
        settings.halo_writer_scope,
        "HANDOFF_HALO_WRITER",
        "the writer changes a few kinds of records",
        "the edit: scopes of what it writes",
        settings,
    )
    read = settings.halo_client_secret
    same_secret = read is not None and read.get_secret_value() == credential.secret.get_secret_value()
    if same_secret or credential.client_id.strip().lower() == (settings.halo_client_id or "").strip().lower():
        raise SettingsError(
            "The writer's credential is the reader's own; then whatever reads could write as well.",
            "Make a second API application in HaloPSA with the edit: scopes, and put its id and secret into HANDOFF_HALO_WRITER_CLIENT_ID "
            "and HANDOFF_HALO_WRITER_CLIENT_SECRET.",
        )
    return credential


def _credential(
    client_id: str | None, secret: SecretStr | None, scope: str, setting: str, task: str, narrow_scopes: str, settings: Settings
) -> Credential:
    if not client_id or secret is None or not secret.get_secret_value():
        missing = "SECRET" if client_id else "ID"
        raise SettingsError(f"{setting}_CLIENT_{missing} is not set.", f"Copy it from {WHERE}.")
    credential = Credential(client_id, secret, scope, setting, task, narrow_scopes, settings.allow_scope_all)
    credential.refuse_broad(scope, granted=False)
    return credential


def granted_scopes(reply: Mapping[str, Any]) -> frozenset[str] | None:
    """The scopes that the authority says it granted: by `scope` of its reply, else by the token's own claim; None where neither says.

    The claim is read, not verified: it is HaloPSA's to verify, and here it can only make the product more careful.
    """
    told = reply.get("scope") or _claims(reply.get("access_token")).get("scope")
    if isinstance(told, str):
        told = told.split()
    if not isinstance(told, list) or not told:
        return None
    return frozenset(str(scope) for scope in told)


def _claims(token: object) -> Mapping[str, Any]:
    """The payload of a signed token (`header.payload.signature`); empty for a token that cannot be looked into."""
    parts = token.split(".") if isinstance(token, str) else []
    if len(parts) != 3:
        return {}
    try:
        payload = orjson.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return {}
    return payload if isinstance(payload, dict) else {}
