"""Sums of columns kept flat: numbers, columns and columns times numbers, in one list.

Pyomo's operators build a sum anew at every term and nest it in others, and it has to be walked to
be read. Most rows are plain sums of many columns, and are made here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pyomo.core.expr.numeric_expr import LinearExpression, MonomialTermExpression


def times(coefficient: float, column: Any) -> Any:
    """A column times a number, as a term of a flat sum."""
    return column if coefficient == 1.0 else MonomialTermExpression((coefficient, column))


def less(columns: Iterable[Any]) -> list[Any]:
    """Columns that are taken off, as terms of a flat sum."""
    return [MonomialTermExpression((-1.0, column)) for column in columns]


def flat(terms: Sequence[Any], constant: float = 0.0) -> Any:
    """The sum of terms and a number."""
    return LinearExpression([*terms, constant] if constant else list(terms))
