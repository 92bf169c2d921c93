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
import pyomo.environ as pyo

from compiler.registry import Limit, Position
from portfolio.household import Account

if TYPE_CHECKING:
    import scipy.sparse as sp

    from compiler.physics import Physics


@dataclass(frozen=True, slots=True)
class RiskLimit:
    """|spread @ active| - excess <= ceiling, bp of household value; `spread` is M'.

    `row` is the row of the first tangent, after which the others are named, `key` the statement.
    `written` says the same with squares, for the file; it is not handed over.
    """

    key: str
    row: str
    active: tuple[Any, ...]
    spread: sp.csr_matrix
    ceiling: float
    excess: Any | None
    written: pyo.Block


@dataclass(frozen=True, slots=True)
class ActiveRisk:
    """The positions of accounts together: today's active weights (bp of household value) and what
    spreads them over factors and names."""

    positions: tuple[Position, ...]
    spread: sp.csr_matrix
    today: np.ndarray[Any, np.dtype[np.float64]]

    @property
    def before(self) -> float:
        """Tracking error before the trades, bp of household value."""
        return float(np.linalg.norm(self.spread @ self.today))

    @property
    def highest(self) -> float:
        """More than the tracking error can come to, whatever is traded (bp)."""
        length = np.sqrt(np.asarray(self.spread.multiply(self.spread).sum(axis=0)).reshape(-1))
        buys = np.array([0.0 if p.buy is None else float(p.buy.ub) for p in self.positions])
        sells = np.array([p.held for p in self.positions])
        furthest = np.maximum(np.abs(self.today + buys), np.abs(self.today - sells))
        return float(length @ np.maximum(furthest, np.abs(self.today)))

    def tangent(self) -> Any:
        """The tangent at today's weights; at none, where every direction is one, at equal ones."""
        at = self.today if self.before > 0.0 else np.ones(len(self.positions))
        coefficients = tangent_at(self.spread, at)
        return pyo.quicksum(
            float(c) * p.active for c, p in zip(coefficients, self.positions, strict=True) if c
        )


def tangent_at(
    spread: sp.csr_matrix, active: np.ndarray[Any, np.dtype[np.float64]]
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The gradient of |spread @ active|; zero where the norm is."""
    exposures = spread @ active
    norm = float(np.linalg.norm(exposures))
    return np.asarray(spread.T @ exposures) / norm if norm > 0.0 else np.zeros(active.size)


def active_risk(physics: Physics, accounts: Sequence[Account]) -> ActiveRisk:
    """What the positions of these accounts, which may trade, come to in factors and names."""
    risk = physics.household.risk
    row_of = {name: i for i, name in enumerate(risk.securities)}
    positions = [p for account in accounts for p in physics.of_account(account.id)]
    shares: dict[tuple[int, int], float] = {}
    for k, position in enumerate(positions):
        for name, share in physics.parts(position.security_id).items():
            shares[row_of[name], k] = float(share)
    rows = sorted({row for row, _ in shares})
    place = {row: i for i, row in enumerate(rows)}
    at = ([place[row] for row, _ in shares], [k for _, k in shares])
    # With Pyomo loaded, SciPy loads all of itself: most of a second, which only models need.
    sparse = import_module("scipy.sparse")
    seen = sparse.csr_matrix((list(shares.values()), at), (len(rows), len(positions)))
    factors = sparse.csr_matrix(risk.loadings[rows].T @ seen.toarray())
    names = sparse.diags_array(np.sqrt(risk.specific[rows])) @ seen
    spread = sparse.csr_matrix(sparse.vstack([factors, names]))
    today = np.array([p.held - p.target for p in positions])
    return ActiveRisk(tuple(positions), spread, today)


def written_out(block: pyo.Block, found: ActiveRisk, limit: Limit) -> None:
    """The limit with its squares, as a person reads it in the written model."""
    ceiling = limit.ceiling + (0.0 if limit.excess is None else limit.excess)
    count = found.spread.shape[0]
    block.exposure = pyo.Var(range(count))
    block.defined = pyo.Constraint(range(count))
    block.limit = pyo.Constraint(
        expr=pyo.quicksum(block.exposure[k] ** 2 for k in range(count)) <= ceiling**2
    )
    for k in range(count):
        span = slice(found.spread.indptr[k], found.spread.indptr[k + 1])
        pairs = zip(found.spread.data[span], found.spread.indices[span], strict=True)
        active = pyo.quicksum(float(c) * found.positions[p].active for c, p in pairs)
        block.defined[k] = block.exposure[k] - active == 0.0
