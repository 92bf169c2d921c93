"""The physics of a household: holdings, lots, cash, tax and risk, apart from any policy.

All quantities of the model are in basis points of the household's value (`unit` dollars each):
fractions lose hundredths of a basis point to solver tolerances, dollars ruin the scaling.
Statements add to their blocks through `Physics`; what they cannot say in linear rows (squares,
modes, broken limits) is registered beside them, for the solver.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from compiler.active_risk import RiskLimit, active_risk
from compiler.assumptions import Assumptions
from compiler.lots import Lots
from compiler.portfolios import Given, Portfolio, with_kept
from compiler.registry import Cure, Limit, Position, Soft, Square, TaxFunction, WashGroup
from compiler.statements import HouseholdPolicy, InForce
from compiler.sums import Column, Sum, plain
from compiler.tableau import Block, Tableau
from compiler.treated import as_seen
from compiler.washing import Losses
from portfolio.flows import set_aside
from portfolio.holding import is_long_term
from portfolio.household import Account, Household, Lot, Security
from portfolio.lookthrough import look_through


@dataclass(slots=True)
class Physics:
    """The model under construction and what the solver needs to know beside it."""

    household: Household
    policy: HouseholdPolicy
    assumptions: Mapping[str, Assumptions]
    tableau: Tableau
    unit: float
    accounts: tuple[Account, ...]
    positions: dict[tuple[str, str], Position] = field(default_factory=dict)
    squares: list[Square] = field(default_factory=list)
    taxes: dict[str, TaxFunction] = field(default_factory=dict)
    losses: dict[str, Losses] = field(default_factory=dict)  # by wash group
    disallowed: dict[tuple[str, str], Column] = field(default_factory=dict)  # by account and term
    wash_groups: list[WashGroup] = field(default_factory=list)
    cures: list[Cure] = field(default_factory=list)
    softs: list[Soft] = field(default_factory=list)
    risks: list[RiskLimit] = field(default_factory=list)
    targets: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    softly_banned: dict[str, set[str]] = field(default_factory=dict)
    asked_for: dict[str, set[str]] = field(default_factory=dict)  # purchases that a rule names
    models: dict[str, Mapping[str, Decimal]] = field(default_factory=dict)
    portfolios: tuple[Portfolio, ...] = ()
    gains: dict[str, float] = field(default_factory=dict)
    """Gain realised a dollar sold of each lot of a taxable account, after the cost of selling."""
    surely_gains: set[str] = field(default_factory=set)
    """Lots of taxable accounts whose sale is at a gain however cents are rounded."""
    due: dict[str, Decimal] = field(default_factory=dict)
    whole: Household | None = None
    preferences: dict[str, Sum] = field(default_factory=dict)  # objective terms by statement
    reserve: float = 0.0
    improved: frozenset[str] = frozenset()
    _cash: dict[str, tuple[list[float], list[Column]]] = field(default_factory=dict)
    _by_id: dict[str, Account] = field(init=False)
    _held: dict[str, dict[str, tuple[Position | None, float]]] = field(init=False)
    _lots: dict[str, Lots] = field(init=False)

    def __post_init__(self) -> None:
        self._by_id = {account.id: account for account in self.household.accounts}
        self._held = {}
        self._lots = {}

    # --- what directives ask ----------------------------------------------------------------------

    def seen_by(self, scope: InForce) -> Physics:
        """The same physics over the lots that a statement counts: absent ones of lower layers are
        there for it, though nothing sells them."""
        if self.whole is None:
            return self
        seen = as_seen(self.whole, self.household, scope)
        if seen is self.household:
            return self
        names = {account.id for account in self.accounts}
        accounts = tuple(account for account in seen.accounts if account.id in names)
        return replace(self, household=seen, accounts=accounts)

    def account(self, account_id: str) -> Account:
        return self._by_id[account_id]

    def lot(self, lot_id: str) -> Lot:
        return next(lot for p in self.positions.values() for lot in p.lots if lot.id == lot_id)

    def term(self, lot: Lot) -> str:
        """Whether a sale of the lot today is `short` or `long`."""
        return "long" if is_long_term(lot, self.household.as_of) else "short"

    def security(self, security_id: str) -> Security:
        return self.household.securities[security_id]

    def bp(self, dollars: Decimal | float) -> float:
        """Dollars in basis points of household value."""
        return float(dollars) / self.unit

    def value(self, account: Account) -> Decimal:
        """Base of a percent: value before trades at run prices, after today's flows (dollars);
        nothing where more is due than there is."""
        value = self.household.value(account) + self.due.get(account.id, Decimal(0))
        return max(value, Decimal(0))

    def reference(self, what: str | None) -> Given:
        """Weights by account of its published `model` or its target, for all that are measured by
        one."""
        return with_kept(self.models if what == "model" else self.targets, self.portfolios)

    def tradable(self, scope: InForce) -> tuple[Account, ...]:
        """The scope's accounts that the model may trade."""
        return tuple(a for a in self.accounts if a.id in scope.accounts)

    def of_account(self, account_id: str) -> list[Position]:
        return [p for (owner, _), p in self.positions.items() if owner == account_id]

    def lots(self, account: Account) -> Lots:
        """The lots of an account that may trade, position by position."""
        if account.id not in self._lots:
            held = [lot for position in self.of_account(account.id) for lot in position.lots]
            self._lots[account.id] = Lots(self.household, account, held)
        return self._lots[account.id]

    def opening_cash(self, account: Account) -> float:
        return self.bp(account.cash + account.unsettled_cash + self.due.get(account.id, Decimal(0)))

    def closing_cash(self, account: Account) -> Sum:
        """Cash after trades, costs and the flows due (bp); a constant where nothing may trade."""
        positions = self.of_account(account.id)
        if account.id not in self._cash:
            cost = self.assumptions[account.id].trading_cost if positions else 0.0
            sells = [sell for p in positions for sell in p.sells]
            buys = [p.buy for p in positions if p.buy is not None]
            coefficients = [1.0 - cost] * len(sells) + [-(1.0 + cost)] * len(buys)
            self._cash[account.id] = coefficients, [*sells, *buys]
        return Sum(*self._cash[account.id], self.opening_cash(account))

    def reserved(self, account: Account) -> float:
        """Cash of the account that is meant for something (bp): no limit on cash counts it."""
        return self.bp(set_aside(self.household).get(account.id, Decimal(0)))

    def holdings(self, account: Account) -> dict[str, tuple[Position | None, float]]:
        """By security, sorted: the account's position, if it may trade, and what it holds in
        lots of no position (bp)."""
        if account.id not in self._held:
            positions = {p.security_id: p for p in self.of_account(account.id)}
            traded = {lot.id for position in positions.values() for lot in position.lots}
            fixed = dict.fromkeys(positions, 0.0)
            for lot in account.lots:
                if lot.id not in traded:
                    worth = self.bp(lot.shares * self.household.prices[lot.security_id])
                    fixed[lot.security_id] = fixed.get(lot.security_id, 0.0) + worth
            held = {name: (positions.get(name), fixed[name]) for name in sorted(fixed)}
            self._held[account.id] = held
        return self._held[account.id]

    def parts(self, security_id: str) -> Mapping[str, Decimal]:
        """What a security is once seen through, as fractions of it."""
        return look_through({security_id: Decimal(1)}, self.household.constituents)

    def at_loss(self, lot: Lot) -> bool:
        """Whether selling the lot, or part of it, may realise a loss once cents are rounded."""
        return lot.id not in self.surely_gains

    def increment(self, account: Account, security_id: str) -> Decimal:
        """Smallest step of an order in shares: whole ones where the account takes no fractions."""
        step = self.security(security_id).share_increment
        return step if account.fractional else max(step, Decimal(1))

    def increment_value(self, account: Account, security_id: str) -> float:
        """One share increment in bp."""
        step = self.increment(account, security_id)
        return self.bp(step * self.household.prices[security_id])

    def closed(self, position: Position) -> Column:
        """The binary that says whether a position is sold whole."""
        if position.closed is None:
            assert position.sold is not None
            key = position.account_id, position.security_id
            closed = position.closed = self.tableau.column("closed", key, binary=True)
            closing = self.tableau.block("physics").rows("closing")
            all_of_it = plain(position.sells).more(closed, -position.held)
            closing.at_least((*key, "whole"), all_of_it, 0.0)
            closing.at_most((*key, "sale"), Sum([1.0, -1.0], [closed, position.sold]), 0.0)
        return position.closed

    def upper(
        self,
        block: Block,
        name: str,
        index: str,
        value: Sum,
        before: float,
        bound: float,
        *,
        scope: InForce,
        cured: bool = True,
        tighten: bool = True,
        asked: float | None = None,
        highest: float | None = None,
    ) -> tuple[Limit, ...]:
        """Add `value <= bound`, less the rounding reserve if `tighten`, and say with which rows.

        A bound broken today may not get worse, and is cured as fast as the other hard rules allow,
        or (`cured` false) not yet, or (`asked`) as far as is due today. A soft one may be broken,
        in its tier. `highest` is the most that `value` can be where its variables do not tell.
        """
        if not value.columns:
            return ()
        rows = block.rows(name)
        reserve = self.reserve if tighten else 0.0
        if before <= bound and scope.statement.soft is None:
            room = max(bound - reserve, before)
            made = rows.at_most(index, value, room)
            if tighten:
                rows.spare[made] = bound - room
            return (Limit(rows, made, room, None),)
        key = f"{name} {index}"
        if asked is None:
            asked = bound if cured else before
        wanted = max(bound, min(asked, before))
        if scope.statement.soft is not None:
            room = max(wanted - reserve, before) if before <= wanted else wanted - reserve
            excess = self._soft_excess(block, key, value, before, room, scope, highest)
            made = rows.at_most(index, value.less(excess), room)
            rows.spare[made] = max(0.0, wanted - room)
            return (Limit(rows, made, room, excess),)
        room = before - (reserve if scope.statement.key in self.improved else 0.0)
        made = rows.at_most(index, value, room)
        rows.spare[made] = before - room
        held = Limit(rows, made, room, None)
        if before <= wanted:
            return (held,)
        excess = block.column("excess", key, 0.0, before - wanted + reserve)
        cures = block.rows("cure")
        cure = cures.at_most(key, value.less(excess), wanted - reserve)
        cures.spare[cure] = reserve
        self.cures.append(Cure(excess, scope.statement.key, index, before - wanted))
        return held, Limit(cures, cure, wanted - reserve, excess)

    def lower(
        self,
        block: Block,
        name: str,
        index: str,
        value: Sum,
        before: float,
        bound: float,
        *,
        scope: InForce,
        cured: bool = True,
        asked: float | None = None,
    ) -> None:
        """Add `value >= bound`, with the same care for a bound broken today."""
        today = None if asked is None else -asked
        self.upper(
            block, name, index, -value, -before, -bound, scope=scope, cured=cured, asked=today
        )

    def bar(
        self, block: Block, name: str, key: tuple[str, ...], trade: Column, scope: InForce
    ) -> None:
        """No such trade; of a soft statement, every dollar of it is a dollar of violation."""
        barred = Sum([1.0], [trade])
        if scope.statement.soft is not None:
            where = f"{name} {' '.join(key)}"
            excess = self._soft_excess(block, where, barred, 0.0, 0.0, scope)
            barred = barred.less(excess)
        block.rows(name).at_most(key, barred, 0.0)

    def shortfall(
        self, block: Block, name: str, key: tuple[str, ...], smallest: float, scope: InForce
    ) -> Column | None:
        """What an order may fall short of `smallest` (bp) for a soft statement; None of a hard."""
        if scope.statement.soft is None:
            return None
        where = f"{name} {' '.join(key)}"
        short = block.column("excess", where, 0.0, smallest)
        self.softs.append(Soft(short, scope.statement.key, where, scope.statement.soft, 0.0))
        return short

    def _soft_excess(
        self,
        block: Block,
        key: str,
        value: Sum,
        before: float,
        bound: float,
        scope: InForce,
        highest: float | None = None,
    ) -> Column:
        """How far a soft statement lets `value` be above `bound`: a column of its tier."""
        assert scope.statement.soft is not None
        if highest is None:
            highest = self.tableau.highest(value)
        excess = block.column("excess", key, 0.0, max(highest - bound, 0.0))
        still = max(before - bound, 0.0)
        self.softs.append(Soft(excess, scope.statement.key, key, scope.statement.soft, still))
        return excess

    def limit_risk(
        self,
        block: Block,
        accounts: Sequence[Account],
        where: str,
        bound: float,
        scope: InForce,
    ) -> None:
        """Keep the tracking error of accounts together at `bound` (bp): a tangent of the norm as a
        row, and the norm beside it for the solver."""
        found = active_risk(self, accounts)
        active = [p.active for p in found.positions]
        if found.beside:
            active.append(self._one(block, where))
        limits = self.upper(
            block,
            "tracking_error",
            where,
            found.tangent(active),
            found.before,
            bound,
            scope=scope,
            highest=found.highest(self.tableau.upper),
        )
        for limit in limits:
            self.risks.append(
                RiskLimit(
                    scope.statement.key,
                    limit.rows.name_of(limit.place),
                    tuple(active),
                    found.spread,
                    limit.ceiling,
                    limit.excess,
                    limit.rows.spare.get(limit.place),
                )
            )

    def _one(self, block: Block, where: str) -> Column:
        """A column that is one: the weight of what is no position."""
        one = block.column("beside", where, 1.0, 1.0)
        block.rows("counted").exactly(where, Sum([1.0], [one]), 1.0)
        return one
