"""Linear sums of columns. A column is the number that the tableau gave it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Column = int


class Sum:
    """A sum of columns times coefficients, and a number. A column may be in it more than once."""

    __slots__ = ("coefficients", "columns", "constant")

    def __init__(
        self, coefficients: Sequence[float], columns: Sequence[Column], constant: float = 0.0
    ) -> None:
        self.coefficients, self.columns, self.constant = coefficients, columns, constant

    def plus(self, number: float) -> Sum:
        return Sum(self.coefficients, self.columns, self.constant + number)

    def more(self, column: Column, coefficient: float = 1.0) -> Sum:
        """The sum with a column added."""
        return Sum([*self.coefficients, coefficient], [*self.columns, column], self.constant)

    def less(self, column: Column) -> Sum:
        """The sum with a column taken off."""
        return self.more(column, -1.0)

    def __add__(self, other: Sum) -> Sum:
        return total([self, other])

    def __sub__(self, other: Sum) -> Sum:
        return total([self, -other])

    def __neg__(self) -> Sum:
        return Sum([-each for each in self.coefficients], self.columns, -self.constant)

    def __rmul__(self, number: float) -> Sum:
        scaled = [number * each for each in self.coefficients]
        return Sum(scaled, self.columns, number * self.constant)


def plain(columns: Sequence[Column], coefficient: float = 1.0) -> Sum:
    """Columns, each times the same number."""
    return Sum([coefficient] * len(columns), columns)


def total(sums: Iterable[Sum]) -> Sum:
    """The sum of sums, one after the other."""
    coefficients, columns, constant = list[float](), list[Column](), 0.0
    for each in sums:
        coefficients += each.coefficients
        columns += each.columns
        constant += each.constant
    return Sum(coefficients, columns, constant)
