"""Scopes against each other, as far as their words show."""

from __future__ import annotations

import pytest

from compiler.scopes import Scope, inside, may_meet, scope_of, surely_meet

NARROW = "account.taxable and account.fractional"


@pytest.fixture
def scope(load, check):
    """The scope of a rule in a file of a layer."""
    folders = iter(range(1000))

    def read(clauses: str = "", layer: str = "ipc") -> Scope:
        text = f"layer {layer}\nrule x.y\n never buy anything\n {clauses}\n"
        (statement,) = check(load({"a.policy": text}, str(next(folders)))).statements
        return scope_of(statement)

    return read


@pytest.mark.parametrize(
    ("a", "b", "meet"),
    [
        ("when account.taxable", "when not account.taxable", False),
        ("when account.taxable", "when account.discretionary", True),
        ('when account.program is "a"', 'when account.program is "b"', False),
        ('when account.program is "a"', 'when account.program in ("a", "b")', True),
        ('when account.program in ("c", "d")', 'when account.program in ("a", "b")', False),
        ('when account.program is "a"', 'when account.custodian is "b"', True),
        ('when account.program is "a"', 'when account.program is not "a"', False),
        ("when account.value below $100", "when account.value at least $100", False),
        ("when account.value at most $100", "when account.value at least $100", True),
        ("when account.value above $200", "when account.value below $100", False),
        ("when account.value above $100", "when account.value below $200", True),
        ("when household.client_since before 2020-01-01",
         "when household.client_since on or after 2020-01-01", False),
        ("until 2026-03-31", "from 2026-04-01", False),
        ("until 2026-04-01", "from 2026-04-01", True),
        ("when account.taxable and account.fractional", "when not account.fractional", False),
    ],
)  # fmt: skip
def test_scopes_that_cannot_meet(scope, a: str, b: str, meet: bool) -> None:
    one, other = scope(a), scope(b)
    assert may_meet(one, other) is meet
    assert may_meet(other, one) is meet
    if not meet:
        assert not surely_meet(one, other)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("when account.taxable", ""),
        (f"when {NARROW}", "when account.taxable"),
        ("from 2026-01-01 until 2026-06-30", "from 2026-01-01"),
        ("from 2026-02-01", "from 2026-01-01"),
    ],
)
def test_a_scope_inside_another(scope, a: str, b: str) -> None:
    narrow, wide = scope(a), scope(b)
    assert inside(narrow, wide)
    assert not inside(wide, narrow)
    assert surely_meet(narrow, wide)


def test_files_of_two_owners_do_not_meet(scope) -> None:
    one, other = scope(layer='household "H1"'), scope(layer='household "H2"')
    program = scope(layer='program "a"')
    assert not may_meet(one, other)
    assert may_meet(one, program)
    assert not surely_meet(one, program)
    assert surely_meet(one, scope())
    assert inside(one, scope())
    assert not inside(scope(), one)
