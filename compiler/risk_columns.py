"""Tracking risk as columns whose weighted squares are the variance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyomo.environ as pyo

from compiler.registry import Position, Square
from portfolio.household import Account

if TYPE_CHECKING:
    from compiler.physics import Physics

BP = 10_000.0
TIE_BREAK = 1e-9  # on an active weight whose risk lies in another column; in bp: nothing


def add_risk(physics: Physics) -> None:
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
    own fractions. An account that pays out all it has is measured against nothing.
    """
    assumed = physics.assumptions[account.id]
    own = float(physics.value(account)) / physics.unit / BP
    if own <= 0:
        return 0.0
    return assumed.horizon * assumed.risk_aversion / (BP * own)
