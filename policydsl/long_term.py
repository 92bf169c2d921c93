"""Lots near long-term: the day a sale of them turns long-term, and what that day is worth.

Dollars are by the netting of the law, on top of the proposed trades: the cost of selling the whole
lot today less that of selling it at today's price on the day, each as tax less the value of losses
carried on. A day in another year nets with that year's losses carried in and nothing else; that
the tax is then paid a year later is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from compiler.assumptions import assumptions_for
from compiler.closing import Closing, Sale, sale_of
from compiler.statements import HouseholdPolicy
from policydsl.held_back import WANTED, Untraded, untraded
from policydsl.propose import Proposal
from portfolio.holding import first_long_day, holding_start
from portfolio.tax import in_year, netting

ZERO = Decimal(0)
NEAR = 92  # days: within a quarter a trade says what waiting would do


@dataclass(frozen=True, slots=True)
class TurnsLong:
    """A sale that is short-term today and long-term from `day` on. `saves` are dollars that waiting
    saves, negative where it costs; `gain` is that of the shares in question."""

    lot_id: str
    day: date
    amount: Decimal
    gain: Decimal
    saves: Decimal

    @property
    def matters(self) -> bool:
        """A gain taxed less, or a loss worth less."""
        return self.saves * self.gain > 0

    def sentence(self) -> str:
        """What waiting does; nothing where it changes no tax."""
        if not self.matters:
            return ""
        part = f"{self.saves / self.gain * 100:.1f}%"
        dollars = f"${abs(self.saves):,.2f}"
        if self.gain > 0:
            return f"long-term from {self.day}: waiting saves {part} of the gain, {dollars}"
        return f"long-term from {self.day}: the loss is then worth {part} of it less, {dollars}"


@dataclass(frozen=True, slots=True)
class Waits:
    """A lot that does not pay to sell today and would, at the same prices, once it is long-term.

    `costs` is what a dollar sold costs today beyond what it brings, `brings` what one brings then.
    """

    account_id: str
    security_id: str
    turns: TurnsLong
    costs: float
    brings: float


def waits_for_long_term(proposal: Proposal) -> tuple[Waits, ...]:
    """Lots whose sale waits for the day and for nothing else, largest saving first."""
    found = []
    for trade in untraded(proposal):
        turns = turning(proposal, trade)
        if turns is None or not turns.matters or turns.gain < 0 or trade.wanted or trade.barriers:
            continue
        then = trade.pull - float(turns.saves / turns.amount)
        if then < WANTED:
            found.append(Waits(trade.account_id, trade.security_id, turns, trade.pull, -then))
    return tuple(sorted(found, key=lambda w: (-w.turns.saves, w.turns.lot_id)))


def turning(proposal: Proposal, trade: Untraded) -> TurnsLong | None:
    """When the lot of a sale that was not made turns long-term, beside the sales that are made."""
    closing = proposal.closing
    if closing is None or trade.side != "sell":
        return None
    return turning_lot(proposal.policy, closing, trade.account_id, trade.lot_id)


def turning_lot(
    policy: HouseholdPolicy, closing: Closing, account_id: str, lot_id: str
) -> TurnsLong | None:
    """When a lot that is not sold turns long-term, and what that is worth; None where there is no
    such lot, or nothing changes."""
    accounts = (a for a in closing.household.accounts if a.id == account_id)
    lot = next((each for a in accounts for each in a.lots if each.id == lot_id), None)
    if lot is None:
        return None
    cost = Decimal(str(assumptions_for(policy, account_id).trading_cost))
    account = closing.account(account_id)
    return _turning(closing, sale_of(closing.household, account, lot, lot.shares, cost), ZERO)


def near(closing: Closing, sales: Iterable[Sale]) -> Iterator[TurnsLong]:
    """The sales that are made although they turn long-term soon, each beside all the others."""
    for turns in turning_long(closing, sales):
        if (turns.day - closing.household.as_of).days <= NEAR:
            yield turns


def turning_long(closing: Closing, sales: Iterable[Sale]) -> Iterator[TurnsLong]:
    """When each short-term sale that is made would have turned long-term, beside all others."""
    for sale in sales:
        turns = _turning(closing, sale, closing.recognised(sale))
        if turns is not None:
            yield turns


def _turning(closing: Closing, sale: Sale, counted: Decimal) -> TurnsLong | None:
    """`counted` of the gain is among what the closing realises."""
    account = closing.account(sale.account_id)
    if sale.long_term or not account.taxable or not sale.amount:
        return None
    day = first_long_day(holding_start(sale.lot))
    entity = closing.household.tax_entities[account.tax_entity_id]
    short, long = closing.realized(entity.id, after=True)
    short -= counted
    without = netting(entity, short, long).cost
    today = netting(entity, short + sale.gain, long).cost - without
    if day.year == closing.household.as_of.year:
        then = netting(entity, short, long + sale.gain).cost - without
    else:
        ended = replace(entity, ytd_short=short, ytd_long=long)
        entity = in_year(ended, day.year - closing.household.as_of.year)
        then = netting(entity, ZERO, sale.gain).cost - netting(entity, ZERO, ZERO).cost
    return TurnsLong(sale.lot.id, day, sale.amount, sale.gain, today - then)
