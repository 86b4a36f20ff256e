"""The draft as it is being written: sections whose values carry their evidence, and whose gaps are commented out, ready to be filled.

What stands in a section is decided in `document`. The one thing to know: a line that is commented out begins with "# " at the very left, so
that taking these two characters away leaves it at its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from handoff_pipeline.governance.drafting.evidence import Choice, Option
from handoff_pipeline.governance.drafting.yaml_text import comment, one_line, scalar


@dataclass(frozen=True)
class Gap:
    """A key that a person must fill, and why it could not be guessed."""

    key: str
    why: str


@dataclass
class Section:
    """One section of the draft; `gaps` are keys that the policy cannot do without."""

    name: str
    intro: str
    lines: list[str] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    def note(self, text: str, indent: int = 2) -> None:
        """A comment."""
        self.lines += comment(text, indent)

    def value(self, key: str, text: str, mark: str, indent: int = 2) -> None:
        """One key with YAML that is already written; `mark` says how it is known."""
        self.lines.append(f"{' ' * indent}{key}: {text}{_trailing(mark)}")

    def one(self, key: str, choice: Choice, *, required: bool = False, indent: int = 2, quoted: bool = False) -> None:
        """A key with a single value; without one the key is commented out, with what may be meant."""
        pad = " " * indent
        if choice.chosen:
            option = choice.chosen[0]
            shown = f'"{option.value}"' if quoted else scalar(option.value)
            self.lines.append(f"{pad}{key}: {shown}{_trailing(_mark(choice, option))}")
            self.lines += [f"# {pad}{key}: {scalar(other.value)}{_trailing(f'not taken: {other.why}')}" for other in choice.others]
            return
        self._gap(key, choice.how, required=required, indent=indent)
        self.lines += [f"# {pad}{key}: {scalar(other.value)}{_trailing(f'a candidate: {other.why}')}" for other in choice.others]
        self.lines += [] if choice.others else [f"# {pad}{key}:"]

    def many(self, key: str, choice: Choice, *, required: bool = False, indent: int = 2) -> None:
        """A key with a list; one that may be empty is, where nothing can be guessed."""
        pad = " " * indent
        if choice.chosen:
            self.note(f"{key}: {choice.how}", indent)
            self.lines.append(f"{pad}{key}:")
            self.lines += [_item(option, pad, _mark(choice, option)) for option in choice.chosen]
            self.lines += [f"# {_item(option, pad, f'not taken: {option.why}')}" for option in choice.others]
            return
        self._gap(key, choice.how, required=required, indent=indent)
        lead = "# " if required else ""
        if not required and not choice.others:
            self.lines.append(f"{pad}{key}: []{_trailing(f'GUESS: {choice.how}')}")
            return
        self.lines.append(f"{lead}{pad}{key}:" if required else f"{pad}{key}: []{_trailing('GUESS: none; put in what is meant of these:')}")
        self.lines += [f"# {_item(option, pad, f'a candidate: {option.why}')}" for option in choice.others]

    def _gap(self, key: str, why: str, *, required: bool, indent: int) -> None:
        if required:
            self.gaps.append(Gap(f"{self.name}.{key}", why))
            self.note(f"FILL IN {self.name}.{key}: {why}.", indent)

    def text(self) -> list[str]:
        """The section; its name is commented out where nothing under it stands."""
        stands = any(line.strip() and not line.lstrip().startswith("#") for line in self.lines)
        return ["", *comment(self.intro), f"{self.name}:" if stands else f"# {self.name}:", *self.lines]


def _mark(choice: Choice, option: Option) -> str:
    return f"{'KNOWN' if choice.is_known else 'GUESS'}: {option.why}"


def _item(option: Option, pad: str, mark: str) -> str:
    return f"{pad}  - {scalar(option.value)}{_trailing(mark)}"


def _trailing(mark: str) -> str:
    return f"   # {one_line(mark)}" if mark else ""


def gaps_of(sections: Iterable[Section]) -> Sequence[Gap]:
    """Every gap, in the order of the file."""
    return tuple(gap for section in sections for gap in section.gaps)
