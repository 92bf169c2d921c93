"""Reads the clauses of a rule, a `set` or a waiver: for whom, when, why, and what is spared."""

from __future__ import annotations

from dataclasses import dataclass

from compiler import codes
from compiler.expressions import Literal
from compiler.files import OpenFile
from compiler.read_conditions import read_guard, read_selection
from compiler.read_expressions import read_duration, read_expression
from compiler.reader import Reader, causes, check_dates
from compiler.scopes import Scope
from compiler.statements import Carveout, Transition
from compiler.steps import read_steps
from grammar import tree


@dataclass(frozen=True, slots=True)
class Clauses:
    """What the clauses of a rule say; `fine` False where one of them is in error."""

    scope: Scope
    reason: str
    approver: str
    carveouts: tuple[Carveout, ...]
    transitions: tuple[Transition, ...]
    missing: bool | Literal | None
    soft: int | None
    fine: bool

    @property
    def counts_as(self) -> Literal | None:
        """The value that unknown attributes are read as."""
        return self.missing if isinstance(self.missing, Literal) else None


def read_clauses(nodes: tuple[tree.Clause, ...], file: OpenFile) -> Clauses:
    """Read every clause, reporting every mistake."""
    reader = file.reader
    before = len(causes(reader.diagnostics))
    whens = [read_guard(node.condition, reader) for node in nodes if isinstance(node, tree.When)]
    guards = tuple(guard for guard in whens if guard is not None)
    starts = next((node.day for node in nodes if isinstance(node, tree.From)), None)
    ends = next((node.day for node in nodes if isinstance(node, tree.Until)), None)
    check_dates(starts, ends, reader)
    carveouts = [_carveout(node, reader) for node in nodes if isinstance(node, tree.Except)]
    transitions = [_transition(node, reader) for node in nodes if isinstance(node, tree.Existing)]
    missing = next((node for node in nodes if isinstance(node, tree.MissingCounts)), None)
    counts_as = None if missing is None else _missing(missing, reader)
    fine = len(causes(reader.diagnostics)) == before
    fine = fine and None not in whens and None not in carveouts and None not in transitions
    first = None if starts is None else starts.value
    last = None if ends is None else ends.value
    return Clauses(
        file.scope.narrowed(guards, first, last)
        if fine
        else file.scope.narrowed(guards, None, None),
        next((node.reason.value for node in nodes if isinstance(node, tree.Because)), ""),
        next((node.by.value for node in nodes if isinstance(node, tree.Approved)), ""),
        tuple(carveout for carveout in carveouts if carveout is not None),
        tuple(transition for transition in transitions if transition is not None),
        counts_as,
        next((node.priority for node in nodes if isinstance(node, tree.Soft)), None),
        fine,
    )


def _carveout(node: tree.Except, reader: Reader) -> Carveout | None:
    if node.things is not None:
        selection = read_selection(node.things, reader)
        return None if selection is None else Carveout(selection=selection)
    if node.condition is not None:
        condition = read_guard(node.condition, reader)
        return None if condition is None else Carveout(condition=condition)
    if node.purpose in ("raise cash", "close a position"):
        return Carveout(purpose=node.purpose)
    reader.report(
        codes.DOES_NOT_APPLY,
        f"`except to {node.purpose}` is not known",
        node.span,
        help="write `except to raise cash` or `except to close a position`",
    )
    return None


def _transition(node: tree.Existing, reader: Reader) -> Transition | None:
    selection = read_selection(node.things, reader)
    steps = None if node.evenly is None else read_steps(node.evenly, reader)
    within = None if node.within is None else read_duration(node.within, reader)
    if selection is None or (node.within is not None and within is None):
        return None
    if node.evenly is not None and steps is None:
        return None
    by = None if node.by is None else node.by.value
    return Transition(selection, node.stay, within, by, steps)


def _missing(node: tree.MissingCounts, reader: Reader) -> bool | Literal | None:
    """True for `excluded`, False for `allowed`, or the value that unknown ones are read as."""
    if isinstance(node.value, tree.Name) and node.value.value in ("excluded", "allowed"):
        return node.value.value == "excluded"
    if isinstance(node.value, tree.Quantity | tree.Text | tree.Date):
        value = read_expression(node.value, reader)
        if isinstance(value, Literal):
            return value
    reader.report(
        codes.MISSING_AS_WHAT,
        "missing data counts as `excluded`, as `allowed`, or as a value",
        node.value.span,
        help="write `missing counts as excluded` where blank data is to be treated strictly",
    )
    return None
