"""What two selections have in common, by their words alone."""

from __future__ import annotations

from compiler.conditions import AllOf, Compare, Condition, IsOneOf
from compiler.expressions import Literal, Reference
from compiler.selections import Group, Named, Selection
from grammar.tree import Comparison

SINGLE = ("sector", "industry")
"""Columns of which a company has one value and a fund none."""


Words = tuple[frozenset[str], frozenset[Condition]]
"""Names of which one is meant, any where there are none, and conditions that all hold."""


def implies(a: Selection, b: Selection) -> bool:
    """Whether all of `a` is in `b`, by their words."""
    ours, theirs = opened(a), opened(b)
    return a == b if ours is None or theirs is None else among(ours, theirs)


def among(ours: Words, theirs: Words) -> bool:
    """Whether what some words pick is among what others do."""
    named, conditions = ours
    names, fewer = theirs
    return (not names or (bool(named) and named <= names)) and fewer <= conditions


def opened(selection: Selection) -> Words | None:
    """The names and the conditions of a selection, its one group opened; None where it mixes."""
    where = selection.where
    parts = where.operands if isinstance(where, AllOf) else () if where is None else (where,)
    conditions = frozenset(parts)
    if len(selection.items) == 1 and isinstance(selection.items[0], Group):
        inner = opened(selection.items[0].selection)
        return None if inner is None else (inner[0], inner[1] | conditions)
    names = [each.text for each in selection.items if isinstance(each, Named)]
    return (frozenset(names), conditions) if len(names) == len(selection.items) else None


def apart(a: Selection, b: Selection) -> bool:
    """Whether nothing is in both: values of one column, of which a company has one."""
    ours, theirs = values_of(a), values_of(b)
    if ours is None or theirs is None or ours[0] != theirs[0]:
        return False
    return ours[0] in SINGLE and ours[1].isdisjoint(theirs[1])


def values_of(selection: Selection) -> tuple[str, frozenset[object]] | None:
    """A column and those of its values that a selection is narrowed to."""
    parts = opened(selection)
    for condition in () if parts is None else sorted(parts[1], key=lambda each: each.describe()):
        match condition:
            case IsOneOf(left=Reference(column=column), options=options, negative=False):
                if column.table == "securities" and column.name in SINGLE:
                    return column.name, frozenset(option.constant for option in options)
            case Compare(
                left=Reference(column=column),
                comparison=Comparison.IS,
                right=Literal(constant=value),
            ):
                if column.table == "securities" and column.name in SINGLE:
                    return column.name, frozenset([value])
    return None
