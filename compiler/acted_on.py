"""Whether each clause of a rule changes what each of its lines does: none is read over."""

from __future__ import annotations

from collections.abc import Sequence

from compiler import codes
from compiler.clauses import Clauses
from compiler.directives.base import Directive, raises_cash
from compiler.expressions import Literal
from compiler.missing_values import counting
from compiler.reader import Reader
from compiler.selections import Selection
from grammar import tree


def acted_on(
    rule: tree.Rule, directives: Sequence[Directive], clauses: Clauses, reader: Reader
) -> bool:
    """Whether every line acts on every clause; reported where one does not."""
    heard = [_heard(each, directives, clauses.counts_as, reader) for each in rule.clauses]
    return all(heard) and _by_lot(rule, directives, clauses, reader)


def _heard(
    clause: tree.Clause,
    directives: Sequence[Directive],
    counts_as: Literal | None,
    reader: Reader,
) -> bool:
    if not isinstance(clause, tree.Except | tree.MissingCounts | tree.Existing):
        return True
    if isinstance(clause, tree.Except) and clause.condition is not None:
        return True
    if isinstance(clause, tree.MissingCounts) and counts_as is not None:
        return _reads(directives, counts_as, clause, reader)
    deaf = next((each for each in directives if not each.hears(clause)), None)
    if deaf is not None:
        reader.report(
            codes.NOT_HEARD,
            f"`{deaf.sentence()}` does not act on this clause",
            clause.span,
            "would have no effect",
            help=_way_out(clause),
        )
    return deaf is None


def _reads(
    directives: Sequence[Directive], value: Literal, clause: tree.MissingCounts, reader: Reader
) -> bool:
    """Whether each directive reads an attribute of the value's kind."""
    deaf = next((each for each in directives if counting(each, value) == each), None)
    if deaf is not None:
        reader.report(
            codes.DOES_NOT_APPLY,
            f"`{deaf.sentence()}` reads no attribute that is {value.dimension.value}",
            clause.value.span,
            "nothing counts as it",
            help="write a value of the attribute's own kind, or give the line a rule of its own",
        )
    return deaf is None


def _by_lot(
    rule: tree.Rule, directives: Sequence[Directive], clauses: Clauses, reader: Reader
) -> bool:
    """Whether clauses that pick lots stand with lines that tell lots apart."""
    excepts = [each for each in rule.clauses if isinstance(each, tree.Except)]
    existing = [each for each in rule.clauses if isinstance(each, tree.Existing)]
    picked: list[tuple[tree.Clause, Selection | None]] = [
        *((node, each.selection) for node, each in zip(excepts, clauses.carveouts, strict=True)),
        *((node, each.selection) for node, each in zip(existing, clauses.transitions, strict=True)),
    ]
    of_lots = [node for node, each in picked if each is not None and each.lot_level]
    whole = [each for each in directives if not each.by_lot]
    for node in of_lots if whole else ():
        reader.report(
            codes.NOT_HEARD,
            f"`{whole[0].sentence()}` tells no lots apart",
            node.span,
            "would have no effect",
            help="leave `lot.` out, or give the lines that act on lots a rule of their own",
        )
    return not (whole and of_lots)


def _way_out(clause: tree.Clause) -> str:
    """What to write instead of a clause that a line does not hear."""
    if raises_cash(clause):
        return (
            "sales raise cash: write it with `never sell`, `never harvest` or turnover; for gains, "
            "`never sell anything where lot.gain above $0`"
        )
    return "leave it out, or give the lines that act on it a rule of their own"
