"""HANDOFF_LEDGER_URL takes PostgreSQL and nothing else, says what is wrong with anything else, and never repeats a password."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import make_url

from assets.redaction import Redactor
from handoff_pipeline.errors import SettingsError
from handoff_pipeline.settings import address_shown, load_settings
from handoff_pipeline.warehouse.home import Home

SECRET = "Zq9x-7Hw2"


def load(address: str):
    return load_settings(_env_file=None, ledger_url=address)


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg"])
def test_both_names_of_postgresql_become_the_driver_that_the_product_has(scheme):
    found = load(f" {scheme}://handoff:{SECRET}@db.example:5433/ledger?sslmode=require ")
    assert found.ledger_url.get_secret_value() == f"postgresql+psycopg://handoff:{SECRET}@db.example:5433/ledger?sslmode=require"
    assert SECRET not in repr(found)


@pytest.mark.parametrize("value", ["", "  "])
def test_nothing_is_the_file_in_the_home(monkeypatch, tmp_path, value):
    monkeypatch.setenv("HANDOFF_LEDGER_URL", value)
    monkeypatch.setenv("HANDOFF_HOME", str(tmp_path))
    home = Home.of(load_settings(_env_file=None))
    assert (home.ledger_url, home.ledger) == (None, home.ledger_file)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (f"mysql://handoff:{SECRET}@db/x", r"mysql://handoff:\*\*\*@db/x is not PostgreSQL"),
        (f"postgresql+psycopg2://handoff:{SECRET}@db/x", "is not PostgreSQL"),
        (f"postgres://handoff:{SECRET}@db/x", r"postgres://handoff:\*\*\*@db/x is not PostgreSQL"),
        ("sqlite:////var/ledger.sqlite", "is not PostgreSQL"),
        (f"handoff:{SECRET}@db/x", "is no database's address"),
        (f"postgresql:handoff:{SECRET}@db/x", "is no database's address"),
        (f"postgresql://handoff:{SECRET}@db", "names no database"),
        (f"postgresql://handoff:{SECRET}@db:port/x", "is no database's address"),
        (f"postgresql://handoff:half@{SECRET}@db/x", "not written as %40"),
        (f"postgresql://handoff:half@{SECRET}:1@db/x", "is no database's address"),
        (f"postgresql://handoff:half@w/{SECRET}@db/x", "not written as %40"),
        (f"postgresql://handoff@db/x?password={SECRET}", "has a password among its options"),
        (f"postgresql://handoff@db/x?sslpassword={SECRET}", "has a password among its options"),
    ],
)
def test_any_other_address_is_refused_with_the_right_form_and_without_the_password(address, said):
    with pytest.raises(SettingsError, match=rf"HANDOFF_LEDGER_URL: .*{said}.*postgresql://USER:PASSWORD@HOST:5432/DATABASE") as raised:
        load(address)
    assert [word for word in (SECRET, "half") if word in str(raised.value)] == []


@settings(deadline=None, max_examples=60)
@given(password=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1).map(lambda text: f"{SECRET}{text}{SECRET}"))
def test_any_password_comes_through_is_shown_nowhere_and_is_masked_in_logs(password):
    found = load(f"postgresql://handoff:{quote(password, safe='')}@db/ledger")
    address = found.ledger_url.get_secret_value()
    assert make_url(address).password == password
    assert SECRET not in address_shown(address)
    assert SECRET not in Redactor.of(found).clean(f"{address} and {password} and {quote(password)}")


def test_a_password_that_is_the_users_name_mangles_no_words():
    found = load("postgresql://handoff:handoff@db/ledger")
    assert Redactor.of(found).clean("handoff run") == "handoff run"
