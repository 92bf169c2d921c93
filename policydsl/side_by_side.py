"""Two answers for the same households side by side: trades, dollars, tax, tracking error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from policydsl.rebalance import Outcome, documents
from policydsl.tables import dollars, percent, table
from policydsl.totals import totals

Totals = Mapping[str, object]


@dataclass(frozen=True)
class Answer:
    """What is compared of a household: `orders` in dollars by trade id, dollars sold, what its tax
    changes by, its tracking error afterwards."""

    household_id: str
    status: str
    orders: Mapping[str, Decimal]
    turnover: Decimal
    tax: Decimal
    error: float | None


@dataclass(frozen=True)
class SideBySide:
    """The outcomes of two runs of the same households."""

    before: Sequence[Outcome]
    after: Sequence[Outcome]

    @cached_property
    def pairs(self) -> list[tuple[Answer, Answer]]:
        """The two answers of each household."""
        both = zip(self.before, self.after, strict=True)
        return [(_answer(old), _answer(new)) for old, new in both]

    @cached_property
    def together(self) -> tuple[Totals, Totals]:
        """The totals of both runs."""
        return totals(documents(self.before)), totals(documents(self.after))


def _answer(outcome: Outcome) -> Answer:
    document = outcome.document
    own, error = totals([document]), document.get("tracking_error")
    return Answer(
        outcome.household_id,
        outcome.status.value,
        {each["trade_id"]: Decimal(each["amount"]) for each in document.get("trades", ())},
        Decimal(str(own["sold"])),
        Decimal(str(own["tax_change"])),
        None if error is None else error["after"],
    )


def compared_document(sides: SideBySide) -> dict[str, object]:
    """The totals before and after, and what changes in each household."""
    before, after = sides.together
    households = [_changes(old, new) for old, new in sides.pairs]
    return {"before": before, "after": after, "households": households}


def compared_table(sides: SideBySide) -> str:
    """A line a household; below them all households together."""
    rows = [_row(old, new) for old, new in sides.pairs]
    if len(rows) > 1:
        rows.append(_together(sides))
    header = ("household", "trades", "changed", "turnover", "tax", "tracking error", "status")
    return table(header, rows, "lrrrrrl")


def changed_trades(old: Answer, new: Answer) -> list[str]:
    """Ids of the orders that are not the same."""
    before, after = old.orders, new.orders
    return sorted(
        name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
    )


def trades_table(old: Answer, new: Answer, most: int = 20) -> str:
    """The orders that change, the largest changes first; empty where none does."""
    before, after = old.orders, new.orders
    names = sorted(
        changed_trades(old, new),
        key=lambda n: (-abs(after.get(n, Decimal(0)) - before.get(n, Decimal(0))), n),
    )
    rows = [
        (name, dollars(before.get(name, 0)), dollars(after.get(name, 0))) for name in names[:most]
    ]
    if not rows:
        return ""
    rest = f"and {len(names) - most} smaller changes\n" if len(names) > most else ""
    return table(("trade", "before", "after"), rows, "lrr") + rest


def _changes(old: Answer, new: Answer) -> dict[str, object]:
    before, after = old.orders, new.orders
    return {
        "household_id": new.household_id,
        "status": [old.status, new.status],
        "turnover": [str(old.turnover), str(new.turnover)],
        "tax": [str(old.tax), str(new.tax)],
        "tracking_error": [old.error, new.error],
        "trades": [
            {"trade_id": n, "before": str(before.get(n, 0)), "after": str(after.get(n, 0))}
            for n in changed_trades(old, new)
        ],
    }


def _row(old: Answer, new: Answer) -> tuple[str, ...]:
    return (
        new.household_id,
        f"{len(old.orders)} > {len(new.orders)}",
        str(len(changed_trades(old, new))),
        f"{dollars(old.turnover)} > {dollars(new.turnover)}",
        f"{dollars(old.tax)} > {dollars(new.tax)}",
        f"{percent(old.error)} > {percent(new.error)}",
        f"{old.status} > {new.status}",
    )


def _together(sides: SideBySide) -> tuple[str, ...]:
    before, after = sides.together
    return (
        "all",
        f"{before['trades']} > {after['trades']}",
        str(sum(len(changed_trades(old, new)) for old, new in sides.pairs)),
        f"{dollars(before['sold'])} > {dollars(after['sold'])}",
        f"{dollars(before['tax_change'])} > {dollars(after['tax_change'])}",
        "",
        "",
    )
