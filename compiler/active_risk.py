"""Tracking error of accounts as a norm: |M'd| of the active weights d of their positions.

With B the factor loadings and S the specific variances of the names behind each position, the
variance d'(BB' + S)d is |M'd|^2, M = (B, S^1/2), funds looked through. The norm is convex: at any
point its tangent g'd <= |M'd|, g = M M'd0 / |M'd0|, is a linear row that cuts nothing allowed away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from compiler.registry import Position
from compiler.sums import Column, Sum
from portfolio.household import Account

ROUNDING = 1e-9  # bp

if TYPE_CHECKING:
    import scipy.sparse as sp

    from compiler.physics import Physics


@dataclass(frozen=True, slots=True)
class RiskLimit:
    """|spread @ active| - excess <= ceiling, bp of household value; `spread` is M'.

    `row` is the row of the first tangent, after which the others are named, `key` the statement.
    `spare` is the room for rounding that the ceiling leaves inside the rule's own (bp), None where
    it is the rule's.
    """

    key: str
    row: str
    active: tuple[Column, ...]
    spread: sp.csr_matrix
    ceiling: float
    excess: Column | None
    spare: float | None


@dataclass(frozen=True, slots=True)
class ActiveRisk:
    """The positions of accounts together: today's active weights (bp of household value) and what
    spreads them over factors and names. Where accounts hold or are to hold what no position
    accounts for, the last column is that, its weight being one; it is no position."""

    positions: tuple[Position, ...]
    spread: sp.csr_matrix
    today: np.ndarray[Any, np.dtype[np.float64]]

    @property
    def beside(self) -> bool:
        """Whether there is more than the positions."""
        return self.today.size > len(self.positions)

    @property
    def before(self) -> float:
        """Tracking error before the trades, bp of household value."""
        return float(np.linalg.norm(self.spread @ self.today))

    def highest(self, upper: Sequence[float]) -> float:
        """More than the tracking error can come to, whatever is traded (bp), with these upper ends
        of columns."""
        length = np.sqrt(np.asarray(self.spread.multiply(self.spread).sum(axis=0)).reshape(-1))
        buys, sells = np.zeros(self.today.size), np.zeros(self.today.size)
        count = len(self.positions)
        buys[:count] = [0.0 if p.buy is None else upper[p.buy] for p in self.positions]
        sells[:count] = [p.held for p in self.positions]
        furthest = np.maximum(np.abs(self.today + buys), np.abs(self.today - sells))
        return float(length @ np.maximum(furthest, np.abs(self.today)))

    def tangent(self, active: Sequence[Column]) -> Sum:
        """The tangent at today's weights; at none, where every direction is one, at equal ones."""
        at = self.today if self.before > 0.0 else np.ones(self.today.size)
        return Sum(tangent_at(self.spread, at).tolist(), active)


def tangent_at(
    spread: sp.csr_matrix, active: np.ndarray[Any, np.dtype[np.float64]]
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The gradient of |spread @ active|; zero where the norm is."""
    exposures = spread @ active
    norm = float(np.linalg.norm(exposures))
    return np.asarray(spread.T @ exposures) / norm if norm > 0.0 else np.zeros(active.size)


def active_risk(physics: Physics, accounts: Sequence[Account]) -> ActiveRisk:
    """What the positions of these accounts, and what else they hold, come to in factors and
    names."""
    risk = physics.household.risk
    row_of = {name: i for i, name in enumerate(risk.securities)}
    positions = [p for account in accounts for p in physics.of_account(account.id)]
    shares: dict[tuple[int, int], float] = {}
    for k, position in enumerate(positions):
        for name, share in physics.parts(position.security_id).items():
            shares[row_of[name], k] = float(share)
    beside = _beside(physics, accounts, positions)
    for security_id, weight in beside.items():
        for name, share in physics.parts(security_id).items():
            key = row_of[name], len(positions)
            shares[key] = shares.get(key, 0.0) + weight * float(share)
    rows = sorted({row for row, _ in shares})
    place = {row: i for i, row in enumerate(rows)}
    at = ([place[row] for row, _ in shares], [k for _, k in shares])
    # Sparse arrays take a moment to load, and only models need them.
    sparse = import_module("scipy.sparse")
    today = [p.held - p.target for p in positions] + [1.0] * bool(beside)
    seen = sparse.csr_matrix((list(shares.values()), at), (len(rows), len(today)))
    factors = sparse.csr_matrix(risk.loadings[rows].T @ seen.toarray())
    names = sparse.diags_array(np.sqrt(risk.specific[rows])) @ seen
    spread = sparse.csr_matrix(sparse.vstack([factors, names]))
    return ActiveRisk(tuple(positions), spread, np.array(today))


def _beside(
    physics: Physics, accounts: Sequence[Account], positions: Sequence[Position]
) -> dict[str, float]:
    """Active weight by security (bp) of accounts of joint portfolios that no position has: what is
    kept as it is, and where not all accounts of the portfolio are there, what they lack of the
    target that is shared out."""
    ids = {account.id for account in accounts}
    found: dict[str, float] = {}
    for portfolio in physics.portfolios:
        if not portfolio.joint or portfolio.members.isdisjoint(ids):
            continue
        own = [a for a in (*portfolio.traded, *portfolio.kept) if a.id in ids]
        value = sum(physics.bp(physics.value(a)) for a in own)
        for name, weight in portfolio.target.items():
            found[name] = found.get(name, 0.0) - float(weight) * value
        for account in portfolio.kept:
            for lot in account.lots if account.id in ids else ():
                worth = physics.bp(lot.shares * physics.household.prices[lot.security_id])
                found[lot.security_id] = found.get(lot.security_id, 0.0) + worth
        for position in positions:
            if position.account_id in portfolio.meant:
                name = position.security_id
                found[name] = found.get(name, 0.0) + position.target
    return {name: weight for name, weight in sorted(found.items()) if abs(weight) > ROUNDING}
