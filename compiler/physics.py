"""The physics of a household: holdings, lots, cash, tax and risk, apart from any policy.

All quantities of the model are in basis points of the household's value (`unit` dollars each):
fractions lose hundredths of a basis point to solver tolerances, dollars ruin the scaling.
Statements add their Blocks through `Physics`; what they cannot say in linear rows (squares, modes,
broken limits) is registered here, beside the Pyomo model, for the solver.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import pyomo.environ as pyo

from compiler.assumptions import Assumptions
from compiler.exposure import Exposure, GroupOf, Through, shares
from compiler.statements import HouseholdPolicy, InForce
from compiler.target import published, target
from portfolio.flows import due_before_settlement
from portfolio.holding import is_long_term
from portfolio.household import Account, Household, Lot, Security
from portfolio.lookthrough import look_through

BP = 10_000.0
TIE_BREAK = 1e-9  # on an active weight whose risk lies in another column; in bp: nothing
LEAST_GAIN = 0.05  # dollars: below this, rounding to cents can turn a gain into a loss


@dataclass(slots=True)
class Position:
    """One security in one tradable account: what may be sold of it, lot by lot, and bought.

    Amounts are basis points of household value. `smallest_sale` and `smallest_purchase` are what
    trade minimums ask of the order; a sale below its minimum must close the position.
    """

    account_id: str
    security_id: str
    lots: tuple[Lot, ...]
    sells: tuple[Any, ...]
    buy: Any | None
    sold: Any | None
    bought: Any | None
    active: Any
    held: float
    target: float
    smallest_sale: float = 0.0
    smallest_purchase: float = 0.0


@dataclass(frozen=True, slots=True)
class Square:
    """`weight` x `column`^2 in the objective (basis points of value)."""

    column: Any
    weight: float
    account_id: str


@dataclass(frozen=True, slots=True)
class Region:
    """One linear piece of the tax function of an entity, switched on by `chosen`."""

    name: str
    chosen: Any
    short: Any
    long: Any


@dataclass(frozen=True, slots=True)
class TaxFunction:
    """Net short and long of one entity after this run, and its tax as pieces of which one holds."""

    entity_id: str
    regions: tuple[Region, ...]
    tax: Any
    before: float


@dataclass(frozen=True, slots=True)
class LossSale:
    """Losses of a wash group that may be taken together: if `taken`, `exits` are sold whole."""

    taken: Any
    sells: tuple[Any, ...]
    exits: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class WashGroup:
    """Sales at a loss and purchases of one wash group exclude each other within the run."""

    group: str
    sales: tuple[LossSale, ...]
    bought: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Cure:
    """The dollars (bp) by which a limit broken today is still broken after the run."""

    excess: Any
    key: str
    where: str
    before: float


@dataclass(slots=True)
class Physics:
    """The model under construction and what the solver needs to know beside it."""

    household: Household
    policy: HouseholdPolicy
    assumptions: Mapping[str, Assumptions]
    model: pyo.ConcreteModel
    unit: float
    accounts: tuple[Account, ...]
    positions: dict[tuple[str, str], Position] = field(default_factory=dict)
    squares: list[Square] = field(default_factory=list)
    taxes: dict[str, TaxFunction] = field(default_factory=dict)
    wash_groups: list[WashGroup] = field(default_factory=list)
    cures: list[Cure] = field(default_factory=list)
    targets: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    models: dict[str, Mapping[str, Decimal]] = field(default_factory=dict)
    gains: dict[str, float] = field(default_factory=dict)
    due: dict[str, Decimal] = field(default_factory=dict)
    reserve: float = 0.0
    improve_broken: bool = False
    not_worse: set[str] = field(default_factory=set)  # rows that leave no room for rounding

    # --- what directives ask ----------------------------------------------------------------------

    def account(self, account_id: str) -> Account:
        return next(a for a in self.household.accounts if a.id == account_id)

    def security(self, security_id: str) -> Security:
        return self.household.securities[security_id]

    def bp(self, dollars: Decimal | float) -> float:
        """Dollars in basis points of household value."""
        return float(dollars) / self.unit

    def value(self, account: Account) -> Decimal:
        """Base of a percent: value before trades at run prices, after today's flows (dollars)."""
        return self.household.value(account) + self.due.get(account.id, Decimal(0))

    def tradable(self, scope: InForce) -> tuple[Account, ...]:
        """The scope's accounts that the model may trade."""
        return tuple(a for a in self.accounts if a.id in scope.accounts)

    def of_account(self, account_id: str) -> list[Position]:
        return [p for (owner, _), p in self.positions.items() if owner == account_id]

    def holding(self, position: Position) -> Any:
        """Closing value of a position (bp), as an expression of trades."""
        bought = position.buy if position.buy is not None else 0.0
        return position.held + bought - pyo.quicksum(position.sells)

    def opening_cash(self, account: Account) -> float:
        return self.bp(account.cash + account.unsettled_cash + self.due.get(account.id, Decimal(0)))

    def closing_cash(self, account: Account) -> Any:
        """Cash after trades, costs and the flows due (bp); a constant where nothing may trade."""
        positions = self.of_account(account.id)
        cost = self.assumptions[account.id].trading_cost if positions else 0.0
        sells = [sell for p in positions for sell in p.sells]
        buys = [p.buy for p in positions if p.buy is not None]
        return (
            self.opening_cash(account)
            + (1.0 - cost) * pyo.quicksum(sells)
            - (1.0 + cost) * pyo.quicksum(buys)
        )

    def exposures(
        self, account: Account, group_of: GroupOf, through: Through
    ) -> dict[str, Exposure]:
        """The account's holdings by group, as expressions of trades where it may trade."""
        positions = {p.security_id: p for p in self.of_account(account.id)}
        fixed: dict[str, float] = {}
        if not positions:
            for lot in account.lots:
                worth = self.bp(lot.shares * self.household.prices[lot.security_id])
                fixed[lot.security_id] = fixed.get(lot.security_id, 0.0) + worth
        found: dict[str, Exposure] = {}
        for name in sorted(fixed.keys() | positions.keys()):
            for group, share in shares(name, group_of, self.household, through).items():
                part = float(share)
                held = (
                    Exposure(0.0, ((part, positions[name]),))
                    if name in positions
                    else Exposure(part * fixed[name], ())
                )
                found[group] = found[group].plus(held) if group in found else held
        return found

    def parts(self, security_id: str) -> Mapping[str, Decimal]:
        """What a security is once seen through, as fractions of it."""
        return look_through({security_id: Decimal(1)}, self.household.constituents)

    def at_loss(self, lot: Lot) -> bool:
        """Whether selling the lot, or part of it, may realise a loss once cents are rounded."""
        worth = float(lot.shares * self.household.prices[lot.security_id])
        return self.gains.get(lot.id, 0.0) * worth < LEAST_GAIN

    def increment(self, account: Account, security_id: str) -> Decimal:
        """Smallest step of an order in shares: whole ones where the account takes no fractions."""
        step = self.security(security_id).share_increment
        return step if account.fractional else max(step, Decimal(1))

    def increment_value(self, account: Account, security_id: str) -> float:
        """One share increment in bp."""
        step = self.increment(account, security_id)
        return self.bp(step * self.household.prices[security_id])

    def upper(
        self,
        block: pyo.Block,
        name: str,
        index: str,
        value: Any,
        before: float,
        bound: float,
        *,
        scope: InForce,
        cured: bool = True,
        tighten: bool = True,
    ) -> None:
        """Add `value <= bound`, less the rounding reserve if `tighten`.

        A bound broken today may not get worse, and is cured as fast as the other hard rules allow,
        or (`cured` false) as its transition says.
        """
        rows = _rows(block, name)
        reserve = self.reserve if tighten else 0.0
        if before <= bound:
            rows[index] = value <= max(bound - reserve, before)
            if before > bound - reserve:
                self.not_worse.add(rows[index].name)
            return
        rows[index] = value <= before - (reserve if self.improve_broken else 0.0)
        self.not_worse.add(rows[index].name)
        if not cured:
            return
        if block.component("excess") is None:
            block.excess = pyo.Var(pyo.Any, bounds=(0.0, None), dense=False)
            block.cure = pyo.Constraint(pyo.Any)
        key = f"{name} {index}"
        excess = block.excess[key]
        excess.setub(before - bound + reserve)
        block.cure[key] = value - excess <= bound - reserve
        self.cures.append(Cure(excess, scope.statement.key, index, before - bound))

    def lower(
        self,
        block: pyo.Block,
        name: str,
        index: str,
        value: Any,
        before: float,
        bound: float,
        *,
        scope: InForce,
        cured: bool = True,
    ) -> None:
        """Add `value >= bound`, with the same care for a bound broken today."""
        self.upper(block, name, index, -value, -before, -bound, scope=scope, cured=cured)


def _rows(block: pyo.Block, name: str) -> Any:
    if block.component(name) is None:
        block.add_component(name, pyo.Constraint(pyo.Any))
    return block.component(name)


def build_physics(
    household: Household,
    policy: HouseholdPolicy,
    assumptions: Mapping[str, Assumptions],
    reserve: float,
    improve_broken: bool,
) -> Physics:
    """The physics of every account that may trade; the others count at their opening value."""
    accounts = tuple(
        a
        for a in household.accounts
        if not a.held_away and not a.frozen and a.id not in policy.held
    )
    worth = sum((household.value(a) for a in accounts), Decimal(0))
    physics = Physics(
        household=household,
        policy=policy,
        assumptions=assumptions,
        model=pyo.ConcreteModel(name=household.id),
        unit=float(worth) / BP if worth > 0 else 1.0,
        accounts=accounts,
        reserve=reserve,
        improve_broken=improve_broken,
        due=due_before_settlement(household),
    )
    for account in accounts:
        physics.models[account.id] = published(household, account, policy)
        physics.targets[account.id] = target(household, account, policy)
    _add_trades(physics)
    _add_cash(physics)
    _add_risk(physics)
    _add_taxes(physics)
    return physics


def _add_trades(physics: Physics) -> None:
    """sell by lot, buy by security, closing holding against target, and one side a security."""
    m, household = physics.model, physics.household
    names: list[tuple[str, str]] = []
    lots: dict[tuple[str, str, str], Lot] = {}
    for account in physics.accounts:
        held = {lot.security_id for lot in account.lots}
        names += [(account.id, name) for name in sorted(held | set(physics.targets[account.id]))]
        for lot in sorted(account.lots, key=lambda lot: (lot.security_id, lot.id)):
            lots[account.id, lot.security_id, lot.id] = lot
    worth = {
        key: physics.bp(lot.shares * household.prices[lot.security_id]) for key, lot in lots.items()
    }
    room = {a.id: physics.bp(physics.value(a)) for a in physics.accounts}
    buyable = [(a, s) for a, s in names if physics.targets[a].get(s, 0) > 0 and room[a] > 0]
    sellable = list(dict.fromkeys((a, s) for a, s, _ in lots))
    m.sell = pyo.Var(list(lots), bounds=lambda _, *key: (0.0, worth[key]))
    m.buy = pyo.Var(buyable, bounds=lambda _, a, s: (0.0, room[a]))
    m.active_weight = pyo.Var(names)
    m.sold = pyo.Var(sellable, domain=pyo.Binary)
    m.bought = pyo.Var(buyable, domain=pyo.Binary)
    by_name: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for key in lots:
        by_name.setdefault(key[:2], []).append(key)
    for name in names:
        account_id, security_id = name
        keys = by_name.get(name, [])
        weight = float(physics.targets[account_id].get(security_id, Decimal(0)))
        buys = name in m.buy
        physics.positions[name] = Position(
            account_id=account_id,
            security_id=security_id,
            lots=tuple(lots[key] for key in keys),
            sells=tuple(m.sell[key] for key in keys),
            buy=m.buy[name] if buys else None,
            sold=m.sold[name] if keys else None,
            bought=m.bought[name] if buys else None,
            active=m.active_weight[name],
            held=sum(worth[key] for key in keys),
            target=weight * room[account_id],
        )
    m.physics = pyo.Block()
    position = physics.positions
    m.physics.activity = pyo.Constraint(
        names,
        rule=lambda _, *name: (
            m.active_weight[name] - _trade(position[name]) == _drift(position[name])
        ),
    )
    m.physics.selling = pyo.Constraint(
        list(lots), rule=lambda _, a, s, k: m.sell[a, s, k] <= worth[a, s, k] * m.sold[a, s]
    )
    m.physics.buying = pyo.Constraint(
        buyable, rule=lambda _, a, s: m.buy[a, s] <= room[a] * m.bought[a, s]
    )
    both = [name for name in buyable if name in m.sold]
    m.physics.one_side = pyo.Constraint(
        both, rule=lambda _, a, s: m.sold[a, s] + m.bought[a, s] <= 1
    )


def _trade(position: Position) -> Any:
    return (position.buy if position.buy is not None else 0.0) - pyo.quicksum(position.sells)


def _drift(position: Position) -> float:
    return position.held - position.target


def _add_cash(physics: Physics) -> None:
    """No account is overdrawn by its purchases, costs and the flows due."""
    physics.model.physics.no_overdraft = pyo.Constraint(pyo.Any)
    for account in physics.accounts:
        positions = physics.of_account(account.id)
        if any(p.sells or p.buy is not None for p in positions):
            physics.model.physics.no_overdraft[account.id] = (
                physics.closing_cash(account) >= physics.reserve
            )


def _add_risk(physics: Physics) -> None:
    """Active weights after look-through, as columns whose weighted squares are the variance.

    Tracking variance of an account = |B'd|^2 + sum s_i^2 d_i^2 with d the active weights of the
    names behind its holdings and target. A fund spreads its active weight over its constituents.
    Names that trade directly get a column each; the specific variance of those that only funds
    hold is a quadratic form in the funds, brought to a sum of squares by its QR factor.
    """
    m, risk = physics.model, physics.household.risk
    m.factor = pyo.Var(pyo.Any, dense=False)
    m.through = pyo.Var(pyo.Any, dense=False)
    m.residual = pyo.Var(pyo.Any, dense=False)
    m.physics.factor = pyo.Constraint(pyo.Any)
    m.physics.through = pyo.Constraint(pyo.Any)
    m.physics.residual = pyo.Constraint(pyo.Any)
    row_of = {name: i for i, name in enumerate(risk.securities)}
    for account in physics.accounts:
        positions = physics.of_account(account.id)
        if positions:
            _account_risk(physics, account, positions, row_of)


def _account_risk(
    physics: Physics, account: Account, positions: Sequence[Position], row_of: Mapping[str, int]
) -> None:
    parts = {p.security_id: physics.parts(p.security_id) for p in positions}
    active = {p.security_id: p.active for p in positions}
    direct = [name for name in parts if list(parts[name]) == [name]]
    funds = [name for name in parts if name not in set(direct)]
    seen: dict[str, dict[str, float]] = {}
    for fund in funds:
        for under, share in parts[fund].items():
            seen.setdefault(under, {})[fund] = float(share)
    _add_factors(physics, account, active, parts, row_of)
    _add_specific(physics, account, active, direct, seen, row_of)
    beyond = {under: held for under, held in sorted(seen.items()) if under not in set(direct)}
    if beyond:
        _add_residuals(physics, account, {fund: active[fund] for fund in funds}, beyond, row_of)


def _add_factors(
    physics: Physics,
    account: Account,
    active: Mapping[str, Any],
    parts: Mapping[str, Mapping[str, Decimal]],
    row_of: Mapping[str, int],
) -> None:
    """A column for each factor, the account's active exposure to it, and its square."""
    m, risk = physics.model, physics.household.risk
    loadings = np.zeros((len(parts), risk.loadings.shape[1]))
    for i, name in enumerate(parts):
        for under, share in parts[name].items():
            loadings[i] += float(share) * risk.loadings[row_of[under]]
    columns = [active[name] for name in parts]
    for k in range(loadings.shape[1]):
        key = (account.id, k)
        coefficients = [float(x) for x in loadings[:, k]]
        m.physics.factor[key] = m.factor[key] - _linear(coefficients, columns) == 0.0
        physics.squares.append(Square(m.factor[key], risk_scale(physics, account), account.id))


def _add_specific(
    physics: Physics,
    account: Account,
    active: Mapping[str, Any],
    direct: Sequence[str],
    seen: Mapping[str, Mapping[str, float]],
    row_of: Mapping[str, int],
) -> None:
    """The square of each name that trades directly, what funds hold of it added."""
    m, risk = physics.model, physics.household.risk
    for name in direct:
        weight = risk_scale(physics, account) * float(risk.specific[row_of[name]])
        column = active[name]
        if name in seen:
            key = (account.id, name)
            spread = [(share, active[fund]) for fund, share in seen[name].items()]
            m.physics.through[key] = (
                m.through[key] - active[name] - pyo.quicksum(s * c for s, c in spread) == 0.0
            )
            physics.squares.append(Square(column, TIE_BREAK, account.id))
            column = m.through[key]
        physics.squares.append(Square(column, weight, account.id))


def _add_residuals(
    physics: Physics,
    account: Account,
    funds: Mapping[str, Any],
    beyond: Mapping[str, Mapping[str, float]],
    row_of: Mapping[str, int],
) -> None:
    """Squares for the specific variance of names that the account has through funds only."""
    m, risk = physics.model, physics.household.risk
    spread_by_name = np.array(
        [
            [np.sqrt(float(risk.specific[row_of[under]])) * held.get(fund, 0.0) for fund in funds]
            for under, held in beyond.items()
        ]
    )
    for k, row in enumerate(np.linalg.qr(spread_by_name, mode="r")):
        key = (account.id, k)
        coefficients = [float(x) for x in row]
        m.physics.residual[key] = (
            m.residual[key] - _linear(coefficients, list(funds.values())) == 0.0
        )
        physics.squares.append(Square(m.residual[key], risk_scale(physics, account), account.id))


def _linear(coefficients: Sequence[float], columns: Sequence[Any]) -> Any:
    return pyo.quicksum((c * column for c, column in zip(coefficients, columns, strict=True) if c))


def risk_scale(physics: Physics, account: Account) -> float:
    """What multiplies d'Sd (d in bp of household value) to give its cost in bp of household value.

    Cost in dollars is horizon x risk aversion x TE^2 x account value, TE^2 = d'Sd of the account's
    own fractions.
    """
    assumed = physics.assumptions[account.id]
    own = float(physics.value(account)) / physics.unit / BP
    return assumed.horizon * assumed.risk_aversion / (BP * own)


def _add_taxes(physics: Physics) -> None:
    """Net short and long of each tax entity, and the tax by the region of the netting they fall in.

    26 USC 1222 (netting within and across), 1211(b) (limit against ordinary income), 1212(b)
    (carryover with its character). The function is linear in each of five regions.
    """
    m, household = physics.model, physics.household
    m.tax = pyo.Block(pyo.Any)
    for entity_id in sorted(household.tax_entities):
        lots = [
            (position, lot, sell)
            for position in physics.positions.values()
            if physics.account(position.account_id).taxable
            and physics.account(position.account_id).tax_entity_id == entity_id
            for lot, sell in zip(position.lots, position.sells, strict=True)
        ]
        if lots:
            _entity_tax(physics, entity_id, lots)


def gain_fraction(physics: Physics, account_id: str, lot: Lot) -> float:
    """Gain realised a dollar sold, after the cost of selling."""
    worth = lot.shares * physics.household.prices[lot.security_id]
    cost = physics.assumptions[account_id].trading_cost
    return 1.0 - cost - float(lot.basis / worth) if worth else 0.0


def _entity_tax(
    physics: Physics, entity_id: str, lots: Iterable[tuple[Position, Lot, Any]]
) -> None:
    m, entity = physics.model, physics.household.tax_entities[entity_id]
    start = {
        "short": physics.bp(entity.ytd_short - entity.carry_short),
        "long": physics.bp(entity.ytd_long - entity.carry_long),
    }
    low, high = dict(start), dict(start)
    terms: dict[str, list[Any]] = {"short": [], "long": []}
    for position, lot, sell in lots:
        rate = gain_fraction(physics, position.account_id, lot)
        physics.gains[lot.id] = rate
        term = "long" if is_long_term(lot, physics.household.as_of) else "short"
        terms[term].append(rate * sell)
        low[term] += min(0.0, rate * sell.ub)
        high[term] += max(0.0, rate * sell.ub)
    limit = physics.bp(ordinary_offset_limit(entity.filing))
    short, long = float(entity.rate_short), float(entity.rate_long)
    ordinary, carried = float(entity.rate_ordinary), float(entity.rate_carry)
    pieces = {  # name: (rate on short, rate on long, constant, [a short + b long >= c] rows)
        "gains": (short, long, 0.0, [(1, 0, 0.0), (0, 1, 0.0)]),
        "short_loss": (long, long, 0.0, [(-1, 0, 0.0), (1, 1, 0.0)]),
        "long_loss": (short, short, 0.0, [(0, -1, 0.0), (1, 1, 0.0)]),
        "net_loss": (ordinary, ordinary, 0.0, [(-1, -1, 0.0), (1, 1, -limit)]),
        "carried_loss": (carried, carried, limit * (carried - ordinary), [(-1, -1, limit)]),
    }
    possible = {
        name: piece
        for name, piece in pieces.items()
        if all(
            max(a * low["short"], a * high["short"]) + max(b * low["long"], b * high["long"]) >= c
            for a, b, c in piece[3]
        )
    }
    block = m.tax[entity_id]
    block.chosen = pyo.Var(list(possible), domain=pyo.Binary)
    block.short = pyo.Var(list(possible), bounds=(min(low["short"], 0), max(high["short"], 0)))
    block.long = pyo.Var(list(possible), bounds=(min(low["long"], 0), max(high["long"], 0)))
    block.one_region = pyo.Constraint(expr=pyo.quicksum(block.chosen[r] for r in possible) == 1)
    columns = {"short": block.short, "long": block.long}
    block.net = pyo.Constraint(
        list(columns),
        rule=lambda _, t: (
            pyo.quicksum(columns[t][r] for r in possible) - pyo.quicksum(terms[t]) == start[t]
        ),
    )
    block.netting = pyo.Constraint(pyo.Any)
    block.inside = pyo.Constraint(pyo.Any)
    for name, (_, _, _, rows) in possible.items():
        for k, (a, b, c) in enumerate(rows):
            block.netting[name, k] = (
                a * block.short[name] + b * block.long[name] - c * block.chosen[name] >= 0.0
            )
        for term, column in columns.items():
            block.inside[name, term, "high"] = column[name] <= high[term] * block.chosen[name]
            block.inside[name, term, "low"] = column[name] >= low[term] * block.chosen[name]
    tax = pyo.quicksum(
        on_short * block.short[r] + on_long * block.long[r] + constant * block.chosen[r]
        for r, (on_short, on_long, constant, _) in possible.items()
    )
    physics.taxes[entity_id] = TaxFunction(
        entity_id=entity_id,
        regions=tuple(Region(r, block.chosen[r], block.short[r], block.long[r]) for r in possible),
        tax=tax,
        before=_tax_at(pieces, start["short"], start["long"]),
    )


def ordinary_offset_limit(filing: str) -> Decimal:
    """Net capital loss usable against ordinary income a year, dollars (26 USC 1211(b))."""
    return Decimal(1500) if filing == "separate" else Decimal(3000)


def _tax_at(pieces: Mapping[str, Any], short: float, long: float) -> float:
    for on_short, on_long, constant, rows in pieces.values():
        if all(a * short + b * long >= c for a, b, c in rows):
            return float(on_short * short + on_long * long + constant)
    raise AssertionError("the regions of the tax function cover the plane")
