"""Cases of kind `lots`: transactions of a household, and what became of lots, gains and losses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from policydsl.tax_cases.compare import Difference, Found, Row, differences, rows_differ
from policydsl.tax_cases.document import Node
from policydsl.tax_cases.histories import event, setting
from policydsl.tax_cases.words import term
from portfolio.tax.broker import reported_disallowed
from portfolio.tax.dividends import income_year
from portfolio.tax.events import Event, Holder
from portfolio.tax.history import replay
from portfolio.tax.results import ZERO, Given, Match, OpenLot, Outcome, Realised


def run(inputs: Node, policy: Mapping[str, Node], expected: Node) -> Iterator[Difference]:
    """Where the outcome of the transactions is not the one expected."""
    given = setting(inputs, policy)
    rows = inputs.need("transactions").items()
    events = [event(row, given.holders) for row in rows]
    outcome = replay(events, given.holders, given.groups, given.reading)
    tables: dict[str, tuple[Sequence[Row], Sequence[str]]] = {
        "realized": ([_realized(row) for row in outcome.realised], ("sale", "lot")),
        "matches": ([_match(row) for row in outcome.matches], ("sale", "loss_lot", "repl")),
        "events": ([_donation(row) for row in outcome.given], ("id", "lot")),
    }
    for key, node in expected.keys().items():
        if key == "open_lots":
            lots = _open_lots(outcome.open_lots, _tells_used(node))
            yield from rows_differ(node, lots, key, ("lot", "account"))
        elif key in tables:
            yield from rows_differ(node, tables[key][0], key, tables[key][1])
        elif key == "totals":
            yield from differences(node, _totals(outcome, node), key)
        else:
            yield from differences(_only(expected, key), _others(key, rows, events, given.holders))


def _only(expected: Node, key: str) -> Node:
    return Node({key: expected.need(key)}, expected.span, expected.what)


# --- rows ----------------------------------------------------------------------------------------


def _realized(row: Realised) -> Row:
    return {
        "sale": row.sale_id,
        "lot": row.lot_id,
        "account": row.account_id,
        "ticker": row.security_id,
        "date": row.day,
        "shares": row.shares,
        "proceeds": row.proceeds,
        "basis": row.basis,
        "unit_basis": row.basis / row.shares,
        "gain": row.gain,
        "disallowed": row.disallowed,
        "permanent": row.permanent,
        "recognized": row.recognised,
        "acquired": row.acquired,
        "eff_acquired": row.holding_from,
        "term": term(row.long_term),
    }


def _match(row: Match) -> Row:
    return {
        "sale": row.sale_id,
        "loss_lot": row.loss_lot_id,
        "repl": row.replacement_lot_id,
        "shares": row.shares,
        "amount": row.amount,
        "kind": "permanent" if row.permanent else "deferred",
    }


def _donation(row: Given) -> Row:
    return {
        "event": "donate",
        "id": row.event_id,
        "lot": row.lot_id,
        "account": row.account_id,
        "ticker": row.security_id,
        "date": row.day,
        "shares": row.shares,
        "basis": row.basis,
        "term": term(row.long_term),
        "deduction": row.deduction,
    }


def _tells_used(node: Node) -> bool:
    return any("used" in dict(item.value_keys()) for item in node.items())


def _open_lots(lots: Sequence[OpenLot], tell_used: bool) -> list[Row]:
    """One row a lot, adjusted date and basis a share; used shares apart where a case tells them."""
    whole: dict[tuple[object, ...], dict[str, Decimal | str | bool | date | None]] = {}
    for lot in lots:
        used = lot.used if tell_used else None
        unit = (lot.basis / lot.shares).quantize(Decimal("1e-9"))
        key = (lot.lot_id, lot.account_id, lot.holding_from, unit, used)
        row = whole.setdefault(
            key,
            {
                "lot": lot.lot_id,
                "account": lot.account_id,
                "ticker": lot.security_id,
                "acquired": lot.acquired,
                "eff_acquired": lot.holding_from,
                "shares": ZERO,
                "basis": ZERO,
                "unit_basis": unit,
                "used": lot.used,
            },
        )
        for name, value in (("shares", lot.shares), ("basis", lot.basis)):
            before = row[name]
            assert isinstance(before, Decimal)
            row[name] = before + value
    return list(whole.values())


# --- totals and the rest -------------------------------------------------------------------------


def _totals(outcome: Outcome, node: Node) -> Mapping[str, Found]:
    """Sums over all sales, and over those of each year that the case asks for or that has any."""
    found: dict[str, Found] = dict(_sums(outcome.realised, ""))
    years = {str(row.day.year) for row in outcome.realised}
    years |= {key[:4] for key, _ in node.value_keys() if key[:4].isdigit()}
    for year in sorted(years):
        rows = [row for row in outcome.realised if str(row.day.year) == year]
        found |= _sums(rows, f"{year}_")
    return found


def _sums(rows: Sequence[Realised], prefix: str) -> Mapping[str, Decimal]:
    short = [row for row in rows if not row.long_term]
    long = [row for row in rows if row.long_term]
    return {
        f"{prefix}recognized": sum((row.recognised for row in rows), ZERO),
        f"{prefix}disallowed": sum((row.disallowed for row in rows), ZERO),
        f"{prefix}permanent": sum((row.permanent for row in rows), ZERO),
        f"{prefix}gain": sum((row.gain for row in rows), ZERO),
        f"{prefix}proceeds": sum((row.proceeds for row in rows), ZERO),
        f"{prefix}basis": sum((row.basis for row in rows), ZERO),
        f"{prefix}st": sum((row.recognised for row in short), ZERO),
        f"{prefix}lt": sum((row.recognised for row in long), ZERO),
    }


def _others(
    key: str, rows: Sequence[Node], events: Sequence[Event], holders: Mapping[str, Holder]
) -> Mapping[str, Found]:
    """What a case may also expect, worked out only where it does."""
    if key == "broker_box_1g":
        return {key: dict(reported_disallowed(events, holders))}
    if key == "dividend_income_year":
        return {key: _income_year(rows)}
    return {}


def _income_year(rows: Sequence[Node]) -> Found:
    """The year of the reinvested dividends. The schema has no day of declaration: without one, a
    fund's dividend of January counts as declared in the quarter before, as its narratives say."""
    years = set()
    for row in rows:
        if row.need("action").text() == "drip":
            paid, known = row.need("date").day(), row.get("declared")
            declared = date(paid.year - 1, 12, 31) if known is None else known.day()
            years.add(Decimal(income_year(paid, declared, fund=True)))
    return years.pop() if len(years) == 1 else sorted(years)
