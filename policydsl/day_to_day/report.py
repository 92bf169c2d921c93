"""Two runs compared, for people: what changed, in the order in which it is looked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from policydsl.day_to_day.comparison import Comparison, HouseholdChange
from policydsl.day_to_day.market_changes import FactChange
from policydsl.day_to_day.position_changes import CashChange, PositionChanges
from policydsl.day_to_day.rule_changes import RuleChange
from policydsl.day_to_day.trade_changes import Order
from policydsl.output import counted
from policydsl.report import wrapped
from policydsl.tables import dollars, percent, table

MOST = 8
"""Rows of a table that are shown; the rest are counted."""


def comparison_text(found: Comparison) -> str:
    """Everything that differs, section by section; `nothing differs` where nothing does."""
    if found.same:
        return f"{_head(found)}nothing differs\n"
    sections = [
        _head(found),
        *(_versions(found), _prices(found), _risk(found), _models(found)),
        _facts("facts", found.facts),
        _positions(found.positions),
        _facts("clients", found.clients),
        *(_rules(found), _dates(found), _state(found)),
        _households(found),
        *_orders(found),
    ]
    return "\n".join(section for section in sections if section)


def _head(found: Comparison) -> str:
    a, b = found.a.record, found.b.record
    lines = [
        f"{found.a.folder} > {found.b.folder}: {a['as_of']} > {b['as_of']}, "
        f"{counted(len(found.households), 'household')} of both"
    ]
    for what, named in (("books", "book"), ("policies", "policies")):
        if a[named] != b[named]:
            lines += wrapped("", [f"the {what} differ by name: {a[named]!r} and {b[named]!r}"])
    at = [_commit(run["policies_at"]) for run in (a, b)]
    if at[0] != at[1]:
        lines += wrapped("", [f"policies at {at[0]} > {at[1]}"])
    for word, names in (("second", found.came), ("first", found.went)):
        if names:
            lines += wrapped("", [f"only in the {word} run: {several(names)}"])
    return "\n".join(lines) + "\n"


def _commit(at: Mapping[str, Any] | None) -> str:
    """Where policies stood in git."""
    if at is None:
        return "no commit"
    dirty = f", {counted(len(at['dirty']), 'file')} not as committed" if at["dirty"] else ""
    return f"{at['commit'][:12]}{dirty}"


def several(names: Sequence[str], most: int = 12) -> str:
    """Names with commas between them, the rest counted."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _rest(number: int, what: str = "smaller") -> str:
    return f"and {number} {what}\n" if number > 0 else ""


def _versions(found: Comparison) -> str:
    rows = [(each.name, each.before or "-", each.after or "-") for each in found.versions]
    return table(("version", "before", "after"), rows) if rows else ""


def _prices(found: Comparison) -> str:
    if not found.prices:
        return ""
    rows = [
        (
            each.security_id,
            f"{each.before:,.2f}",
            f"{each.after:,.2f}",
            f"{each.change * 100:+.2f}%",
            dollars(each.worth),
            dollars(each.effect),
        )
        for each in found.prices[:MOST]
    ]
    total = sum((each.effect for each in found.prices), Decimal(0))
    header = (f"price ({len(found.prices)} moved)", "before", "after", "", "held", "effect")
    return (
        table(header, rows, "lrrrrr")
        + _rest(len(found.prices) - len(rows))
        + f"all prices together: {dollars(total)}\n"
    )


def _risk(found: Comparison) -> str:
    if not found.correlations:
        return ""
    rows = [
        (each.security_id, percent(each.before), percent(each.after)) for each in found.risk[:MOST]
    ]
    if not rows:
        return "risk numbers: volatilities are the same, how things move together is not\n"
    header = (f"volatility a year ({len(found.risk)} moved)", "before", "after")
    return table(header, rows, "lrr") + _rest(len(found.risk) - len(rows))


def _models(found: Comparison) -> str:
    lines = []
    for model in found.models:
        state = " is new" if model.came else " is gone" if model.went else ""
        rows = [
            (f"  {each.name}", percent(each.before), percent(each.after))
            for each in model.moved[:MOST]
        ]
        header = (f"model {model.model_id}{state}", "before", "after")
        lines.append(table(header, rows, "lrr") + _rest(len(model.moved) - len(rows)))
    return "\n".join(lines)


def _facts(what: str, changes: Sequence[FactChange]) -> str:
    rows = [
        (f"{each.table} {each.whose}", each.column, each.before or "-", each.after or "-")
        for each in changes[:MOST]
    ]
    header = (f"{what} ({counted(len(changes), 'change')})", "", "before", "after")
    return table(header, rows) + _rest(len(changes) - len(rows), "more") if rows else ""


# --- positions -----------------------------------------------------------------------------------


def _positions(changes: Sequence[PositionChanges]) -> str:
    rows = [_position_row(each) for each in changes if each.any]
    if not rows:
        return ""
    header = (
        *("positions", "lots opened", "closed", "part sold", "restated"),
        *("orders done", "cash, traded", "otherwise"),
    )
    lines = [line for each in changes for line in _position_lines(each)]
    return table(header, rows, "lrrrrrrr") + "".join(f"{line}\n" for line in lines)


def _position_row(each: PositionChanges) -> tuple[str, ...]:
    words = [lot.word for lot in each.lots]
    done = [order.word for order in each.orders if order.proposed]
    cash = (
        sum((cash.traded for cash in each.cash), Decimal(0)),
        sum((cash.otherwise for cash in each.cash), Decimal(0)),
    )
    return (
        each.household_id,
        *(str(words.count(word)) for word in ("opened", "closed", "part sold", "restated")),
        f"{done.count('done')} of {len(done)}",
        *map(dollars, cash),
    )


def _position_lines(each: PositionChanges) -> Iterator[str]:
    for word in ("done in part", "done otherwise", "not proposed"):
        names = [
            f"{order.security_id} in {order.account_id}"
            for order in each.orders
            if order.word == word
        ]
        if names:
            yield from wrapped("", [f"{each.household_id}: {word}: {several(names, 6)}"])
    for row in each.actions:
        yield f"{row['account_id']}: {row['action']} of {row['security_id']} on {row['date']}"
    for word, rows in (("new", each.came), ("gone", each.went)):
        for row in rows:
            kind, often = row.get("kind", "flow"), row.get("recurrence", "")
            yield (
                f"{row['account_id']}: {word} {kind} of {dollars(row['amount'])} "
                f"on {row['date']} {often}".rstrip()
            )
    restated = [lot.lot_id for lot in each.lots if lot.word == "restated"]
    if restated:
        yield from wrapped("", [f"{each.household_id}: restated: lots {several(restated, 6)}"])
    yield from (_cash_line(cash) for cash in each.cash if cash.otherwise)


def _cash_line(cash: CashChange) -> str:
    return (
        f"{cash.account_id}: cash {dollars(cash.before)} > {dollars(cash.after)}, "
        f"{dollars(cash.otherwise)} of it not by trading"
    )


# --- policies ------------------------------------------------------------------------------------


def _rules(found: Comparison) -> str:
    return "".join(f"{line}\n" for each in found.rules for line in _rule_lines(each))


def _rule_lines(each: RuleChange) -> Iterator[str]:
    line = each.line_after or each.line_before
    place = f"{each.part.path}:{line}" if line else each.part.path
    name = f"{each.part.kind} {each.part.name}".rstrip()
    yield f"{name} {each.word} ({place})"
    old, new = ((text or "").splitlines() for text in (each.before, each.after))
    if each.part.kind in ("file", "list") and each.word == "changed":
        old, new = [x for x in old if x not in new], [x for x in new if x not in old]
    for mark, rows, others in (("-", old, new), ("+", new, old)):
        for row in rows:
            if row not in others:
                yield f"  {mark} {row.strip()}"


def _dates(found: Comparison) -> str:
    lines = []
    for each in found.dates:
        what = f"the waiver of {each.rule_id} by {each.layer}" if each.waiver else each.rule_id
        word = f"begins on {each.day}" if each.began else f"ended on {each.day}"
        lines.append(f"{what} {word} ({each.path}:{each.line})\n")
    return "".join(lines)


def _state(found: Comparison) -> str:
    rows = [
        (f"{each.household_id} {each.statement}", each.where, each.before or "-", each.after or "-")
        for each in found.state[:MOST]
    ]
    header = ("outside a rule since", "where", "before", "after")
    return table(header, rows) + _rest(len(found.state) - len(rows), "more") if rows else ""


# --- households ----------------------------------------------------------------------------------


def _households(found: Comparison) -> str:
    changed = [each for each in found.households if not each.same]
    if not changed:
        return "every household is to do the same as before\n"
    header = (
        *("household", "status", "trades", "differ", "sold", "bought", "tax"),
        *("tracking error", "gap bp"),
    )
    same = len(found.households) - len(changed)
    rest = f"{counted(same, 'household')} to do the same as before\n" if same else ""
    return table(header, [_row(each) for each in changed], "llrrrrrrr") + rest


def _row(each: HouseholdChange) -> tuple[str, ...]:
    pairs = [(each.before.measures[name], each.after.measures[name]) for name in ("sold", "bought")]
    tax = each.before.measures["tax"], each.after.measures["tax"]
    statuses = dict.fromkeys((each.before.status, each.after.status))
    return (
        each.household_id,
        " > ".join(statuses),
        f"{len(each.before.orders)} > {len(each.after.orders)}",
        str(len(each.trades)),
        *(f"{dollars(old)} > {dollars(new)}" for old, new in (*pairs, tax)),
        f"{_error(each, 'before')} > {_error(each, 'after')}",
        f"{_gap(each.before.gap)} > {_gap(each.after.gap)}",
    )


def _error(each: HouseholdChange, when: str) -> str:
    answer = each.before if when == "before" else each.after
    return percent(answer.measures["tracking_error"]) if answer.gap is not None else "-"


def _gap(gap: float | None) -> str:
    return "-" if gap is None else f"{gap:.2f}"


FEW = 6
"""Households whose orders are listed without being asked for."""


def _orders(found: Comparison) -> list[str]:
    """The orders that differ, where they are not those of a whole firm."""
    changed = [each for each in found.households if each.trades]
    if len(changed) > FEW:
        return ["name a household with --household for its orders, and for what changed them\n"]
    return [_trades(each) for each in changed]


def _trades(each: HouseholdChange) -> str:
    rows = [
        (change.trade_id, change.word, _order(change.before), _order(change.after))
        for change in each.trades[:MOST]
    ]
    header = (f"{each.household_id}: orders that differ", "", "before", "after")
    return table(header, rows, "llrr") + _rest(len(each.trades) - len(rows))


def _order(order: Order | None) -> str:
    return "-" if order is None else f"{order.shares.normalize():,f} for {dollars(order.amount)}"
