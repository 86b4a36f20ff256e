"""What deploy/ holds would start: paths and commands exist, secrets stay out of it, and systemd understands its units."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import yaml

from handoff_pipeline.settings import Settings

CHECKOUT = Path(__file__).resolve().parents[2]
DEPLOY = CHECKOUT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
INSTALLED = "/opt/handoff-pipeline"
SCRIPTS = {point.name for point in entry_points(group="console_scripts")}
HARDENED = ("NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "StateDirectory=handoff", "Restart=always", "UMask=0077")


def lines(unit: Path, key: str) -> list[str]:
    """The values of a key of a unit."""
    return re.findall(rf"(?m)^{key}=(.*)$", unit.read_text("utf-8"))


def programs() -> list[tuple[str, list[str]]]:
    """Every command line that keeps a service alive, with where it stands."""
    found = [(unit.name, shlex.split(line)) for unit in UNITS for line in lines(unit, "ExecStart")]
    for name, service in COMPOSE["services"].items():
        words = service["command"]
        found.append((name, shlex.split(words[2].rpartition("exec ")[2]) if words[0] == "sh" else words))
    return found


def test_there_is_a_unit_and_a_service_for_pages_and_for_the_daemon():
    assert [unit.stem for unit in UNITS] == ["handoff-daemon", "handoff-webserver"]
    assert set(COMPOSE["services"]) == {"daemon", "webserver"}


@pytest.mark.parametrize(("where", "words"), programs(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_program_that_is_started_is_installed_with_the_product(where, words):
    assert Path(words[0]).name in SCRIPTS
    assert (CHECKOUT / words[words.index("-w") + 1]).is_file()


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_gives_its_process_no_more_than_it_needs(unit):
    text = unit.read_text("utf-8")
    assert [line for line in HARDENED if line not in text] == []


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_runs_as_a_user_of_its_own_with_its_secrets_in_a_file(unit):
    assert (lines(unit, "User"), lines(unit, "EnvironmentFile")) == (["handoff"], ["/etc/handoff/handoff.env"])


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_the_unit(unit, tmp_path):
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("no systemd on this machine")
    # Programs and folders are looked for: the unit is read as if the checkout were where it says.
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for name in ("python", "dagster-daemon", "dagster-webserver"):
        (tmp_path / ".venv" / "bin" / name).write_text("#!/bin/sh\n", encoding="utf-8")
        (tmp_path / ".venv" / "bin" / name).chmod(0o755)
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text("utf-8").replace(INSTALLED, str(tmp_path)).replace("=handoff\nGroup=handoff", "=root"), encoding="utf-8")
    said = subprocess.run([program, "verify", "--man=no", str(copy)], capture_output=True, text=True, timeout=60)
    assert [line for line in (said.stderr + said.stdout).splitlines() if unit.name in line] == []


@pytest.mark.parametrize("service", COMPOSE["services"].values(), ids=COMPOSE["services"])
def test_a_service_comes_back_and_gets_nothing_it_does_not_need(service):
    assert (service["restart"], service["read_only"], service["cap_drop"]) == ("always", True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["env_file"] == ["handoff.env"]


def test_pages_without_a_login_are_published_to_this_machine_only():
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]
    assert ports == ["127.0.0.1:3000:3000"]
    [unit] = [unit for unit in UNITS if unit.stem == "handoff-webserver"]
    assert "-h 127.0.0.1" in lines(unit, "ExecStart")[0]


def test_every_file_that_compose_and_dockerfile_name_is_there():
    service = COMPOSE["services"]["daemon"]
    build = service["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()
    bound = [volume.split(":")[0] for volume in service["volumes"] if volume.startswith(".")]
    copied = re.findall(r"(?m)^COPY (\S+) ", (DEPLOY / "Dockerfile").read_text("utf-8"))
    assert [name for name in bound if not (DEPLOY / name).exists()] == []
    assert [name for name in copied if not (CHECKOUT / name).exists()] == []
    assert [name for name in (volume.split(":")[0] for volume in service["volumes"]) if not name.startswith(".")] == list(
        COMPOSE["volumes"]
    )


def test_every_variable_that_is_set_is_a_setting():
    known = {f"HANDOFF_{name.upper()}" for name in Settings.model_fields} | {"DAGSTER_HOME", "HOME", "PYTHONDONTWRITEBYTECODE"}
    in_units = {value.partition("=")[0] for unit in UNITS for value in lines(unit, "Environment")}
    in_compose = {name for service in COMPOSE["services"].values() for name in service["environment"]}
    assert (in_units | in_compose) - known == set()


def test_no_secret_and_no_data_gets_into_the_image():
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    # A pattern without `**/` is the root's alone, and compose's env_file lies in deploy/.
    assert [name for name in ("**/.env", "**/.env.*", "**/*.env", "**/.handoff", ".git", "**/.venv*") if name not in ignored] == []


def test_the_files_of_secrets_are_never_committed():
    ignored = (CHECKOUT / ".gitignore").read_text("utf-8").splitlines()
    assert {".env", "*.env"} <= set(ignored)


def test_pages_wait_for_the_daemon_that_prepares_their_folder():
    assert COMPOSE["services"]["webserver"]["depends_on"] == {"daemon": {"condition": "service_healthy"}}
