"""How deep and how large a policy file may be, judged before anything is built from it.

What the keys mean does not belong here. The one thing to know: a file of one kilobyte can stand for a billion values, because an alias
repeats all that its anchor holds; so what counts is the size that the file would have with every alias written out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from yaml import SafeLoader

    Loader = SafeLoader
else:
    # Every tick of a sensor reads the policy; without libyaml, which a PyYAML built by hand may lack, that takes four times as long.
    Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

MAX_DEPTH = 40
"""Lists and mappings inside one another; the deepest rule of the checklist is at about ten."""
MAX_VALUES = 200_000
"""Keys and values with all aliases written out; the example has about a thousand."""


class TooMuch(ValueError):
    """The file is deeper or larger than any policy; the message names the line."""

    def __init__(self, line: int, said: str) -> None:
        super().__init__(said)
        self.line = line


def check_bounds(text: str) -> None:
    """Read `text` once as a stream of YAML events and return if it may be built.

    Raises:
        TooMuch: it is nested deeper than MAX_DEPTH, or holds more than MAX_VALUES values.
        yaml.YAMLError: it is no YAML.
    """
    sizes: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = []
    values = 0
    for event in yaml.parse(text, Loader=Loader):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append((event.anchor, values))
            if len(open_nodes) > MAX_DEPTH:
                raise TooMuch(line, f"is nested more than {MAX_DEPTH} deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_nodes.pop()
            if anchor is not None:
                sizes[anchor] = values - before + 1
        elif isinstance(event, yaml.AliasEvent):
            if any(anchor == event.anchor for anchor, _ in open_nodes):
                raise TooMuch(line, f"has the alias *{event.anchor} inside of what it stands for")
            values += sizes.get(event.anchor or "", 1)
        if isinstance(event, yaml.NodeEvent):
            values += 1
        if values > MAX_VALUES:
            raise TooMuch(line, f"stands for more than {MAX_VALUES:,} values with its aliases written out")
