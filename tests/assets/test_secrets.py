"""No secret in anything that Dagster or the home keeps, whatever goes wrong."""

from __future__ import annotations

import base64
import json
import logging
from urllib.parse import quote_plus

import dagster as dg
import pytest
from pydantic import SecretStr

from assets.instance import instance_of
from assets.redaction import Redactor, clean_logs
from assets.resources import HaloResource
from handoff_pipeline.redaction import MASK
from handoff_pipeline.settings import Settings

CANARY = "k4n4ry/s3cret+ value&ü"


def redactor() -> Redactor:
    return Redactor.of(Settings(_env_file=None, halo_client_secret=SecretStr(CANARY)))


@pytest.mark.parametrize("way", ["refused", "leaked"])
def test_no_secret_reaches_dagsters_stores_or_the_home(installation, monkeypatch, capfd, way):
    """Dagster redacts nothing: a secret in a message, a cause or a log line was found in four of its stores."""

    def leaking(*_: object) -> None:
        dg.get_dagster_logger().warning("asking with %s", CANARY)
        raise RuntimeError(f"cannot sign in with {CANARY!r}") from ValueError(f"client_secret={CANARY}")

    if way == "leaked":
        monkeypatch.setattr(HaloResource, "pull", leaking)
    result = installation.stored_night(halo_client_secret=SecretStr(CANARY))

    assert (result.ok, result.failed_step) == (False, "raw/halo_pull")
    assert CANARY not in str(result)
    said = capfd.readouterr()
    assert CANARY not in said.out + said.err
    needles = [form.encode() for form in redactor().forms]
    kept = [path for path in installation.home.rglob("*") if path.is_file()]
    assert any("dagster/history" in str(path) for path in kept)
    assert [str(path) for path in kept if any(needle in path.read_bytes() for needle in needles)] == []
    if way == "leaked":
        with instance_of(installation.home) as instance:
            assert any(f"asking with {MASK}" in entry.user_message for entry in instance.all_logs(result.run_id))


@pytest.mark.parametrize(
    "form", [CANARY, quote_plus(CANARY), json.dumps(CANARY), repr(CANARY), base64.b64encode(CANARY.encode()).decode()], ids=range(5)
)
def test_every_form_of_a_secret_is_masked(form):
    assert MASK in redactor().clean(f"before {form} after")
    assert CANARY not in redactor().clean(f"before {form} after")


def test_a_secret_too_short_to_be_one_does_not_make_texts_unreadable():
    assert Redactor.of(Settings(_env_file=None, halo_client_secret=SecretStr("a"))).clean("a night") == "a night"


def test_log_lines_and_tracebacks_are_clean_inside_the_block_and_left_alone_after_it(caplog):
    logger = logging.getLogger("somebody.else")
    with clean_logs(redactor()):
        logger.error("failed with %s", CANARY, exc_info=ValueError(CANARY))
        logger.warning("arguments that do not fit: %d", CANARY)
    assert CANARY not in caplog.text
    assert caplog.text.count(MASK) >= 3
    logger.warning("fixed %s", CANARY)
    assert CANARY in caplog.text
