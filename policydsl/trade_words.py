"""A trade in words: the rules among its causes and one plain sentence.

Everything comes from the trade, its ledger, the positions after it and the policy, so that `verify`
tells it again from the record. Every number in a sentence comes from the ledger or from the trade's
own figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from compiler.alternates import StandIn, stand_ins
from compiler.closing import Closing, Sale
from compiler.portfolios import Portfolio
from compiler.statements import HouseholdPolicy, InForce, Statement
from compiler.target import left_out
from policydsl.location import Elsewhere
from policydsl.long_term import near
from policydsl.wash_causes import washed_part

MATERIAL = 1e-6  # and below this they are no cause
MAIN = 0.15
MOST_A_DOLLAR = 10

TERMS = {  # objective term: (what it says when it asks for the trade, when it resists)
    "risk": ("brings {} target", "more distance from the target"),
    "tax": ("lowers this year's tax", "tax this year"),
    "later tax": ("saves tax later", "tax moved to later years"),
    "cost": ("saves trading cost", "trading cost"),
    "drag": ("lowers income that is taxed every year", "income taxed every year"),
}
BOUNDS = {  # bound: as in TERMS; the others are named as they are
    "no overdraft": ("pays for purchases", "the cash it would take"),
    "payments of the book": ("raises cash for payments", "payments that are due"),
    "lot exhausted": ("no less of the lot", "no more of the lot to sell"),
    "no short position": ("nothing less is possible", "nothing left to sell"),
    "netting region": (
        "keeps to the point where the year's netting changes",
        "the point where the year's netting changes",
    ),
}
PRICED_BY = {  # objective term: the assumptions that price it
    "risk": ("risk aversion",),
    "later tax": ("deferral",),
    "cost": ("trading cost",),
}


@dataclass(frozen=True, slots=True)
class Group:
    """One group of a ledger: dollars per dollar traded, negative where it asks for the trade."""

    kind: str
    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Trade:
    """One order with its reasons. `rules` are the ids among its causes, highest authority first."""

    trade_id: str
    account_id: str
    security_id: str
    side: str
    shares: Decimal
    price: Decimal
    amount: Decimal
    cost: Decimal
    sales: tuple[Sale, ...]
    ledger: tuple[Group, ...]
    rules: tuple[str, ...]
    sentence: str
    elsewhere: tuple[Elsewhere, ...] = ()

    @property
    def gain(self) -> Decimal:
        return sum((sale.gain for sale in self.sales), Decimal(0))


@dataclass(frozen=True)
class Words:
    """What the trades of one closing are told by."""

    closing: Closing
    policy: HouseholdPolicy

    @cached_property
    def statements(self) -> Mapping[str, Statement]:
        """By key."""
        return {scope.statement.key: scope.statement for scope in self.policy.statements}

    def told(self, trade: Trade) -> Trade:
        """The trade with its rules and its sentence."""
        excluded, instead = self._excluded(trade), self._instead(trade)
        sentence = self._motives(trade, excluded, instead)
        limits = [g for g in reversed(trade.ledger) if g.value > 0]
        if limits:
            held = "; ".join(said(g, self.statements, 1) for g in main_groups(limits))
            sentence += f" Held back by {held}."
        sentence += _not_there(trade, self.statements) + _near_long_term(trade, self.closing)
        return replace(trade, rules=self._rules(trade, excluded, instead), sentence=sentence)

    def _motives(self, trade: Trade, excluded: InForce | None, instead: StandIn | None) -> str:
        nearer = closer(self.closing.portfolios, trade.account_id)
        wanted = main_groups([g for g in trade.ledger if g.value < 0])
        motives = [said(g, self.statements, 0, nearer) for g in wanted]
        if excluded is not None:
            motives.insert(0, f"the target leaves it out: {cited(excluded.statement)}")
        if instead is not None:
            motives.insert(0, instead.describe(self.closing.household))
        return f"{headline(trade, self.closing)}: {'; '.join(motives) or 'no motive is material'}."

    def _rules(
        self, trade: Trade, excluded: InForce | None, instead: StandIn | None
    ) -> tuple[str, ...]:
        moving = [excluded] if instead is None else [instead.by, instead.line]
        causes = [scope.statement for scope in moving if scope is not None]
        for group in trade.ledger:
            if abs(group.value) <= MATERIAL:
                continue
            if group.kind == "statements":
                causes.append(self.statements[group.name])
            elif group.kind == "terms" and group.value < 0:
                causes += _priced_by(group.name, trade.account_id, self.policy)
        ordered = sorted(causes, key=lambda s: (s.authority.rank, s.rule_id))
        return tuple(dict.fromkeys(s.rule_id for s in ordered))

    def _excluded(self, trade: Trade) -> InForce | None:
        """The statement for which the target leaves out what is sold."""
        if trade.side == "buy":
            return None
        return self._left_out_of(trade.account_id).get(trade.security_id)

    def _instead(self, trade: Trade) -> StandIn | None:
        """What is bought in the place of something else, and for what."""
        if trade.side == "sell":
            return None
        return self._standing_in(trade.account_id).get(trade.security_id)

    def _left_out_of(self, account_id: str) -> Mapping[str, InForce]:
        if account_id not in self._left_out:
            closing = self.closing
            account, target = closing.account(account_id), closing.targets[account_id]
            self._left_out[account_id] = left_out(closing.household, account, self.policy, target)
        return self._left_out[account_id]

    def _standing_in(self, account_id: str) -> Mapping[str, StandIn]:
        if account_id not in self._stand_ins:
            closing = self.closing
            found = stand_ins(closing.household, closing.account(account_id), self.policy)
            self._stand_ins[account_id] = {name: each for each in found for name in each.brings}
        return self._stand_ins[account_id]

    @cached_property
    def _left_out(self) -> dict[str, Mapping[str, InForce]]:
        return {}

    @cached_property
    def _stand_ins(self) -> dict[str, Mapping[str, StandIn]]:
        return {}


def _not_there(trade: Trade, statements: Mapping[str, Statement]) -> str:
    """Why not in the other accounts of the portfolio."""
    text = ""
    for other in trade.elsewhere:
        if other.barriers:
            bars = [
                cited(statements[b.name]) if b.kind == "statements" else b.name
                for b in other.barriers
            ]
            worth = a_dollar(other.more)
            text += f" Worth {worth} in {other.account_id}, and barred there by {'; '.join(bars)}."
            continue
        dear = [Group(*key, value) for key, value in other.groups if value > 0]
        why = "; ".join(said(group, statements, 1) for group in main_groups(dear))
        text += f" Not in {other.account_id}, {a_dollar(other.more)} dearer: {why}."
    return text


def _near_long_term(trade: Trade, closing: Closing) -> str:
    """What waiting would do to lots that are sold shortly before they turn long-term."""
    told = (turns for turns in near(closing, trade.sales) if turns.matters)
    return "".join(f" Lot {turns.lot_id} is {turns.sentence()}." for turns in told)


def _priced_by(term: str, account_id: str, policy: HouseholdPolicy) -> Iterable[Statement]:
    names = PRICED_BY.get(term, ())
    for scope in policy.statements:
        chosen = scope.directive.kind == "assumption" and scope.directive.slot[1] in names
        model = term == "risk" and scope.directive.kind == "model"
        if (chosen or model) and account_id in scope.accounts:
            yield scope.statement


def main_groups(groups: list[Group]) -> list[Group]:
    """At most three, each a fair part of the whole."""
    total = sum(abs(group.value) for group in groups)
    return [group for group in groups if abs(group.value) >= MAIN * total][:3]


ALONE, TOGETHER = "the account closer to its", "the accounts together closer to their"


def closer(portfolios: Iterable[Portfolio], account_id: str) -> str:
    """What less risk brings closer to a target: the account, or those that it has one with."""
    return TOGETHER if any(p.joint and account_id in p.meant for p in portfolios) else ALONE


def said(
    group: Group, statements: Mapping[str, Statement], resisting: int, nearer: str = ALONE
) -> str:
    """A group in words with its size in cents a dollar; `nearer` says what risk brings closer."""
    cents = a_dollar(group.value)
    if group.kind == "terms":
        return f"{TERMS[group.name][resisting].format(nearer)} ({cents})"
    if group.kind == "statements":
        statement = statements[group.name]
        asks = "required by" if statement.directive.kind == "restriction" else "asked for by"
        return f"{'' if resisting else f'{asks} '}{cited(statement)} ({cents})"
    return f"{bound_words(group.name, resisting)} ({cents})"


def a_dollar(value: float) -> str:
    """What a dollar traded costs or is worth, without a sign. More than `MOST_A_DOLLAR` is nothing
    that money is worth: limits to be cured and soft rules come before the objective."""
    if abs(value) > MOST_A_DOLLAR:
        return f"more than ${MOST_A_DOLLAR} a dollar"
    return f"{abs(value) * 100:.2f}¢ a dollar"


def bound_words(name: str, resisting: int) -> str:
    """A bound of no rule as an advisor would say it."""
    return BOUNDS.get(name, (name, name))[resisting]


def cited(statement: Statement) -> str:
    """A statement in its own words with rule id, file and line."""
    place = f"{statement.rule_id}, {statement.path}:{statement.line}"
    return f"{statement.directive.sentence()} [{place}]"


def headline(trade: Trade, closing: Closing) -> str:
    """What is done, with its dollars and what it gains."""
    ticker = closing.household.securities[trade.security_id].ticker
    verb = "Buy" if trade.side == "buy" else "Sell"
    text = f"{verb} {trade.shares.normalize():f} {ticker} for ${trade.amount:,.2f}"
    if trade.sales and closing.account(trade.account_id).taxable:
        word = "gain" if trade.gain >= 0 else "loss"
        text += f" at a {word} of ${abs(trade.gain):,.2f}"
        washed = washed_part(closing, trade.sales)
        text += f" ({washed})" if washed else ""
    return text
