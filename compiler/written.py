"""Pyomo's model of a tableau, name for name: the model of record as it is written and read.

Squares of the objective and limits on tracking error, which stand beside the rows on the way to
the solver, are in it as what they are.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression, MonomialTermExpression

from compiler.sums import Sum, total
from compiler.tableau import Block, Key

if TYPE_CHECKING:
    from compiler.active_risk import RiskLimit
    from compiler.model import CompiledModel

Variables = dict[int, Any]
"""Pyomo's variables by the number of their column."""


def pyomo_model(compiled: CompiledModel) -> pyo.ConcreteModel:
    """The whole model with two objectives: `objective`, complete, and `linear`, inactive, which is
    what is handed over with the squares beside it."""
    physics = compiled.physics
    model = pyo.ConcreteModel(name=physics.household.id)
    variables: Variables = {}
    _add_columns(model, physics.tableau, variables)
    _add_rows(model, physics.tableau, variables)
    for key, scope in compiled.statements.items():
        model.component(key).doc = scope.directive.sentence()
    for number, limit in enumerate(physics.risks):
        _add_risk(model, f"squares {number}", limit, variables)
    linear = _expression(total(compiled.linear), variables)
    squares = pyo.quicksum(s.weight * variables[s.column] ** 2 for s in physics.squares)
    model.linear = pyo.Objective(expr=linear)
    model.linear.deactivate()
    model.objective = pyo.Objective(expr=linear + squares)
    return model


def _add_columns(into: Any, block: Block, variables: Variables) -> None:
    """Blocks and variables, the blocks within as well."""
    tableau = block.tableau
    for name, family in block.columns_by_name.items():
        binary = all(tableau.binary[number] for number in family.numbers.values())
        domain = pyo.Binary if binary else pyo.Reals
        keys = list(family.numbers)
        alone = keys == [None]
        found = pyo.Var(domain=domain) if alone else pyo.Var(keys, domain=domain)
        into.add_component(name, found)
        for key, number in family.numbers.items():
            variable = found if alone else found[key]
            variable.setlb(tableau.lower[number])
            variable.setub(tableau.upper[number])
            variables[number] = variable
    for (name, key), inner in block.blocks.items():
        if into.component(name) is None:
            into.add_component(name, pyo.Block() if key is None else pyo.Block(pyo.Any))
        _add_columns(_inner(into, name, key), inner, variables)


def _add_rows(into: Any, block: Block, variables: Variables) -> None:
    for name, rows in block.rows_by_name.items():
        alone = rows.keys == [None]
        found = pyo.Constraint() if alone else pyo.Constraint(pyo.Any)
        into.add_component(name, found)
        first = 0
        for k, key in enumerate(rows.keys):
            part = slice(first, first + rows.sizes[k])
            first = part.stop
            body = _expression(Sum(rows.coefficients[part], rows.columns[part]), variables)
            found[key] = _relation(body, rows.lower[k], rows.upper[k])
    for (name, key), inner in block.blocks.items():
        _add_rows(_inner(into, name, key), inner, variables)


def _relation(body: Any, low: float, high: float) -> Any:
    if low == high:
        return body == high
    return body <= high if low == -inf else body >= low


def _inner(into: Any, name: str, key: Key) -> Any:
    found = into.component(name)
    return found if key is None else found[key]


def _expression(value: Sum, variables: Variables) -> Any:
    terms: list[Any] = [
        MonomialTermExpression((by, variables[column]))
        for by, column in zip(value.coefficients, value.columns, strict=True)
    ]
    return LinearExpression([*terms, value.constant] if value.constant else terms)


def _add_risk(model: Any, name: str, limit: RiskLimit, variables: Variables) -> None:
    """A limit on tracking error with its squares."""
    block = pyo.Block(doc=limit.row)
    model.add_component(name, block)
    spread, count = limit.spread, limit.spread.shape[0]
    excess = 0.0 if limit.excess is None else variables[limit.excess]
    block.exposure = pyo.Var(range(count))
    block.defined = pyo.Constraint(range(count))
    for k in range(count):
        span = slice(spread.indptr[k], spread.indptr[k + 1])
        columns = [limit.active[p] for p in spread.indices[span].tolist()]
        exposure = _expression(Sum(spread.data[span].tolist(), columns), variables)
        block.defined[k] = block.exposure[k] - exposure == 0.0
    block.limit = pyo.Constraint(
        expr=pyo.quicksum(block.exposure[k] ** 2 for k in range(count))
        <= (limit.ceiling + excess) ** 2
    )
