"""`where industry is "Tobacco" and lot.basis is $1,500`: what a line says is so, cell by cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from compiler.attributes import PREFIXES, Column, Vocabulary
from compiler.dimensions import Dimension, Duration, normalised
from compiler.reader import did_you_mean
from grammar import tree
from grammar.diagnostics import Diagnostic
from grammar.spans import Span
from grammar.tree import Comparison, Unit
from policydsl.trials.codes import BAD_GIVEN


class LineError(Exception):
    """A line of a test that cannot be acted on; it carries the diagnostic and never leaves here."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def cannot(span: Span, message: str, label: str = "", help: str = "") -> LineError:
    """A line that cannot be given."""
    return LineError(BAD_GIVEN.at(span, message, label=label, help=help))


@dataclass(frozen=True)
class Fact:
    """One cell: `table` and `name` as policies know them; `text` as a book writes it, None where
    the value is missing."""

    table: str
    name: str
    text: str | None
    span: Span


def facts(
    condition: tree.Condition | None, table: str, vocabulary: Vocabulary, today: date
) -> tuple[Fact, ...]:
    """What a condition states; names without a prefix belong to `table`. Raises LineError."""
    return () if condition is None else tuple(_facts(condition, table, vocabulary, today))


def _facts(node: tree.Condition, table: str, vocabulary: Vocabulary, today: date) -> Iterator[Fact]:
    match node:
        case tree.All(operands=operands):
            for each in operands:
                yield from _facts(each, table, vocabulary, today)
        case tree.Compare(left=tree.Name() as name, comparison=Comparison.IS, right=value):
            column = _column(name, table, vocabulary)
            yield Fact(column.table, column.name, cell(value, column.dimension, today), node.span)
        case tree.Flag(name=name) | tree.Not(operand=tree.Flag(name=name)):
            column = _column(name, table, vocabulary)
            if column.dimension is not Dimension.FLAG:
                raise cannot(node.span, f"`{name.value}` is {column.dimension}, not yes or no")
            text = "true" if isinstance(node, tree.Flag) else "false"
            yield Fact(column.table, column.name, text, node.span)
        case tree.Missing(left=name, negated=False):
            column = _column(name, table, vocabulary)
            yield Fact(column.table, column.name, None, node.span)
        case tree.Member(left=tree.Text(value=tag), negated=False, options=(tree.Name() as name,)):
            column = _column(name, table, vocabulary)
            if column.dimension is not Dimension.TAGS:
                raise cannot(node.span, f"`{name.value}` is {column.dimension}, no list of tags")
            yield Fact(column.table, column.name, tag, node.span)
        case _:
            raise cannot(
                node.span,
                "what is given has to be one value",
                "several values would fit",
                'write `industry is "Tobacco"`, `account.discretionary`, `not lot.covered`, '
                '`esg_score is missing` or `"founder" in household.tags`',
            )


def _column(name: tree.Name, table: str, vocabulary: Vocabulary) -> Column:
    prefix, dot, rest = name.value.partition(".")
    if dot and prefix in PREFIXES:
        found = vocabulary.get(PREFIXES[prefix], rest)
    else:
        found = vocabulary.get(table, name.value)
    if found is None:
        known = [each.written for each in vocabulary]
        known += [each.name for each in vocabulary if each.table == table]
        raise cannot(
            name.span,
            f"no policy can ask for `{name.value}`",
            "no column of this name",
            did_you_mean(name.value, known) or "declare the attribute in policyset.toml",
        )
    return found


# --- values --------------------------------------------------------------------------------------

_UNITS = {
    Dimension.MONEY: (Unit.MONEY,),
    Dimension.FRACTION: (Unit.PERCENT, Unit.BPS),
    Dimension.SHARES: (Unit.SHARES, Unit.NONE),
    Dimension.NUMBER: (Unit.NONE,),
    Dimension.DURATION: (Unit.DAYS,),
}


def cell(value: tree.Expression, dimension: Dimension, today: date) -> str:
    """A value of some dimension as a cell of a book. Raises LineError."""
    match value:
        case tree.Quantity(unit=unit) if unit in _UNITS.get(dimension, ()):
            return f"{normalised(value.value, unit):f}"
        case tree.Text(value=text) if dimension in (Dimension.TEXT, Dimension.TAGS):
            return text
        case tree.Date() | tree.Sum() | tree.Name() if dimension is Dimension.DATE:
            return day(value, today).isoformat()
        case tree.Name(value="yes" | "no" as word) if dimension is Dimension.FLAG:
            return "true" if word == "yes" else "false"
    raise cannot(value.span, f"this has to be {dimension.value}", help=_EXAMPLES.get(dimension, ""))


_EXAMPLES = {
    Dimension.MONEY: "write an amount such as `$1,500`",
    Dimension.FRACTION: "write a percentage such as `5%`",
    Dimension.SHARES: "write a number such as `100 shares`",
    Dimension.NUMBER: "write a plain number",
    Dimension.DURATION: "write a number of days such as `40 days`",
    Dimension.TEXT: 'write a text in quotes such as `"Tobacco"`',
    Dimension.TAGS: 'write `"founder" in household.tags`',
    Dimension.DATE: "write a day such as `2026-01-31`, or `today minus 40 days`",
    Dimension.FLAG: "write the name alone, or `not` before it",
}


def day(value: tree.Expression, today: date) -> date:
    """A day: a date, `today`, or so long before or after it. Raises LineError."""
    match value:
        case tree.Date(value=found):
            return found
        case tree.Name(value="today"):
            return today
        case tree.Sum(sign=sign, left=left, right=tree.Quantity(value=count, unit=unit)) if (
            unit in (Unit.DAYS, Unit.MONTHS, Unit.YEARS) and count == count.to_integral_value()
        ):
            length = Duration(count, unit)
            start = day(left, today)
            return length.before(start) if sign < 0 else length.after(start)
    raise cannot(value.span, "this has to be a day", help=_EXAMPLES[Dimension.DATE])


def money(text: str | None) -> Decimal:
    """The number in a cell; nothing is zero."""
    return Decimal(text or "0")
