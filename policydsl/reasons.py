"""Why each trade: its ledger with names, the rules among its causes, and one plain sentence.

Every number in a sentence comes from the ledger or from the trade's own figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from compiler.alternates import StandIn, stand_ins
from compiler.closing import Closing, Purchase, Sale
from compiler.statements import InForce, Statement
from compiler.target import left_out
from policydsl.location import Elsewhere, elsewhere
from policydsl.long_term import near
from policydsl.propose import Proposal
from policydsl.wash_causes import washed_part
from solver.ledger import BINDING
from solver.solve import Solution

RECORDED = 1e-9  # dollars a dollar: smaller groups are not part of a ledger
MATERIAL = 1e-6  # and below this they are no cause
MAIN = 0.15

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


def explained_trades(proposal: Proposal) -> tuple[Trade, ...]:
    """The proposal's orders by account, security and side, each with its ledger and sentence."""
    closing, solution = proposal.closing, proposal.solution
    if closing is None or solution is None:
        return ()
    orders: dict[tuple[str, str, str], list[Sale | Purchase]] = {}
    for sale in closing.sales:
        orders.setdefault((sale.account_id, sale.security_id, "sell"), []).append(sale)
    for buy in closing.purchases:
        orders.setdefault((buy.account_id, buy.security_id, "buy"), []).append(buy)
    column_of = _columns(proposal)
    excluded: dict[str, Mapping[str, InForce]] = {}
    for account_id, _, side in orders:
        if side == "sell" and account_id not in excluded:
            account = closing.account(account_id)
            target = closing.targets[account_id]
            excluded[account_id] = left_out(closing.household, account, proposal.policy, target)
    instead = _alternates(proposal, closing, {key[0] for key in orders if key[2] == "buy"})
    return tuple(
        _trade(proposal, closing, key, rows, column_of, excluded, instead)
        for key, rows in sorted(orders.items())
    )


def _columns(proposal: Proposal) -> dict[tuple[str, ...], int]:
    """(account, security, lot) of a sale and (account, security) of a purchase to columns."""
    assert proposal.compiled is not None
    assert proposal.solution is not None
    program = proposal.solution.program
    found: dict[tuple[str, ...], int] = {}
    for key, position in proposal.compiled.physics.positions.items():
        for lot, sell in zip(position.lots, position.sells, strict=True):
            found[(*key, lot.id)] = program.column(sell)
        if position.buy is not None:
            found[key] = program.column(position.buy)
    return found


def _trade(
    proposal: Proposal,
    closing: Closing,
    key: tuple[str, str, str],
    rows: list[Sale | Purchase],
    column_of: Mapping[tuple[str, ...], int],
    excluded: Mapping[str, Mapping[str, InForce]],
    instead: Mapping[tuple[str, str], StandIn],
) -> Trade:
    account_id, security_id, side = key
    sales = tuple(row for row in rows if isinstance(row, Sale))
    columns = [
        column_of[account_id, security_id, row.lot.id]
        if isinstance(row, Sale)
        else column_of[account_id, security_id]
        for row in rows
    ]
    amount = sum((row.amount for row in rows), Decimal(0))
    shares = [float(row.amount / amount) if amount else 1.0 / len(rows) for row in rows]
    assert proposal.solution is not None
    entries = [proposal.solution.ledger.entry(column) for column in columns]
    ledger = _averaged(entries, shares)
    trade = Trade(
        trade_id=f"{account_id}:{security_id}:{side}",
        account_id=account_id,
        security_id=security_id,
        side=side,
        shares=sum((row.shares for row in rows), Decimal(0)),
        price=closing.household.prices[security_id],
        amount=amount,
        cost=sum((row.cost for row in rows), Decimal(0)),
        sales=sales,
        ledger=ledger,
        rules=(),
        sentence="",
        elsewhere=elsewhere(
            proposal,
            account_id,
            security_id,
            side,
            {(group.kind, group.name): group.value for group in ledger},
        ),
    )
    if side == "sell":
        return _with_words(trade, proposal, excluded[account_id].get(security_id))
    return _with_words(trade, proposal, None, instead.get((account_id, security_id)))


def _alternates(
    proposal: Proposal, closing: Closing, account_ids: Iterable[str]
) -> dict[tuple[str, str], StandIn]:
    """What stands in for something, by account and security."""
    return {
        (account_id, name): each
        for account_id in sorted(account_ids)
        for each in stand_ins(closing.household, closing.account(account_id), proposal.policy)
        for name in each.brings
    }


def _averaged(
    entries: Sequence[Mapping[str, Mapping[str, float]]], shares: Sequence[float]
) -> tuple[Group, ...]:
    """The ledger of an order: the mean over its lots, by dollars."""
    total: dict[tuple[str, str], float] = {}
    for entry, share in zip(entries, shares, strict=True):
        for kind, groups in entry.items():
            for name, value in groups.items():
                total[kind, name] = total.get((kind, name), 0.0) + share * value
    return tuple(
        Group(kind, name, value)
        for (kind, name), value in sorted(total.items(), key=lambda item: (item[1], item[0]))
        if abs(value) > RECORDED
    )


def _with_words(
    trade: Trade, proposal: Proposal, excluded: InForce | None, instead: StandIn | None = None
) -> Trade:
    statements = {s.statement.key: s.statement for s in proposal.policy.statements}
    wanted = [g for g in trade.ledger if g.value < 0]
    resisted = [g for g in reversed(trade.ledger) if g.value > 0]
    moving = [excluded] if instead is None else [instead.by, instead.line]
    causes = [scope.statement for scope in moving if scope is not None]
    for group in trade.ledger:
        if abs(group.value) <= MATERIAL:
            continue
        if group.kind == "statements":
            causes.append(statements[group.name])
        elif group.kind == "terms" and group.value < 0:
            causes += _priced_by(group.name, trade.account_id, proposal)
    ordered = sorted(causes, key=lambda s: (s.authority.rank, s.rule_id))
    rules = tuple(dict.fromkeys(s.rule_id for s in ordered))
    nearer = closer(proposal, trade.account_id)
    motives = [said(g, statements, 0, nearer) for g in main_groups(wanted)]
    if excluded is not None:
        motives.insert(0, f"the target leaves it out: {cited(excluded.statement)}")
    if instead is not None:
        motives.insert(0, instead.describe(proposal.household))
    limits = [said(g, statements, 1) for g in main_groups(resisted)]
    sentence = f"{_headline(trade, proposal)}: {'; '.join(motives) or 'no motive is material'}."
    if limits:
        sentence += f" Held back by {'; '.join(limits)}."
    sentence += _not_there(trade, statements) + _near_long_term(trade, proposal)
    return Trade(
        **{
            name: getattr(trade, name)
            for name in Trade.__slots__
            if name not in ("rules", "sentence")
        },
        rules=rules,
        sentence=sentence,
    )


def _not_there(trade: Trade, statements: Mapping[str, Statement]) -> str:
    """Why not in the other accounts of the portfolio."""
    text = ""
    for other in trade.elsewhere:
        if other.barriers:
            bars = [
                cited(statements[b.name]) if b.kind == "statements" else b.name
                for b in other.barriers
            ]
            worth = f"{-other.more * 100:.2f}¢ a dollar"
            text += f" Worth {worth} in {other.account_id}, and barred there by {'; '.join(bars)}."
            continue
        dear = [Group(*key, value) for key, value in other.groups if value > 0]
        why = "; ".join(said(group, statements, 1) for group in main_groups(dear))
        text += f" Not in {other.account_id}, {other.more * 100:.2f}¢ a dollar dearer: {why}."
    return text


def _near_long_term(trade: Trade, proposal: Proposal) -> str:
    """What waiting would do to lots that are sold shortly before they turn long-term."""
    assert proposal.closing is not None
    told = (turns for turns in near(proposal.closing, trade.sales) if turns.matters)
    return "".join(f" Lot {turns.lot_id} is {turns.sentence()}." for turns in told)


def _priced_by(term: str, account_id: str, proposal: Proposal) -> Iterable[Statement]:
    names = PRICED_BY.get(term, ())
    for scope in proposal.policy.statements:
        chosen = scope.directive.kind == "assumption" and scope.directive.slot[1] in names
        model = term == "risk" and scope.directive.kind == "model"
        if (chosen or model) and account_id in scope.accounts:
            yield scope.statement


def main_groups(groups: list[Group]) -> list[Group]:
    """At most three, each a fair part of the whole."""
    total = sum(abs(group.value) for group in groups)
    return [group for group in groups if abs(group.value) >= MAIN * total][:3]


ALONE, TOGETHER = "the account closer to its", "the accounts together closer to their"


def closer(proposal: Proposal, account_id: str) -> str:
    """What less risk brings closer to a target: the account, or those that it has one with."""
    assert proposal.compiled is not None
    portfolios = proposal.compiled.physics.portfolios
    return TOGETHER if any(p.joint and account_id in p.meant for p in portfolios) else ALONE


def said(
    group: Group, statements: Mapping[str, Statement], resisting: int, nearer: str = ALONE
) -> str:
    """A group in words with its size in cents a dollar; `nearer` says what risk brings closer."""
    cents = f"{abs(group.value) * 100:.2f}¢ a dollar"
    if group.kind == "terms":
        return f"{TERMS[group.name][resisting].format(nearer)} ({cents})"
    if group.kind == "statements":
        statement = statements[group.name]
        asks = "required by" if statement.directive.kind == "restriction" else "asked for by"
        return f"{'' if resisting else f'{asks} '}{cited(statement)} ({cents})"
    return f"{bound_words(group.name, resisting)} ({cents})"


def bound_words(name: str, resisting: int) -> str:
    """A bound of no rule as an advisor would say it."""
    return BOUNDS.get(name, (name, name))[resisting]


def cited(statement: Statement) -> str:
    """A statement in its own words with rule id, file and line."""
    place = f"{statement.rule_id}, {statement.path}:{statement.line}"
    return f"{statement.directive.sentence()} [{place}]"


def _headline(trade: Trade, proposal: Proposal) -> str:
    ticker = proposal.household.securities[trade.security_id].ticker
    verb = "Buy" if trade.side == "buy" else "Sell"
    text = f"{verb} {trade.shares.normalize():f} {ticker} for ${trade.amount:,.2f}"
    if trade.sales and proposal.closing and proposal.closing.account(trade.account_id).taxable:
        word = "gain" if trade.gain >= 0 else "loss"
        text += f" at a {word} of ${abs(trade.gain):,.2f}"
        washed = washed_part(proposal.closing, trade.sales)
        text += f" ({washed})" if washed else ""
    return text


@dataclass(frozen=True, slots=True)
class Binding:
    """A bound of a statement that the trades lean on: dollars saved per dollar of more room."""

    key: str
    rule_id: str
    where: str
    price: float


def bindings(proposal: Proposal) -> tuple[Binding, ...]:
    """What binds the household, dearest first: rows of statements with a price."""
    solution = proposal.solution
    if solution is None:
        return ()
    statements = {s.statement.key: s.statement for s in proposal.policy.statements}
    found: dict[tuple[str, str], float] = {}
    for i in _priced_rows(solution):
        owner = solution.program.owners[i]
        if owner in statements:
            where = solution.program.row_names[i].partition(".")[2] or owner
            where = where.rsplit("'.", 1)[-1]
            key = owner, where
            found[key] = max(found.get(key, 0.0), abs(float(solution.answer.point.row_dual[i])))
    return tuple(
        Binding(key, statements[key].rule_id, where, price)
        for (key, where), price in sorted(found.items(), key=lambda item: (-item[1], item[0]))
    )


def _priced_rows(solution: Solution) -> list[int]:
    return [int(i) for i in np.flatnonzero(np.abs(solution.answer.point.row_dual) > BINDING)]
