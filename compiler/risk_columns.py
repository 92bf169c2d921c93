"""Tracking risk as columns whose weighted squares are the variance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from compiler.portfolios import Portfolio
from compiler.registry import Position, Square
from compiler.sums import Column, Sum

if TYPE_CHECKING:
    from compiler.physics import Physics

BP = 10_000.0
TIE_BREAK = 1e-9  # on an active weight whose risk lies in another column; in bp: nothing
Floats = NDArray[np.float64]


def add_risk(physics: Physics) -> None:
    """Active weights after look-through, as columns whose weighted squares are the variance.

    Tracking variance of a portfolio = |B'd|^2 + sum s_i^2 d_i^2 with d the active weights of the
    names behind its holdings and target. A fund spreads its active weight over its constituents.
    A name that trades directly in one account gets its active weight as the column; one that
    several accounts trade, or that funds hold too, their sum. The specific variance of names that
    only funds hold is a quadratic form in the funds, brought to a sum of squares by its QR factor.
    """
    for portfolio in physics.portfolios:
        risk = _PortfolioRisk(physics, portfolio)
        if risk.positions:
            risk.add()


class _PortfolioRisk:
    """One portfolio: its positions, what a dollar in each account counts, and what it holds or is
    to hold that no position says (bp, by security)."""

    def __init__(self, physics: Physics, portfolio: Portfolio) -> None:
        self.physics, self.portfolio = physics, portfolio
        self.positions = [p for a in portfolio.traded for p in physics.of_account(a.id)]
        self.of_security: dict[str, list[tuple[int, Position]]] = {}
        for place, position in enumerate(self.positions):
            self.of_security.setdefault(position.security_id, []).append((place, position))
        accounts = (*portfolio.traded, *portfolio.kept)
        self.counts = {a.id: counted(physics, portfolio, a.id) for a in accounts}
        self.parts = {
            name: physics.parts(name)
            for name in dict.fromkeys([*(p.security_id for p in self.positions), *self._kept()])
        }
        self.row_of = {name: i for i, name in enumerate(physics.household.risk.securities)}
        self.beside = self._beside() if portfolio.joint else {}
        self.scale = risk_scale(physics, portfolio)

    def _kept(self) -> dict[str, float]:
        """What its kept accounts hold, in what it counts (bp)."""
        held: dict[str, float] = {}
        prices = self.physics.household.prices
        for account in self.portfolio.kept:
            for lot in account.lots:
                worth = self.counts[account.id] * self.physics.bp(
                    lot.shares * prices[lot.security_id]
                )
                held[lot.security_id] = held.get(lot.security_id, 0.0) + worth
        return held

    def _beside(self) -> dict[str, float]:
        """By security: what is kept, less the target, and the targets that positions leave out."""
        found = self._kept()
        total = sum(
            self.counts[a.id] * self.physics.bp(self.physics.value(a))
            for a in (*self.portfolio.traded, *self.portfolio.kept)
        )
        for name, weight in self.portfolio.target.items():
            found[name] = found.get(name, 0.0) - float(weight) * total
        for p in self.positions:
            shared_out = self.counts[p.account_id] * p.target
            found[p.security_id] = found.get(p.security_id, 0.0) + shared_out
        return found

    def add(self) -> None:
        """Columns, rows and squares."""
        direct = dict.fromkeys(name for name, parts in self.parts.items() if list(parts) == [name])
        funds = [name for name in self.parts if name not in direct]
        for position in self.positions:
            position.shared = self.portfolio.joint and position.security_id not in direct
        self._add_factors(list(direct), funds)
        held = {
            fund: dict(zip(self.parts[fund], self._shares(fund), strict=True)) for fund in funds
        }
        for name in direct:
            self._add_name(name, {fund: of[name] for fund, of in held.items() if name in of})
        beyond = sorted(set().union(*held.values()).difference(direct))
        if beyond:
            self._add_residuals(held, beyond)

    def _shares(self, fund: str) -> list[float]:
        """What a fund is in each name behind it, as parts of it."""
        return list(map(float, self.parts[fund].values()))

    def _add_factors(self, direct: Sequence[str], funds: Sequence[str]) -> None:
        """A column for each factor, the active exposure to it, and its square."""
        risk = self.physics.household.risk
        names = list(self.parts)
        place = {name: i for i, name in enumerate(names)}
        loadings = np.zeros((len(names), risk.loadings.shape[1]))
        own = [self.row_of[name] for name in direct]
        loadings[[place[name] for name in direct]] = risk.loadings[own]
        for fund in funds:
            of_names = risk.loadings[[self.row_of[under] for under in self.parts[fund]]]
            seen = np.array(self._shares(fund))
            # One after the other: in which order it is summed shows in the last digit.
            whole = np.cumsum(seen[:, None] * of_names, axis=0)[-1:]
            loadings[place[fund]] = whole.sum(axis=0)
        counts = np.array([self.counts[p.account_id] for p in self.positions])
        exposures = loadings[[place[p.security_id] for p in self.positions]] * counts[:, None]
        active = [p.active for p in self.positions]
        beside = [(i, self.beside[name]) for name, i in place.items() if name in self.beside]
        for k in range(loadings.shape[1]):
            rest = _rounded(sum([float(loadings[i, k]) * weight for i, weight in beside]))
            exposure = Sum(exposures[:, k].tolist(), active)
            self._square(
                self._defined("factor", (self.portfolio.id, k), exposure, rest), self.scale
            )

    def _add_name(self, name: str, funds: Mapping[str, float]) -> None:
        """The square of a name that trades directly, or is kept, with what funds hold of it."""
        risk = self.physics.household.risk
        own = [position for _, position in self.of_security.get(name, ())]
        shares = {name: 1.0, **funds}
        constant = self._beside_of(shares)
        weight = self.scale * float(risk.specific[self.row_of[name]])
        alone = len(own) == 1 and self.counts[own[0].account_id] == 1.0
        if alone and not funds and constant == 0.0:
            self._square(own[0].active, weight)
            return
        key = (own[0].account_id if alone else self.portfolio.id, name)
        through = self._defined("through", key, self._exposure(shares), constant)
        spread = self._spread(funds, constant)
        for position in own:
            position.through, position.spread = through, spread
            position.weight = self.counts[position.account_id]
            self.physics.squares.append(Square(position.active, TIE_BREAK, ties=True))
        self._square(through, weight)

    def _spread(self, funds: Mapping[str, float], constant: float) -> tuple[float, float]:
        """The least and the most that funds add to a name (bp)."""
        low = high = constant
        for p in self.positions:
            if p.security_id in funds:
                share = funds[p.security_id] * self.counts[p.account_id]
                room = 0.0 if p.buy is None else self.physics.tableau.upper[p.buy]
                low -= share * p.target
                high += share * (p.held + room - p.target)
        return low, high

    def _add_residuals(
        self, held: Mapping[str, Mapping[str, float]], beyond: Sequence[str]
    ) -> None:
        """Squares for the specific variance of names that are held through funds only; `held` are
        their parts of each fund."""
        risk = self.physics.household.risk
        parts = np.array([[of.get(under, 0.0) for of in held.values()] for under in beyond])
        deviation = np.sqrt(risk.specific[[self.row_of[under] for under in beyond]])
        for k, row in enumerate(np.linalg.qr(deviation[:, None] * parts, mode="r")):
            shares = dict(zip(held, row.tolist(), strict=True))
            key, rest = (self.portfolio.id, k), self._beside_of(shares)
            self._square(self._defined("residual", key, self._exposure(shares), rest), self.scale)

    def _defined(
        self, name: str, key: tuple[str, str | int], exposure: Sum, beside: float
    ) -> Column:
        """A new column and the row that defines it: what positions add to it, and what is beside
        them."""
        tableau = self.physics.tableau
        column = tableau.column(name, key)
        less = [-each for each in exposure.coefficients]
        definition = Sum([1.0, *less], [column, *exposure.columns])
        tableau.block("physics").rows(name).exactly(key, definition, beside)
        return column

    def _exposure(self, shares: Mapping[str, float]) -> Sum:
        """The active weights of positions times `shares` by security."""
        of = [each for name in shares for each in self.of_security.get(name, ())]
        held = [p for _, p in sorted(of, key=itemgetter(0)) if shares[p.security_id]]
        seen = [shares[p.security_id] * self.counts[p.account_id] for p in held]
        return Sum(seen, [p.active for p in held])

    def _beside_of(self, shares: Mapping[str, float]) -> float:
        """What is beside the positions, times `shares` by security."""
        return _rounded(sum([share * self.beside.get(name, 0.0) for name, share in shares.items()]))

    def _square(self, column: Column, weight: float) -> None:
        self.physics.squares.append(Square(column, weight))


ROUNDING = 1e-9  # bp


def _rounded(amount: float) -> float:
    return amount if abs(amount) > ROUNDING else 0.0


def counted(physics: Physics, portfolio: Portfolio, account_id: str) -> float:
    """What a dollar of an account counts for in a target over several: less what will be taxed when
    it is withdrawn."""
    if portfolio.joint and physics.account(account_id).tax_deferred:
        return 1.0 - physics.assumptions[account_id].retirement_tax
    return 1.0


def risk_scale(physics: Physics, portfolio: Portfolio) -> float:
    """What multiplies d'Sd (d in bp of household value) to give its cost in bp of household value.

    Cost in dollars is horizon x risk aversion x TE^2 x value of the portfolio, TE^2 = d'Sd of the
    portfolio's own fractions. Accounts that price risk differently count by their value. One
    that pays out all it has is measured against nothing.
    """
    values = {a.id: float(physics.value(a)) for a in (*portfolio.traded, *portfolio.kept)}
    total, traded = sum(values.values()), sum(values[a.id] for a in portfolio.traded)
    if total <= 0 or traded <= 0:
        return 0.0
    price = sum(
        values[a.id]
        / traded
        * physics.assumptions[a.id].horizon
        * physics.assumptions[a.id].risk_aversion
        for a in portfolio.traded
    )
    counts = sum(
        counted(physics, portfolio, account_id) * value for account_id, value in values.items()
    )
    return price / (BP * (total / physics.unit / BP)) * (total / counts) ** 2
