"""Sums of columns, and the rows that they make.

Pyomo's operators build a sum anew at every term, nest it in others and make an object of every
term, and all of it has to be walked to be read. Most rows are plain sums of columns, of which there
are thousands: they are kept as coefficients and columns, which is what a solver is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyomo.environ as pyo
from pyomo.common.sorting import sorted_robust
from pyomo.core.base.constraint import IndexedConstraint
from pyomo.core.expr.numeric_expr import LinearExpression, MonomialTermExpression


class Sum:
    """A sum of columns times coefficients, and a number."""

    __slots__ = ("coefficients", "columns", "constant")

    def __init__(
        self, coefficients: Sequence[float], columns: Sequence[Any], constant: float = 0.0
    ) -> None:
        self.coefficients, self.columns, self.constant = coefficients, columns, constant

    def plus(self, number: float) -> Sum:
        return Sum(self.coefficients, self.columns, self.constant + number)

    def less(self, column: Any) -> Sum:
        """The sum with a column taken off."""
        return self.more(column, -1.0)

    def more(self, column: Any, coefficient: float = 1.0) -> Sum:
        """The sum with a column added."""
        return Sum([*self.coefficients, coefficient], [*self.columns, column], self.constant)

    def __neg__(self) -> Sum:
        return Sum([-each for each in self.coefficients], self.columns, -self.constant)

    @property
    def expression(self) -> Any:
        """The sum as Pyomo has it."""
        return flat(list(map(times, self.coefficients, self.columns)), self.constant)


def total(sums: Iterable[Sum]) -> Sum:
    """The sum of sums, one after the other."""
    coefficients, columns, constant = list[float](), list[Any](), 0.0
    for each in sums:
        coefficients += each.coefficients
        columns += each.columns
        constant += each.constant
    return Sum(coefficients, columns, constant)


def times(coefficient: float, column: Any) -> Any:
    """A column times a number, as a term of a flat sum of Pyomo's."""
    return column if coefficient == 1.0 else MonomialTermExpression((coefficient, column))


def flat(terms: Sequence[Any], constant: float = 0.0) -> Any:
    """The sum of terms and a number, flat as Pyomo has it."""
    return LinearExpression([*terms, constant] if constant else list(terms))


Waiting = tuple[Sum, float | None, float | None]
"""A row that waits, with its lower and its upper end, both only where they are equal."""


class Rows(IndexedConstraint):  # type: ignore[misc]  # Pyomo has no types
    """Constraints of one name by any index. What is added as a sum waits as it is, and becomes a
    constraint of Pyomo's as soon as anybody looks at one: who writes the model, or reads it by
    name, finds nothing else. The hand-over takes what waits as it stands."""

    def __init__(self) -> None:
        self.waiting: dict[Any, Waiting] = {}
        super().__init__(pyo.Any)

    def at_most(self, key: Any, value: Sum, most: float) -> tuple[Rows, Any]:
        """Add `value <= most`; says which row that is."""
        return self._wait(key, value, None, most)

    def at_least(self, key: Any, value: Sum, least: float) -> tuple[Rows, Any]:
        """Add `value >= least`; says which row that is."""
        return self._wait(key, value, least, None)

    def exactly(self, key: Any, value: Sum, amount: float) -> tuple[Rows, Any]:
        """Add `value == amount`; says which row that is."""
        return self._wait(key, value, amount, amount)

    def _wait(
        self, key: Any, value: Sum, low: float | None, high: float | None
    ) -> tuple[Rows, Any]:
        row = value, low, high
        if self.waiting.setdefault(key, row) is not row or key in self.made:
            raise ValueError(f"there is a row {key} already")
        return self, key

    def in_order(self) -> list[tuple[Any, Waiting]]:
        """The rows that wait, in the order in which Pyomo has those of a constraint."""
        return [(key, self.waiting[key]) for key in sorted_robust(self.waiting)]

    @property
    def _data(self) -> dict[Any, Any]:
        """Pyomo's own store of its members."""
        waiting = self.__dict__.get("waiting", {})  # none yet in a copy in the making
        self.waiting = {}
        for key, (value, low, high) in waiting.items():
            self._setitem_when_not_present(key, _relation(value.expression, low, high))
        return self.made

    @_data.setter
    def _data(self, made: dict[Any, Any]) -> None:
        self.made = made


def _relation(body: Any, low: float | None, high: float | None) -> Any:
    if high is None:
        return body >= low
    return body <= high if low is None else body == low
