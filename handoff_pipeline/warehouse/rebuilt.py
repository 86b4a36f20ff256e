"""The mark of a folder that holds a rebuilt past night: `rebuild.json` beside its published tables.

What a rebuild does is not decided here.
The one thing to know: the mark is written before anything else and goes into the manifest, so that a rebuild can never be taken for a
nightly publication, and no night ever runs in it.
"""

from __future__ import annotations

from typing import Final

from pydantic import ValidationError

from handoff_pipeline.errors import WarehouseError
from handoff_pipeline.warehouse.home import Home
from handoff_pipeline.warehouse.manifest import Rebuild

FILE: Final = "rebuild.json"


def mark(home: Home, rebuild: Rebuild) -> None:
    """Make the folder a rebuild."""
    path = home.root / FILE
    path.write_text(rebuild.model_dump_json(indent=2) + "\n", encoding="utf-8")
    path.chmod(0o600)


def read(home: Home) -> Rebuild | None:
    """What the folder is a rebuild of; None in a home of nights.

    Raises:
        WarehouseError: there is a mark, and it cannot be read.
    """
    path = home.root / FILE
    try:
        return Rebuild.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise WarehouseError(f"{path} is no mark of a rebuild ({error.error_count()} problems).", "Rebuild into an empty folder.") from None


def refuse_night(home: Home) -> None:
    """Stop a night that begins in a rebuild.

    Raises:
        WarehouseError: the folder holds one.
    """
    found = read(home)
    if found:
        raise WarehouseError(
            f"{home.root} holds the rebuild of {found.day}, and no night may run in it.",
            "Set HANDOFF_HOME to the installation's own folder.",
        )
