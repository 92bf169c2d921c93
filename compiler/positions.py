"""The physics of a household as built: who may trade, what, and the rows that no policy adds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import chain
from math import inf

from compiler.account_cash import add_cash
from compiler.assumptions import Assumptions
from compiler.instalments import asked_for
from compiler.physics import Physics
from compiler.portfolios import may_trade, portfolios
from compiler.registry import Position
from compiler.risk_columns import BP, add_risk
from compiler.statements import HouseholdPolicy
from compiler.sums import Column, Sum
from compiler.tableau import Key, Rows, Tableau
from compiler.target import softly_banned
from compiler.tax_forms import TaxForm, by_law
from compiler.tax_pieces import add_taxes
from compiler.treated import as_whole, treatments, without_absent
from portfolio.flows import due_before_settlement
from portfolio.household import Household, Lot


def build_physics(
    household: Household,
    policy: HouseholdPolicy,
    assumptions: Mapping[str, Assumptions],
    reserve: float,
    improved: frozenset[str],
    form: TaxForm = by_law,
) -> Physics:
    """The physics of every account that may trade; the others count at their opening value."""
    whole = as_whole(household, policy)
    household = without_absent(whole, treatments(policy, "absent"))
    accounts = tuple(a for a in household.accounts if may_trade(a, policy))
    worth = sum((household.value(a) for a in accounts), Decimal(0))
    physics = Physics(
        household=household,
        policy=policy,
        assumptions=assumptions,
        tableau=Tableau(household.id),
        unit=float(worth) / BP if worth > 0 else 1.0,
        accounts=accounts,
        reserve=reserve,
        improved=improved,
        due=due_before_settlement(household),
        whole=whole,
        portfolios=portfolios(household, policy),
    )
    for portfolio in physics.portfolios:
        for account in portfolio.traded:
            physics.models[account.id] = portfolio.model
            physics.targets[account.id] = portfolio.target
    for account in accounts:
        physics.softly_banned[account.id] = softly_banned(household, account, policy)
        physics.asked_for[account.id] = asked_for(household, account, policy)
    _add_trades(physics)
    add_cash(physics)
    add_risk(physics)
    add_taxes(physics, form)
    return physics


def _add_trades(physics: Physics) -> None:
    """sell by lot, buy by security, closing holding against target, and one side a security."""
    m, prices = physics.tableau, physics.household.prices
    names: list[tuple[str, str]] = []
    meant_for = {a: set(names) for p in physics.portfolios for a, names in p.meant.items()}
    lots: dict[tuple[str, str], list[Lot]] = {}
    for account in physics.accounts:
        held: dict[str, list[Lot]] = {}
        for lot in sorted(account.lots, key=lambda lot: (lot.security_id, lot.id)):
            held.setdefault(lot.security_id, []).append(lot)
        lots |= {(account.id, security_id): of for security_id, of in held.items()}
        meant = meant_for[account.id] | physics.softly_banned[account.id]
        meant |= physics.asked_for[account.id]
        names += [(account.id, name) for name in sorted(held.keys() | meant)]
    worth = [physics.bp(lot.shares * prices[s]) for (_, s), of in lots.items() for lot in of]
    room = {a.id: max(0.0, physics.bp(physics.value(a))) for a in physics.accounts}
    buyable = [
        (a, s)
        for a, s in names
        if room[a] > 0
        and (
            (s in meant_for[a] and physics.targets[a].get(s, 0) > 0)
            or s in physics.softly_banned[a]
            or s in physics.asked_for[a]
        )
    ]
    sales = [(*name, lot.id) for name, of in lots.items() for lot in of]
    rooms = [room[account_id] for account_id, _ in buyable]
    sell = m.columns("sell", sales, [0.0] * len(sales), worth)
    buy = m.columns("buy", buyable, [0.0] * len(buyable), rooms)
    active = m.columns("active_weight", names, [-inf] * len(names), [inf] * len(names))
    sold = dict(zip(lots, m.binaries("sold", list(lots)), strict=True))
    bought = dict(zip(buyable, m.binaries("bought", buyable), strict=True))
    buys = dict(zip(buyable, buy, strict=True))
    targets = _targets(physics, names, set(buyable), room)
    block = m.block("physics")
    activity = block.rows("activity")
    first = 0
    for name, column in zip(names, active, strict=True):
        of = tuple(lots.get(name, ()))
        part = slice(first, first + len(of))
        first = part.stop
        position = physics.positions[name] = Position(
            account_id=name[0],
            security_id=name[1],
            lots=of,
            sells=tuple(sell[part]),
            worth=tuple(worth[part]),
            buy=buys.get(name),
            sold=sold.get(name),
            bought=bought.get(name),
            active=column,
            held=sum(worth[part]),
            target=targets[name],
        )
        activity.exactly(name, _activity(position), position.held - position.target)
    switches = [on for name, on in sold.items() for _ in lots[name]]
    _add_switches(block.rows("selling"), sales, sell, switches, worth)
    _add_switches(block.rows("buying"), buyable, buy, bought.values(), rooms)
    both = [name for name in buyable if name in sold]
    sides = chain.from_iterable((sold[name], bought[name]) for name in both)
    block.rows("one_side").all_at_most(both, list(sides), [1.0, 1.0] * len(both), 1.0)


def _add_switches(
    rows: Rows,
    keys: Sequence[Key],
    trades: Iterable[Column],
    switches: Iterable[Column],
    most: Iterable[float],
) -> None:
    """A trade is nothing unless its binary is on, and then no more than its most (bp)."""
    columns = chain.from_iterable(zip(trades, switches, strict=True))
    coefficients = chain.from_iterable((1.0, -each) for each in most)
    rows.all_at_most(keys, list(columns), list(coefficients), 0.0)


def _targets(
    physics: Physics,
    names: Sequence[tuple[str, str]],
    buyable: set[tuple[str, str]],
    room: Mapping[str, float],
) -> dict[tuple[str, str], float]:
    """The target of each position (bp). Of a joint portfolio only their sum has a meaning; it is
    shared out by the value of the accounts that may buy."""
    found = dict.fromkeys(names, 0.0)
    for portfolio in physics.portfolios:
        own = [name for name in names if name[0] in portfolio.meant]
        if not portfolio.joint:
            for name in own:
                weight = float(portfolio.target.get(name[1], Decimal(0)))
                found[name] = weight * room[name[0]]
            continue
        by_security: dict[str, list[tuple[str, str]]] = {}
        for name in own:
            by_security.setdefault(name[1], []).append(name)
        total = sum(physics.bp(physics.value(a)) for a in (*portfolio.traded, *portfolio.kept))
        for security, positions in by_security.items():
            amount = float(portfolio.target.get(security, 0)) * total
            sharing = [name for name in positions if name in buyable] or positions
            shares = [max(room[account_id], 0.0) for account_id, _ in sharing]
            for name, share in zip(sharing, shares, strict=True):
                found[name] = amount * (share / sum(shares) if sum(shares) else 1 / len(sharing))
    return found


def _activity(position: Position) -> Sum:
    """The active weight less what the trades add: what the position is off its target."""
    coefficients, trades = position.part(-1.0)
    return Sum([1.0, *coefficients], [position.active, *trades])
