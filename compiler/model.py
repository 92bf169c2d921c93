"""A household and its policy to an optimisation model: one block a statement, physics apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from compiler.assumptions import assumptions_for, with_assumed_values
from compiler.directives.wash_sales import add_blocks, add_wash_rows
from compiler.physics import Physics
from compiler.positions import build_physics
from compiler.schedules import with_schedules
from compiler.statements import HouseholdPolicy, InForce
from compiler.sums import Column, Sum, total
from compiler.tax_forms import TaxForm, by_law
from portfolio.household import Household


@dataclass(frozen=True, slots=True)
class CompiledModel:
    """The tableau, one block a statement, and what stands beside it.

    `statements` maps the name of each statement's block to the statement. `terms` are the linear
    parts of the objective by name (bp of household value); those that a statement prices stand
    under its name in `physics.preferences`, and `physics.squares` are the rest.
    """

    physics: Physics
    statements: dict[str, InForce]
    terms: dict[str, Sum]

    @property
    def linear(self) -> tuple[Sum, ...]:
        """The linear parts of the objective, one after the other."""
        return (*self.terms.values(), *self.physics.preferences.values())


def compile_household(
    household: Household,
    policy: HouseholdPolicy,
    reserve_bp: float = 0.0,
    improved: frozenset[str] = frozenset(),
    still: frozenset[str] = frozenset(),
    form: TaxForm = by_law,
) -> CompiledModel:
    """Compile; `reserve_bp` tightens every policy bound by that much for later rounding.

    A limit broken today may not get worse; those of the statements `improved` (keys) have to get
    better by the reserve, which leaves room for rounding there too. The accounts `still` trade
    nothing. Another `form` of the tax function than the law's is there to measure it by.
    """
    household = with_assumed_values(with_schedules(_in_order(household), policy), policy)
    assumptions = {a.id: assumptions_for(policy, a.id) for a in household.accounts}
    physics = build_physics(household, policy, assumptions, reserve_bp, improved, form)
    statements: dict[str, InForce] = {}
    for scope in policy.statements:
        physics.tableau.block(scope.statement.key)
        statements[scope.statement.key] = scope
    _avoid_wash_sales(physics, statements)
    for key, scope in statements.items():
        scope.directive.build(physics.tableau.block(key), scope, physics.seen_by(scope))
    for position in physics.positions.values():
        for trade in (*position.sells, position.buy) if position.account_id in still else ():
            if trade is not None:
                physics.tableau.upper[trade] = 0.0
    return CompiledModel(physics, statements, _objective_terms(physics))


def _avoid_wash_sales(physics: Physics, statements: dict[str, InForce]) -> None:
    """Rows in the Block of the statement of highest authority that prevents wash sales, or in one
    of the physics: none is proposed without a rule either."""
    rules = [
        (scope.statement.authority.rank, place, key)
        for place, (key, scope) in enumerate(statements.items())
        if scope.directive.kind == "wash sales"
    ]
    if rules:
        block = physics.tableau.block(min(rules)[-1])
    else:
        block = physics.tableau.block("physics").block("wash_sales_avoided")
        add_blocks(block, physics)
    add_wash_rows(block, physics)


def _in_order(household: Household) -> Household:
    """The household with its parts in one order: that of the book's rows must decide nothing, and
    in a sum of floats, and so in the last share, it would."""
    accounts = (
        replace(a, lots=tuple(sorted(a.lots, key=lambda lot: (lot.security_id, lot.id))))
        for a in sorted(household.accounts, key=lambda a: a.id)
    )
    funds = {fund: dict(sorted(inside.items())) for fund, inside in household.constituents.items()}
    return replace(household, accounts=tuple(accounts), constituents=funds)


def _objective_terms(physics: Physics) -> dict[str, Sum]:
    """Linear costs in bp of household value today: tax, tax moved in time, trading, drag."""
    household = physics.household
    later, cost, drag = _Term(), _Term(), _Term()
    for position in physics.positions.values():
        account = physics.account(position.account_id)
        entity = household.tax_entities[account.tax_entity_id]
        assumed = physics.assumptions[account.id]
        trades = position.sells if position.buy is None else (*position.sells, position.buy)
        cost.add([assumed.trading_cost] * len(trades), trades)
        if not account.taxable:
            continue
        rate = float(entity.rate_long) * assumed.present_value_of_deferred_tax
        later.add([-rate * physics.gains[lot.id] for lot in position.lots], position.sells)
        paid = float(physics.security(position.security_id).dividend_yield) * float(
            entity.rate_ordinary
        )
        if paid:
            drag.add(*position.part(assumed.horizon * paid))
    for group in physics.wash_groups:
        for sale in group.sales:
            if sale.way is not None and sale.way.later:
                later.add([-sale.way.later], [sale.taken])
    tax = [function.tax.plus(-function.before) for function in physics.taxes.values()]
    return {"tax": total(tax), "later tax": later, "cost": cost, "drag": drag}


class _Term(Sum):
    """A sum in the making."""

    coefficients: list[float]
    columns: list[Column]

    def __init__(self) -> None:
        super().__init__([], [])

    def add(self, coefficients: Sequence[float], columns: Sequence[Column]) -> None:
        self.coefficients += coefficients
        self.columns += columns
