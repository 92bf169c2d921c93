"""Reads the words of an expectation: as a file of the lowest layer would, with every definition in
sight."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from compiler.read_conditions import read_condition, read_selection
from compiler.reader import Reader, did_you_mean
from compiler.selections import Selection
from compiler.statements import Authority
from grammar import tree
from grammar.diagnostics import Severity
from grammar.spans import Span
from policydsl.trials.codes import BAD_EXPECTATION
from policydsl.trials.facts import LineError
from policydsl.trials.run import Ran


def cannot_expect(span: Span, message: str, label: str = "", help: str = "") -> LineError:
    """An expectation that cannot be judged."""
    return LineError(BAD_EXPECTATION.at(span, message, label=label, help=help))


MOST = 4
"""So many reasons are named; more would bury the line they stand beside."""


def few(found: Iterable[str]) -> str:
    """The first of several reasons, and how many more there are."""
    said = list(dict.fromkeys(found))
    more = f"; and {len(said) - MOST} more" if len(said) > MOST else ""
    return "; ".join(said[:MOST]) + more


def reader_of(ran: Ran) -> Reader:
    """Reads the words of a test as a file of the lowest layer would."""
    assert ran.typed.names is not None
    reader = ran.typed.names.reader(ran.typed.layers)
    reader.authority = Authority("account", reader.authority.rank)
    reader.securities = frozenset(
        name
        for household, _ in ran.accounts
        for security in household.securities.values()
        for name in (security.id, security.ticker)
    )
    return reader


def sound(reader: Reader) -> None:
    """Raises LineError with the first thing found while reading."""
    for found in reader.diagnostics:
        raise LineError(replace(found, code=BAD_EXPECTATION.id, severity=Severity.ERROR))


def selection_of(things: tree.Things, reader: Reader) -> Selection:
    """What an expectation is about; accounts may be picked too. Raises LineError."""
    items = tuple(item for item in things.items if item.value != "cash")
    found = read_selection(replace(things, items=items, where=None), reader)
    where = None if things.where is None else read_condition(things.where, reader)
    sound(reader)
    assert found is not None
    return replace(found, where=where)


def known_rule(name: tree.Name, ran: Ran) -> str:
    """The id of a rule that the set has. Raises LineError."""
    assert ran.typed.names is not None
    if name.value not in ran.typed.names.rules:
        raise cannot_expect(
            name.span,
            f"there is no rule `{name.value}`",
            "no file has this id",
            did_you_mean(name.value, ran.typed.names.rules),
        )
    return name.value


def standing_of(rule_id: str, ran: Ran) -> str:
    """What became of a rule for each account, in words."""
    said = [
        f"{standing.status} for {policy.account.id}"
        + (f" through {standing.by.rule_id} at {standing.by.authority}" if standing.by else "")
        for _, policy in ran.merged
        for standing in policy.standings
        if standing.statement.rule_id == rule_id
    ]
    return ", ".join(dict.fromkeys(said)) or "it reaches no account of this test"
