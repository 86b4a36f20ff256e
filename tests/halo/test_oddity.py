"""JSON that decodes and cannot be trusted: one name twice with two values, and nesting beyond sense."""

from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff_pipeline.halo.bodies import sound_json
from handoff_pipeline.halo.errors import UnsoundBody
from handoff_pipeline.halo.oddity import DEEPEST, oddity
from handoff_pipeline.halo.redact import Redactor

_VALUES = st.none() | st.integers(-3, 3) | st.sampled_from(["", '"', '":', "\\", 'a":b', "\u0022"])


@pytest.mark.parametrize(
    "body",
    [
        b'{"id":1,"id":2}',
        b'[{"id":1},{"id":2,"summary":"a","id":3}]',
        b'{"tickets":[{"a":{"b":1,"b":2}}]}',
        b'{"id" :1,"id" :2}',
        b'{"\\u0069d":1,"id":2}',
        b'{"note":"a\\u0022:","id":1,"id":2}',
        b'{"id":1,"note":"\\":","id":2}',
        b'{"n":' + b"9" * 300 + b',"id":1,"id":2}',
    ],
)
def test_a_name_with_two_values_is_refused(body: bytes) -> None:
    with pytest.raises(UnsoundBody, match=r"the name '(id|b)' twice"):
        sound_json(body, "application/json", "/Tickets", Redactor())


@pytest.mark.parametrize("body", [b'{"id":1,"id":1}', b'[{"a":"x","a":"x"}]', b'{"a":[1],"a":[1]}'])
def test_a_name_twice_with_one_value_does_no_harm(body: bytes) -> None:
    assert sound_json(body, "application/json", "/Tickets", Redactor()) is not None


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(st.tuples(st.sampled_from(["a", "b", '"', "c:"]), _VALUES), max_size=5), max_size=4), st.sampled_from(["", " "]))
def test_it_is_found_exactly_where_two_readers_would_differ(rows: list[list[tuple[str, object]]], blank: str) -> None:
    text = (
        "[" + ",".join("{" + ",".join(f"{json.dumps(name)}{blank}:{json.dumps(value)}" for name, value in row) + "}" for row in rows) + "]"
    )
    differ = any(len({value for name, value in row if name == chosen}) > 1 for row in rows for chosen, _ in row)
    assert (oddity(orjson.loads(text), text.encode()) is not None) == differ


def test_nesting_beyond_sense_is_refused() -> None:
    assert oddity(orjson.loads("[" * DEEPEST + "]" * DEEPEST), b"[") is None
    deep = "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1)
    assert "nested" in str(oddity(orjson.loads(deep), deep.encode()))
