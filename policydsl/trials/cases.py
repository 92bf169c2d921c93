"""`for each`: one test becomes its cases, with values where the names stood."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from itertools import product
from typing import Any, TypeVar, cast

from grammar import tree, trial
from grammar.phrases import with_base
from grammar.wording import listed, one_row

Values = Mapping[str, tree.Expression]
N = TypeVar("N", bound=tree.Node)


@dataclass(frozen=True)
class Case:
    """One run of a test: its lines with values for names; `label` is `stock "ABC", cap 5%`."""

    test: trial.Trial
    label: str
    given: tuple[trial.Given, ...]
    expected: tuple[trial.Expect, ...]

    @property
    def title(self) -> str:
        """The test's title, and the case's values behind it."""
        name = self.test.title.value
        return f"{name} [{self.label}]" if self.label else name


def cases_of(one: trial.Trial) -> tuple[Case, ...]:
    """Every case of a test in the author's order; one where it has no `for each`."""
    loops = [line for line in one.lines if isinstance(line, trial.ForEach)]
    found = []
    for chosen in product(*(loop.cases for loop in loops)):
        values: dict[str, tree.Expression] = {}
        for loop, row in zip(loops, chosen, strict=True):
            values |= {name.value: value for name, value in zip(loop.names, row, strict=True)}
        label = ", ".join(f"{name} {one_row(listed(value))}" for name, value in values.items())
        lines = [
            substituted(line, values) for line in one.lines if not isinstance(line, trial.ForEach)
        ]
        given = tuple(line for line in lines if isinstance(line, trial.Given))
        expected = tuple(line for line in lines if isinstance(line, trial.Expect))
        found.append(Case(one, label, given, expected))
    return tuple(found)


def unused(one: trial.Trial) -> tuple[tree.Name, ...]:
    """Names of `for each` that stand in no other line: every case would be the same."""
    said = {
        name for line in one.lines if not isinstance(line, trial.ForEach) for name in _names(line)
    }
    loops = (line for line in one.lines if isinstance(line, trial.ForEach))
    return tuple(name for loop in loops for name in loop.names if name.value not in said)


def _names(node: Any) -> Iterator[str]:
    if isinstance(node, tree.Name):
        yield node.value
    elif isinstance(node, tree.Node):
        for each in fields(node):
            yield from _names(getattr(node, each.name))
    elif isinstance(node, tuple):
        for each in node:
            yield from _names(each)


_ONLY_NAMES = {
    (tree.Flag, "name"),
    (tree.Missing, "left"),
    (tree.Compare, "left"),
    (tree.Between, "left"),
    (tree.Recent, "left"),
    (tree.ShareOf, "base"),
    (tree.Bound, "base"),
    (tree.Keep, "measure"),
    (tree.Keep, "per"),
    (trial.GivenEvent, "kind"),
    (trial.GivenBroken, "rule"),
    (trial.ExpectRule, "rule"),
    (trial.ExpectSetting, "rule"),
    (trial.ExpectFinding, "code"),
    (trial.ExpectFinding, "at"),
    (trial.ExpectStatus, "status"),
}
"""Where a name says what is meant and is no value: only another name can stand for it."""


def substituted(node: N, values: Values) -> N:
    """The node with values for names; each keeps the place of its name."""
    changed: dict[str, Any] = {}
    for one in fields(node):
        old = getattr(node, one.name)
        new = _value(old, values, only_names=(type(node), one.name) in _ONLY_NAMES)
        if new is not old:
            changed[one.name] = new
    if not changed:
        return node
    new_node = replace(node, **changed)
    return cast(N, with_base(new_node)) if isinstance(new_node, tree.Bound) else new_node


def _value(old: Any, values: Values, *, only_names: bool) -> Any:
    if isinstance(old, tree.Name):
        found = values.get(old.value)
        if found is None or (only_names and not isinstance(found, tree.Name)):
            return old
        return replace(found, span=old.span)
    if isinstance(old, tree.Node):
        return substituted(old, values)
    if isinstance(old, tuple):
        return tuple(_value(each, values, only_names=False) for each in old)
    return old
