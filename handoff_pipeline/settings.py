"""Settings of one installation: where things lie, which tenant, how fast to ask. Read from HANDOFF_* variables and `.env`.

What the MSP means by its words is policy (`handoff.yaml`), not a setting. Secrets are `SecretStr` and are unwrapped at the request alone.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from handoff_pipeline.errors import SettingsError

READ_SCOPES = (
    "read:tickets read:customers read:crm read:quotes read:sos read:projects read:calendar read:invoices read:contracts read:timesheets"
)
"""The narrow scopes that the nightly pull needs (HaloPSA has no scope of its own for agents or actions)."""
REPORTING_SCOPE = "read:reporting"
"""Asked for besides, where HANDOFF_REPORTING is on."""
LEDGER_SCHEMES = ("postgresql", "postgresql+psycopg")
LEDGER_FORM = (
    "write postgresql://USER:PASSWORD@HOST:5432/DATABASE, with @ : / ? # % in the password as %40 %3A %2F %3F %23 %25, or leave it empty"
    " for the file in the home"
)


def _aware(moment: datetime) -> datetime:
    """A moment without a zone is read as UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _addresses_by_name(value: object) -> object:
    """A JSON object of names and addresses; pydantic's own reading would repeat the text, and with it the secrets, in its error."""
    if not isinstance(value, str):
        return value
    try:
        found = json.loads(value or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(address, str) for address in found.values()):
        raise ValueError('must be JSON such as {"delivery": "https://..."}')
    return found


def address_shown(address: str) -> str:
    """A database's address as people may see it: without password, and without options, which may hold secrets too."""
    from sqlalchemy.engine import make_url

    return make_url(address).set(query={}).render_as_string(hide_password=True)


def _ledger_address(value: object) -> object:
    """A PostgreSQL address with the driver that the product has; None for an empty one. What may be half a password is never repeated."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    text = (value.get_secret_value() if isinstance(value, SecretStr) else str(value or "")).strip()
    if not text:
        return None
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError(f"is no database's address (not repeated here, it may hold a password): {LEDGER_FORM}") from None
    if any("@" in (part or "") for part in (url.username, url.host, url.database, *url.query)):
        raise ValueError(f"has an @ in its user or password that is not written as %40: {LEDGER_FORM}")
    if url.drivername not in LEDGER_SCHEMES:
        raise ValueError(f"{address_shown(text)} is not PostgreSQL: {LEDGER_FORM}")
    if not url.database:
        raise ValueError(f"{address_shown(text)} names no database: {LEDGER_FORM}")
    if {name.lower() for name in url.query} & {"password", "sslpassword"}:
        raise ValueError(f"{address_shown(text)} has a password among its options: {LEDGER_FORM}")
    return SecretStr(url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False))


def _words(value: object) -> object:
    """Words separated by commas or spaces, as a list."""
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


class Settings(BaseSettings):
    """One installation's settings; every field is an environment variable with the prefix HANDOFF_."""

    model_config = SettingsConfigDict(env_prefix="HANDOFF_", env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True)

    home: Path = Field(default=Path(".handoff"), description="Folder of the warehouse, ledger, history and published tables.")
    ledger_url: Annotated[SecretStr | None, BeforeValidator(_ledger_address)] = Field(
        default=None, description="PostgreSQL address of the ledger; a secret, for its password. Not set: the SQLite file in the home."
    )
    policy_file: Path = Field(default=Path("handoff.yaml"), description="The MSP's policy.")
    as_of: Annotated[datetime, AfterValidator(_aware)] | None = Field(default=None, description="Holds the clock at this moment (UTC).")

    halo_url: str | None = Field(default=None, description="The tenant's address, such as https://acme.halopsa.com.")
    halo_tenant: str | None = Field(default=None, description="The tenant's name, for hosted instances; also part of every key.")
    halo_client_id: str | None = Field(default=None, description="Client id of the read-only API application.")
    halo_client_secret: SecretStr | None = Field(default=None, description="Client secret of the read-only API application.")
    halo_scope: str = Field(default=READ_SCOPES, description="Scopes asked for, separated by spaces.")
    allow_scope_all: bool = Field(default=False, description="Accept a credential with the scope `all` (far more than the pull needs).")
    halo_writer_client_id: str | None = Field(default=None, description="Client id of the application that writes; not the reader's.")
    halo_writer_client_secret: SecretStr | None = Field(default=None, description="Client secret of the application that writes.")
    halo_writer_scope: str = Field(
        default="edit:tickets edit:projects", description="Scopes that the writer asks for; never more than what it writes."
    )
    kill_switch: bool = Field(default=False, description="Stops every write to any channel, as a file kill-switch in the home does.")
    hourly: bool | None = Field(
        default=None, description="Read answers and escalate every hour. Not set: from the phase pilot on, and not before."
    )
    hourly_requests: int = Field(
        default=100,
        ge=0,
        description="Most requests of an hour's look at what changed since the night; what needs more waits for the night. 0: no look.",
    )
    reporting: bool = Field(
        default=False,
        description="Read budgets, audit and dated agent costs by SQL through POST /Report; the application then needs read:reporting.",
    )
    reporting_rows: int = Field(
        default=1000, ge=10, description="Rows asked for per report; HaloPSA's own limit is unknown, so every report counts its rows."
    )
    web_url: str | None = Field(default=None, description="Address for links to HaloPSA's pages; the tenant's address by default.")

    audit_key: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="Key of the audit chain, 32 characters at least, kept off the ledger's host too. Without it the chain proves nothing "
        "against somebody who can write to the ledger.",
    )
    audit_key_former: SecretStr | None = Field(
        default=None, min_length=32, description="The key before, where HANDOFF_AUDIT_KEY was changed on purpose; only read with."
    )

    requests_per_window: int = Field(default=300, ge=1, description="HaloPSA's limit: requests in any rolling window.")
    window_seconds: int = Field(default=300, ge=1, description="Length of that window, seconds.")
    request_budget: int = Field(
        default=0, ge=0, description="Most requests of one run; the pull then stops cleanly and the next run resumes. 0: no bound."
    )
    concurrency: int = Field(default=8, ge=1, le=32, description="Requests under way at once.")
    page_size: int = Field(default=100, ge=1, le=100, description="Rows asked for per page; HaloPSA cuts to 100.")
    overlap_minutes: int = Field(default=10, ge=0, description="How far an incremental pull reaches back before its cursor, minutes.")
    sweep_days: int = Field(default=1, ge=1, description="Days between full sweeps of ids, which find deleted and hidden records.")
    full_read_days: int = Field(
        default=28,
        ge=1,
        description="Days after which lists and time entries are read whole again: for changes that no last update tells, and for time "
        "that was changed or deleted later than actions_overlap_days after it was worked.",
    )
    drop_limit_pct: float = Field(
        default=5.0, ge=0, le=100, description="More rows gone than this share (and than drop_limit_rows) quarantines the entity."
    )
    drop_limit_rows: int = Field(default=5, ge=0, description="So many rows may go at once without a question, unless none is left.")
    history_start: date | None = Field(default=None, description="First day of time entries to pull; two years back by default.")
    approvals_mode: Literal["whole", "per_handoff"] = Field(
        default="whole",
        description="Pull the whole approval list, or ask per project. The public sources only guess that the whole list works.",
    )
    listed_twice: Literal["incomplete", "accept"] = Field(
        default="incomplete",
        description="A list that holds records twice and counts them: something may be missing, or (accept) this tenant's lists are so.",
    )
    actions_window_days: int = Field(default=7, ge=1, description="Days of time entries asked for in one request.")
    actions_count: int = Field(default=1000, ge=10, description="Time entries asked for per window; a window that reaches it is split.")
    actions_overlap_days: int = Field(default=14, ge=0, description="Days of time entries pulled again each night, for late bookings.")

    teams_webhook: SecretStr | None = Field(
        default=None, description="Address of the Workflows webhook that cards go to; a secret as a whole."
    )
    teams_webhooks: Annotated[dict[str, SecretStr], NoDecode, BeforeValidator(_addresses_by_name)] = Field(
        default_factory=dict, description="Further channels: JSON, name to address."
    )
    teams_hosts: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = Field(
        default=(), description="Further hosts that cards may be posted to (a relay of your own), separated by commas."
    )
    teams_allow_loopback: bool = Field(default=False, description="Allow a webhook on this machine; for tests and the demo.")

    shared_group: str | None = Field(default=None, description="Group that may read the published folder.")
    threads: int = Field(default=2, ge=1, description="DuckDB's threads.")
    memory_limit: str = Field(default="2GB", description="DuckDB's memory limit.")

    @property
    def tenant_name(self) -> str:
        """The tenant part of every key: the tenant's name, else the host of its address."""
        if self.halo_tenant:
            return self.halo_tenant
        if self.halo_url:
            return self.halo_url.split("//")[-1].split("/")[0]
        raise SettingsError("HANDOFF_HALO_URL is not set.", "Set HANDOFF_HALO_URL in .env, for example https://acme.halopsa.com.")

    @property
    def ledger_password(self) -> SecretStr | None:
        """The password in `ledger_url`; None where there is none, or where it stands in the rest of the address and so is no secret."""
        if self.ledger_url is None:
            return None
        from sqlalchemy.engine import make_url

        address = self.ledger_url.get_secret_value()
        password = make_url(address).password
        return SecretStr(password) if password and password not in address_shown(address) else None

    @property
    def links_base(self) -> str:
        """Base address of links to HaloPSA's own pages, without a trailing slash."""
        return (self.web_url or self.halo_url or "").rstrip("/")


def load_settings(**overrides: object) -> Settings:
    """Settings from the environment and `.env`.

    Raises:
        SettingsError: a variable cannot be used; the message names it, never its value (it may be a secret).
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        problems = "; ".join(f"HANDOFF_{'_'.join(str(part) for part in item['loc']).upper()}: {item['msg']}" for item in error.errors())
        raise SettingsError(f"Settings cannot be used: {problems}.", "Correct the variables in the environment or in .env.") from None
