"""Two answers for the same households side by side: trades, dollars, tax, tracking error."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from policydsl.rebalance import Outcome, totals
from policydsl.tables import dollars, percent, table

Pairs = Sequence[tuple[Outcome, Outcome]]


def compared_document(pairs: Pairs) -> dict[str, object]:
    """The totals before and after, and what changes in each household."""
    return {
        "before": totals([old.document for old, _ in pairs]),
        "after": totals([new.document for _, new in pairs]),
        "households": [_changes(old, new) for old, new in pairs],
    }


def compared_table(pairs: Pairs) -> str:
    """A line a household; below them all households together."""
    rows = [_row(old, new) for old, new in pairs]
    if len(pairs) > 1:
        sides = [[pair[side] for pair in pairs] for side in (0, 1)]
        changed = sum(len(changed_trades(old, new)) for old, new in pairs)
        rows.append(_together(sides[0], sides[1], changed))
    header = ("household", "trades", "changed", "turnover", "tax", "tracking error", "status")
    return table(header, rows, "lrrrrrl")


def changed_trades(old: Outcome, new: Outcome) -> list[str]:
    """Ids of the orders that are not the same."""
    before, after = _amounts(old), _amounts(new)
    return sorted(
        name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
    )


def trades_table(old: Outcome, new: Outcome, most: int = 20) -> str:
    """The orders that change, the largest changes first; empty where none does."""
    before, after = _amounts(old), _amounts(new)
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


def _amounts(outcome: Outcome) -> dict[str, Decimal]:
    return {trade.trade_id: trade.amount for trade in outcome.trades}


def _changes(old: Outcome, new: Outcome) -> dict[str, object]:
    before, after = _amounts(old), _amounts(new)
    return {
        "household_id": new.proposal.household.id,
        "status": [old.proposal.status.value, new.proposal.status.value],
        "turnover": [str(_turnover(old)), str(_turnover(new))],
        "tax": [str(_tax(old)), str(_tax(new))],
        "tracking_error": [_error(old), _error(new)],
        "trades": [
            {"trade_id": n, "before": str(before.get(n, 0)), "after": str(after.get(n, 0))}
            for n in changed_trades(old, new)
        ],
    }


def _turnover(outcome: Outcome) -> Decimal:
    """Dollars sold."""
    return Decimal(str(totals([outcome.document])["sold"]))


def _tax(outcome: Outcome) -> Decimal:
    return Decimal(str(totals([outcome.document])["tax_change"]))


def _error(outcome: Outcome) -> float | None:
    error = outcome.document.get("tracking_error")
    return None if error is None else error["after"]


def _row(old: Outcome, new: Outcome) -> tuple[str, ...]:
    return (
        new.proposal.household.id,
        f"{len(old.trades)} > {len(new.trades)}",
        str(len(changed_trades(old, new))),
        f"{dollars(_turnover(old))} > {dollars(_turnover(new))}",
        f"{dollars(_tax(old))} > {dollars(_tax(new))}",
        f"{percent(_error(old))} > {percent(_error(new))}",
        f"{old.proposal.status.value} > {new.proposal.status.value}",
    )


def _together(old: Sequence[Outcome], new: Sequence[Outcome], changed: int) -> tuple[str, ...]:
    before, after = (totals([each.document for each in side]) for side in (old, new))
    return (
        "all",
        f"{before['trades']} > {after['trades']}",
        str(changed),
        f"{dollars(before['sold'])} > {dollars(after['sold'])}",
        f"{dollars(before['tax_change'])} > {dollars(after['tax_change'])}",
        "",
        "",
    )
