"""The shipped policies hold together, on any book, and say nothing about particular securities."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from compiler.check import TypedPolicies, check_policies
from compiler.conditions import Environment
from compiler.directives.restriction import Restriction
from compiler.layers import fold
from compiler.policyset import load_policies
from grammar.diagnostics import render_text
from grammar.tree import Define, Keep, Node, Rule, Set, Text, Things
from policydsl.checking import known_securities
from portfolio.book import Book, load_book
from portfolio.synth import synthesise

ROOT = Path(__file__).resolve().parent.parent
REAL = ROOT.parent / "shared" / "books"
SET = load_policies(ROOT / "policies")


@pytest.fixture(scope="module", params=["synthetic", "us500", "us100-small"])
def book(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Book:
    if request.param == "synthetic":
        folder = tmp_path_factory.mktemp("book")
        synthesise(folder, households=8, securities=40, seed=3, as_of=date(2026, 3, 31))
        return load_book(folder)
    if not (REAL / request.param).is_dir():
        pytest.skip(f"the book {request.param} is not on this machine")
    return load_book(REAL / request.param)


def assert_spotless(typed: TypedPolicies) -> None:
    assert render_text(typed.diagnostics, typed.sources) == ""


def test_they_hold_together_without_a_book() -> None:
    assert_spotless(check_policies(SET))


def test_they_hold_together_on_a_book(book: Book) -> None:
    typed = check_policies(SET, book.attributes, known_securities(book))
    assert_spotless(typed)
    held = {
        account.id: policy.held
        for household in map(book.household, book.household_ids)
        for account in household.accounts
        if (policy := fold(typed, household, account)).held
    }
    assert held == {}


def test_every_layer_has_its_file() -> None:
    layers = [
        str(file.tree.header.layer and file.tree.header.layer.name.value) for file in SET.files
    ]
    assert set(layers) == set(SET.layers) - {"account"}
    assert layers.count("program") == 2


def test_every_statement_has_its_reason() -> None:
    silent = [
        f"{file.path}: {statement.id.value}"
        for file in SET.files
        for statement in file.tree.statements
        if isinstance(statement, Rule | Set)
        and not any(type(clause).__name__ == "Because" for clause in statement.clauses)
    ]
    assert silent == []


def test_every_file_has_an_owner() -> None:
    assert [file.path for file in SET.files if file.tree.header.owner is None] == []


def selections() -> Iterator[Things]:
    for file in SET.files:
        for statement in file.tree.statements:
            parts: tuple[Node, ...] = ()
            if isinstance(statement, Define):
                parts = (statement,)
            elif isinstance(statement, Rule):
                parts = (*statement.directives, *statement.clauses)
            for part in parts:
                things = getattr(part, "things", None)
                if isinstance(things, Things):
                    yield things


def test_no_particular_security_is_named() -> None:
    named = [item.value for each in selections() for item in each.items if isinstance(item, Text)]
    assert list(selections())
    assert named == []


def test_a_screen_of_companies_leaves_funds_alone(book: Book) -> None:
    """Nothing that has constituents, or could have, is barred by a screen's missing data."""
    typed = check_policies(SET, book.attributes, known_securities(book))
    household = book.household(book.household_ids[0])
    screens = [
        statement
        for statement in typed.statements
        if statement.rule_id in ("ipc.esg.tobacco", "h00001.values")
    ]
    assert len(screens) == 2
    for screen in screens:
        assert isinstance(screen.directive, Restriction)
        for security in household.securities.values():
            if security.kind == "etf":
                environment = Environment(household, household.accounts[0], security)
                assert screen.directive.selection.security(environment) is False


def test_the_largest_holdings_of_an_index_are_no_breach() -> None:
    """Limits on one name are around the model: an index holds more than 5% of its first names."""
    limits = [
        directive
        for file in SET.files
        for statement in file.tree.statements
        if isinstance(statement, Rule)
        for directive in statement.directives
        if isinstance(directive, Keep) and directive.each and directive.measure is not None
        if directive.measure.value in ("issuer", "holding")
    ]
    assert len(limits) == 2
    for limit in limits:
        assert limit.bound.base is not None
        assert limit.bound.base.value == "model"


def test_wash_sales_are_prevented_by_a_hard_rule_of_the_firm() -> None:
    typed = check_policies(SET)
    (rule,) = (each for each in typed.statements if each.directive.kind == "wash sales")
    assert (rule.authority.layer, rule.origin.value) == ("firm", "rule")
