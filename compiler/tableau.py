"""A model as it is built: columns by number and rows as sums of them, in blocks by name.

Thousands of rows and columns are made for a household and handed over once: they are kept as the
numbers that a solver is given. `compiler.written` makes Pyomo's model of them, name for name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import inf
from typing import Any

from compiler.sums import Column, Sum

Key = Any
"""What tells a member from the others of its name: text, a number or a tuple of them; None where
there is but one."""


class Rows:
    """Rows of one name in a block: their keys and ends, and how many columns each has; columns and
    coefficients one row after the other. An end that is none is infinite. Those who add a row are
    told its place; `spare` is, by place, the room for rounding (bp) that the upper end of a row
    leaves inside that of the rule."""

    __slots__ = (
        "block",
        "coefficients",
        "columns",
        "keys",
        "lower",
        "name",
        "sizes",
        "spare",
        "upper",
    )

    def __init__(self, block: Block, name: str) -> None:
        self.block, self.name = block, name
        self.keys: list[Key] = []
        self.lower: list[float] = []
        self.upper: list[float] = []
        self.sizes: list[int] = []
        self.columns: list[Column] = []
        self.coefficients: list[float] = []
        self.spare: dict[int, float] = {}

    @property
    def full_name(self) -> str:
        return self.block.name_within(self.name)

    def name_of(self, place: int) -> str:
        return self.full_name + index(self.keys[place])

    def at_most(self, key: Key, value: Sum, most: float) -> int:
        """Add `value <= most`."""
        return self._add(key, value, -inf, most - value.constant)

    def at_least(self, key: Key, value: Sum, least: float) -> int:
        """Add `value >= least`."""
        return self._add(key, value, least - value.constant, inf)

    def exactly(self, key: Key, value: Sum, amount: float) -> int:
        """Add `value == amount`."""
        return self._add(key, value, amount - value.constant, amount - value.constant)

    def _add(self, key: Key, value: Sum, lower: float, upper: float) -> int:
        self.keys.append(key)
        self.lower.append(lower)
        self.upper.append(upper)
        self.sizes.append(len(value.columns))
        self.columns += value.columns
        self.coefficients += value.coefficients
        return len(self.keys) - 1

    def all_at_most(
        self,
        keys: Sequence[Key],
        columns: Sequence[Column],
        coefficients: Sequence[float],
        most: float,
    ) -> None:
        """Add a row for each key, of as many columns as any other of them."""
        self.keys += keys
        self.lower += [-inf] * len(keys)
        self.upper += [most] * len(keys)
        self.sizes += [len(columns) // max(1, len(keys))] * len(keys)
        self.columns += columns
        self.coefficients += coefficients


class Columns:
    """Columns of one name in a block: the number of each by its key."""

    __slots__ = ("block", "name", "numbers")

    def __init__(self, block: Block, name: str) -> None:
        self.block, self.name = block, name
        self.numbers: dict[Key, Column] = {}

    def name_of(self, key: Key) -> str:
        return self.block.name_within(self.name) + index(key)


class Block:
    """What one statement adds, or a part of the physics: columns, rows and blocks by name."""

    __slots__ = ("blocks", "columns_by_name", "key", "name", "parent", "rows_by_name", "tableau")

    def __init__(
        self, tableau: Tableau, name: str, key: Key = None, parent: Block | None = None
    ) -> None:
        self.tableau, self.name, self.key, self.parent = tableau, name, key, parent
        self.columns_by_name: dict[str, Columns] = {}
        self.rows_by_name: dict[str, Rows] = {}
        self.blocks: dict[tuple[str, Key], Block] = {}

    @property
    def full_name(self) -> str:
        """Its name as Pyomo writes it; nothing for the outermost."""
        return "" if self.parent is None else self.parent.name_within(self.name) + index(self.key)

    def name_within(self, name: str) -> str:
        """The full name of what is called so here."""
        return word(name) if self.parent is None else f"{self.full_name}.{word(name)}"

    def block(self, name: str, key: Key = None) -> Block:
        """The block of that name in this one, made where there is none."""
        if (name, key) not in self.blocks:
            self.blocks[name, key] = Block(self.tableau, name, key, self)
        return self.blocks[name, key]

    def rows(self, name: str) -> Rows:
        """The rows of that name, made where there are none."""
        if name not in self.rows_by_name:
            self.rows_by_name[name] = Rows(self, name)
        return self.rows_by_name[name]

    def column(
        self,
        name: str,
        key: Key = None,
        lower: float = -inf,
        upper: float = inf,
        *,
        binary: bool = False,
    ) -> Column:
        """The column of that name and key, made with these ends where there is none."""
        known = self._family(name).numbers.get(key)
        if known is not None:
            return known
        ends = ([0.0], [1.0]) if binary else ([lower], [upper])
        return self.columns(name, [key], *ends, binary=binary)[0]

    def columns(
        self,
        name: str,
        keys: Sequence[Key],
        lower: Sequence[float],
        upper: Sequence[float],
        *,
        binary: bool = False,
    ) -> range:
        """New columns of that name, one a key, with their ends."""
        family, tableau = self._family(name), self.tableau
        numbers = range(len(tableau.lower), len(tableau.lower) + len(keys))
        family.numbers.update(zip(keys, numbers, strict=True))
        tableau.lower += lower
        tableau.upper += upper
        tableau.binary += [binary] * len(keys)
        tableau.members += [(family, key) for key in keys]
        return numbers

    def binaries(self, name: str, keys: Sequence[Key]) -> range:
        """New columns that are zero or one."""
        return self.columns(name, keys, [0.0] * len(keys), [1.0] * len(keys), binary=True)

    def _family(self, name: str) -> Columns:
        if name not in self.columns_by_name:
            self.columns_by_name[name] = Columns(self, name)
        return self.columns_by_name[name]

    def all_rows(self) -> Iterator[Rows]:
        """The rows of this block, then those of the blocks in it."""
        yield from self.rows_by_name.values()
        for block in self.blocks.values():
            yield from block.all_rows()


class Tableau(Block):
    """The outermost block, and of every column its ends, whether it is binary, and what it is."""

    __slots__ = ("binary", "lower", "members", "upper")

    def __init__(self, name: str) -> None:
        super().__init__(self, name)
        self.lower: list[float] = []
        self.upper: list[float] = []
        self.binary: list[bool] = []
        self.members: list[tuple[Columns, Key]] = []

    def highest(self, value: Sum) -> float:
        """More than a sum cannot be, by the ends of its columns."""
        ends = [
            by * (self.upper[column] if by > 0 else self.lower[column])
            for by, column in zip(value.coefficients, value.columns, strict=True)
            if by
        ]
        return value.constant + sum(ends)


# --- names -----------------------------------------------------------------------------------

QUOTED = re.compile(r"[()\[\],.'\":\\]")
NUMBER = re.compile(r"(?:[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|-?inf|nan)")


def word(name: Any) -> str:
    """A name as Pyomo has it: in quotes where it could be taken for something else."""
    if not isinstance(name, str):
        return str(name)
    quoted = repr(name)
    plain = quoted[1:-1]
    return quoted if QUOTED.search(plain) or NUMBER.fullmatch(plain) else plain


def index(key: Key) -> str:
    """A key in brackets, or nothing."""
    if key is None:
        return ""
    parts = key if isinstance(key, tuple) else (key,)
    return f"[{','.join(map(word, parts))}]"
