"""`missing counts as 0%`: a rule reads unknown attributes of one dimension as a stated value."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import TypeVar

from compiler.attributes import Column
from compiler.conditions import IsMissing
from compiler.dimensions import Dimension
from compiler.expressions import Literal, Reference

T = TypeVar("T")


def counting(typed: T, value: Literal) -> T:
    """A directive, or a part of one, in which attributes of the value's dimension are never
    unknown; equal to `typed` where it reads none. `is missing` still asks about the book."""
    read: object = _counting(typed, value)
    return read  # type: ignore[return-value]


def _counting(typed: object, value: Literal) -> object:
    if isinstance(typed, Reference):
        meant = typed.dimension in _meant(value.dimension)
        return replace(typed, otherwise=value.constant) if meant else typed
    if isinstance(typed, tuple):
        return tuple(_counting(part, value) for part in typed)
    if isinstance(typed, Column | IsMissing) or not is_dataclass(typed):
        return typed
    assert not isinstance(typed, type)
    parts = {each.name: getattr(typed, each.name) for each in fields(typed) if each.init}
    changed = {
        name: new
        for name, part in parts.items()
        if (new := _counting(part, value)) is not part and new != part
    }
    return replace(typed, **changed) if changed else typed


def _meant(dimension: Dimension) -> tuple[Dimension, ...]:
    """A plain number also counts shares."""
    if dimension is Dimension.NUMBER:
        return dimension, Dimension.SHARES
    return (dimension,)
