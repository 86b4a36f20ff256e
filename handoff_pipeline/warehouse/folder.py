"""Puts a folder of pages in place below `published/`: written beside the old one, then swapped by renaming.

What the pages say is their makers'. The one thing to know: a kill between the two renames leaves no folder for a moment's length until the
next night writes it again; the tables of `place` never depend on it.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from handoff_pipeline.errors import PublishError
from handoff_pipeline.warehouse.home import Home, sync_folder


def replace_folder(home: Home, name: str, files: Mapping[str, bytes]) -> Path:
    """Make `published/<name>` hold exactly `files` (relative path to bytes), with the mode that readers need; returns the folder.

    Raises:
        PublishError: a path leads out of the folder, or the disk refuses.
    """
    target = home.published / name
    staged, old = home.published / f".{name}.new", home.published / f".{name}.old"
    try:
        for leftover in (staged, old):
            shutil.rmtree(leftover, ignore_errors=True)
        staged.mkdir()
        for path, content in sorted(files.items()):
            parts = PurePosixPath(path)
            if parts.is_absolute() or ".." in parts.parts:
                raise PublishError(f"The page {path!r} would lie outside of {target}.", "Report this: a page's name is never a customer's.")
            file = staged / parts
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            home.share(file)
        for folder in (staged, *(each for each in staged.rglob("*") if each.is_dir())):
            home.share_folder(folder)
        if target.exists():
            target.rename(old)
        staged.rename(target)
        shutil.rmtree(old, ignore_errors=True)
        sync_folder(home.published)
    except OSError as error:
        fix = "Check the free space and the folder's owner, then run again."
        raise PublishError(f"{target} cannot be written: {error.strerror}.", fix) from error
    return target
