"""Trades of the same household in two runs: what appears, what vanishes, what is another size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from compiler.closing import Closing, Purchase, Sale
from policydsl.document import Document
from policydsl.measures import RiskMeasure, household_measures
from policydsl.propose import Proposal
from policydsl.tax_document import tax_years

ZERO = Decimal(0)
MEASURES = ("trades", "sold", "bought", "tax", "tracking_error")
"""What answers are measured by: a count, dollars sold, bought and of tax, a fraction a year."""


@dataclass(frozen=True, slots=True)
class Order:
    """One order: shares and dollars, and of a sale the shares of each lot."""

    trade_id: str
    account_id: str
    security_id: str
    side: str
    shares: Decimal
    amount: Decimal
    lots: tuple[tuple[str, Decimal], ...]

    def same(self, other: Order | None) -> bool:
        """Whether it trades the same shares of the same lots, whatever they are worth."""
        return other is not None and (self.shares, self.lots) == (other.shares, other.lots)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was proposed for a household. `measures` are those of MEASURES: tax is what the
    trades add to it, tracking error what is left after them; all zero where nothing was solved."""

    status: str
    findings: tuple[str, ...]
    orders: Mapping[str, Order]
    measures: Mapping[str, Decimal]
    gap: float | None = None

    def unlike(self, other: Answer) -> tuple[str, ...]:
        """Ids of the orders that are not the same in both."""
        ids = sorted(self.orders.keys() | other.orders.keys())
        return tuple(
            each for each in ids if not same_order(self.orders.get(each), other.orders.get(each))
        )


def same_order(one: Order | None, other: Order | None) -> bool:
    """Whether both trade the same, or neither is there."""
    return one is other is None or (one is not None and one.same(other))


@dataclass(frozen=True, slots=True)
class TradeChange:
    """An order that is not the same. `word`: `new`, `gone`, `larger`, `smaller`, `other lots`, or
    `turned` for a new one whose security the account traded the other way."""

    trade_id: str
    word: str
    before: Order | None
    after: Order | None

    @property
    def size(self) -> Decimal:
        """Dollars that it moved by."""
        amounts = (ZERO if each is None else each.amount for each in (self.before, self.after))
        return abs(next(amounts) - next(amounts))


def trade_changes(before: Answer, after: Answer) -> tuple[TradeChange, ...]:
    """Every order that is not the same, the largest change first."""
    changes = []
    for name in after.unlike(before):
        old, new = before.orders.get(name), after.orders.get(name)
        changes.append(TradeChange(name, _word(old, new, before), old, new))
    return tuple(sorted(changes, key=lambda change: (-change.size, change.trade_id)))


def _word(old: Order | None, new: Order | None, before: Answer) -> str:
    if new is None:
        return "gone"
    if old is None:
        opposite = "sell" if new.side == "buy" else "buy"
        turned = f"{new.account_id}:{new.security_id}:{opposite}" in before.orders
        return "turned" if turned else "new"
    if old.shares == new.shares:
        return "other lots"
    return "larger" if new.shares > old.shares else "smaller"


# --- from a document, and from a solve ------------------------------------------------------------


def recorded_answer(document: Document) -> Answer:
    """What a run proposed, from its proposal."""
    orders = [
        Order(
            trade["trade_id"],
            trade["account_id"],
            trade["security_id"],
            trade["side"],
            Decimal(trade["shares"]),
            Decimal(trade["amount"]),
            tuple(sorted((lot["lot_id"], Decimal(lot["shares"])) for lot in trade["lots"])),
        )
        for trade in document.get("trades", ())
    ]
    error = document.get("tracking_error", {}).get("after", 0.0)
    gap = document["gap"]["bp"] if "gap" in document else None
    return _answer(
        document["status"], document["findings"], orders, document.get("tax", {}), error, gap
    )


def solved_answer(proposal: Proposal) -> Answer:
    """What a solve proposes, without its reasons."""
    closing = proposal.closing
    if closing is None:
        return _answer(proposal.status.value, proposal.findings, [], {}, 0.0, None)
    error, _ = household_measures(closing, RiskMeasure(closing.household), after=True)
    return _answer(
        proposal.status.value, proposal.findings, _orders(closing), tax_years(closing), error, None
    )


def _orders(closing: Closing) -> list[Order]:
    parts: dict[tuple[str, str, str], list[Sale | Purchase]] = {}
    for side, trades in (("buy", closing.purchases), ("sell", closing.sales)):
        for each in trades:
            parts.setdefault((each.account_id, each.security_id, side), []).append(each)
    return [
        Order(
            ":".join(key),
            *key,
            sum((each.shares for each in found), ZERO),
            sum((each.amount for each in found), ZERO),
            tuple(sorted((s.lot.id, s.shares) for s in found if isinstance(s, Sale))),
        )
        for key, found in sorted(parts.items())
    ]


def _answer(
    status: str,
    findings: Iterable[str],
    orders: list[Order],
    years: Mapping[str, Mapping[str, str]],
    error: float,
    gap: float | None,
) -> Answer:
    sums = {
        side: sum((each.amount for each in orders if each.side == side), ZERO)
        for side in ("sell", "buy")
    }
    tax = (Decimal(year["tax_after"]) - Decimal(year["tax_before"]) for year in years.values())
    measures = {
        "trades": Decimal(len(orders)),
        "sold": sums["sell"],
        "bought": sums["buy"],
        "tax": sum(tax, ZERO),
        "tracking_error": Decimal(str(error)),
    }
    return Answer(status, tuple(findings), {each.trade_id: each for each in orders}, measures, gap)
