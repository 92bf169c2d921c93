"""What a run comes to, over all its households."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal

from compiler.closing import cents
from policydsl.document import Document, plain
from policydsl.propose import Status
from portfolio.household import TAXABLE

DOLLARS = (
    *("sold", "bought", "cost", "gain_short", "gain_long"),
    *("disallowed", "tax_change", "tax_cost_change"),
)
"""The totals of a run that are sums of dollars."""


def totals(documents: Iterable[Document]) -> dict[str, object]:
    """What a run comes to: households by status, trades, dollars bought and sold, gains, tax."""
    statuses: Counter[str] = Counter()
    counts = dict.fromkeys(("trades", "gave_way", "awaiting_approval"), 0)
    dollars = dict.fromkeys(DOLLARS, Decimal(0))
    for document in documents:
        statuses[document["status"]] += 1
        counts["trades"] += len(document.get("trades", ()))
        counts["gave_way"] += bool(document.get("gives_way"))
        counts["awaiting_approval"] += bool(document.get("approvals"))
        for name, amount in _dollars(document):
            dollars[name] += amount
    return {
        "households": statuses.total(),
        "status": {status.value: statuses.get(status.value, 0) for status in Status},
        **counts,
        **{name: plain(cents(amount)) for name, amount in dollars.items()},
    }


def _dollars(document: Document) -> Iterator[tuple[str, Decimal]]:
    """What a household adds to the totals in dollars."""
    taxable = {a["account_id"] for a in document.get("accounts", ()) if a["type"] in TAXABLE}
    for trade in document.get("trades", ()):
        yield "sold" if trade["lots"] else "bought", Decimal(trade["amount"])
        yield "cost", Decimal(trade["cost"])
        for lot in trade["lots"] if trade["account_id"] in taxable else ():
            yield f"gain_{lot['term']}", Decimal(lot["realized_gain"])
    for year in document.get("tax", {}).values():
        yield "disallowed", Decimal(year["disallowed_run"])
        yield "tax_change", Decimal(year["tax_after"]) - Decimal(year["tax_before"])
        yield "tax_cost_change", Decimal(year["cost_after"]) - Decimal(year["cost_before"])
