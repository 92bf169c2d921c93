"""Reads conditions and selections of the tree into typed ones."""

from __future__ import annotations

from dataclasses import replace

from compiler import codes
from compiler.conditions import (
    AllOf,
    AnyOf,
    Compare,
    Condition,
    InGroup,
    InRange,
    InSpan,
    IsFlag,
    IsMissing,
    IsOneOf,
    Joined,
    Negation,
    Tagged,
)
from compiler.dimensions import ORDERED, Dimension
from compiler.expressions import Expression, Literal, Reference, ThatDay
from compiler.memberships import AccountGroup, InAccounts, InPeriods, Periods
from compiler.read_expressions import read_duration, read_expression, read_reference, share_help
from compiler.reader import ACCOUNT_TABLES, Reader, closest, did_you_mean
from compiler.selections import Group, Named, Selection
from grammar import tree
from grammar.spans import Span
from grammar.tree import Comparison

_EQUALITY = (Comparison.IS, Comparison.IS_NOT)
_OF_DATES = {
    Comparison.BEFORE: Comparison.BELOW,
    Comparison.AFTER: Comparison.ABOVE,
    Comparison.ON_OR_BEFORE: Comparison.AT_MOST,
    Comparison.ON_OR_AFTER: Comparison.AT_LEAST,
}
_OF_NUMBERS = {number: day for day, number in _OF_DATES.items()}


# --- selections ----------------------------------------------------------------------------------


def read_selection(things: tree.Things, reader: Reader) -> Selection | None:
    """The securities or lots meant, or None after reporting every mistake."""
    items = [_item(item, reader) for item in things.items]
    where = None if things.where is None else read_where(things.where, reader)
    if any(item is None for item in items) or (things.where is not None and where is None):
        return None
    return Selection(tuple(item for item in items if item is not None), where)


def read_positions(
    things: tree.Things, refusal: str, reader: Reader, help: str = "leave `lot.` out of this line"
) -> Selection | None:
    """The securities meant, where lots cannot be told apart; `refusal` says so of the line."""
    selection = read_selection(things, reader)
    return None if selection is None else _whole(selection, refusal, things.span, reader, help)


def read_traded(action: str, things: tree.Things, reader: Reader) -> Selection | None:
    """What is bought, sold, held or traded: lots, unless it is bought only."""
    if action == "buy":
        return read_positions(things, "what is bought is of no lot yet", reader)
    return read_selection(things, reader)


def read_narrowed(
    node: tree.Keep | tree.Prevent, what: str, reader: Reader
) -> tuple[bool, Selection | None]:
    """(whether `where` is sound, the securities it picks: None for all)."""
    if node.where is None:
        return True, None
    where = read_where(node.where, reader)
    if where is None:
        return False, None
    refusal = f"{what} counts whole positions, not lots"
    help_line = "leave `lot.` out of this `where`"
    selection = _whole(Selection((), where), refusal, node.where.span, reader, help_line)
    return selection is not None, selection


def _whole(
    selection: Selection, refusal: str, at: Span, reader: Reader, help: str
) -> Selection | None:
    if not selection.lot_level:
        return selection
    reader.report(codes.DOES_NOT_APPLY, refusal, at, help=help)
    return None


def _item(item: tree.Name | tree.Text, reader: Reader) -> Named | Group | None:
    if isinstance(item, tree.Name):
        return reader.find_group(item)
    known = reader.securities is not None and item.value in reader.securities
    if reader.is_group(item.value) and not known:
        reader.report(
            codes.UNKNOWN_SECURITY,
            f'"{item.value}" in quotes is a security, and `{item.value}` is defined as a group',
            item.span,
            "quoted words are data",
            help=f"write it without quotes: `{item.value}`",
        )
    elif reader.securities is not None and not known:
        near = closest(item.value, reader.securities)
        reader.report(
            codes.UNKNOWN_SECURITY,
            f'no security of the book is called "{item.value}"',
            item.span,
            "neither an id nor a ticker",
            help=f'did you mean "{near}"?' if near else "",
        )
    return Named(item.value)


def read_where(condition: tree.Condition, reader: Reader) -> Condition | None:
    """A `where`: what it says of accounts stands on a line of its own, unless it is one side of an
    `or`; what it says of today may join it."""
    typed = read_condition(condition, reader)
    if typed is None:
        return None
    if isinstance(condition, tree.All) and isinstance(typed, AllOf):
        parts = list(zip(condition.operands, typed.operands, strict=True))
    else:
        parts = [(condition, typed)]
    stray = [node for node, part in parts if not _about_things(part) and _about_accounts(part)]
    if not stray and not _about_things(typed):
        stray = [condition]
    for node in stray:
        _report_stray(node, reader)
    return None if stray else typed


def _about_things(typed: Condition) -> bool:
    """Whether a condition depends on the security or lot."""
    match typed:
        case Joined(operands=operands):
            return any(_about_things(operand) for operand in operands)
        case Negation(operand=operand):
            return _about_things(operand)
        case InGroup():
            return True
    return any(column.table not in ACCOUNT_TABLES for column in typed.columns())


def _about_accounts(typed: Condition) -> bool:
    match typed:
        case Joined(operands=operands):
            return any(_about_accounts(operand) for operand in operands)
        case Negation(operand=operand):
            return _about_accounts(operand)
        case InAccounts():
            return True
    return any(column.table in ACCOUNT_TABLES for column in typed.columns())


def _report_stray(node: tree.Condition, reader: Reader) -> None:
    reader.report(
        codes.ACCOUNT_IN_WHERE,
        "`where` picks securities or lots, and this says nothing about them",
        node.span,
        "the same for every security",
        help="conditions on accounts stand on a line of their own: `when ...`",
    )


# --- conditions ----------------------------------------------------------------------------------


def read_guard(condition: tree.Condition, reader: Reader) -> Condition | None:
    """A `when`: accounts, households, taxpayers and today."""
    return read_condition(condition, reader.for_accounts())


def read_condition(node: tree.Condition, reader: Reader) -> Condition | None:
    """The typed condition, or None after reporting every mistake in it."""
    match node:
        case tree.Compare():
            return _compare(node, reader)
        case tree.Between():
            return _between(node, reader)
        case tree.Member():
            return _member(node, reader)
        case tree.Recent():
            return _recent(node, reader)
        case tree.Missing():
            attribute = read_reference(node.left, reader)
            return None if attribute is None else IsMissing(attribute, node.negated)
        case tree.Flag():
            return _flag(node.name, reader)
        case tree.Not():
            operand = read_condition(node.operand, reader)
            return None if operand is None else Negation(operand)
        case tree.All() | tree.Any():
            return _several(node, reader)


def _several(node: tree.All | tree.Any, reader: Reader) -> Condition | None:
    operands = [read_condition(operand, reader) for operand in node.operands]
    typed = tuple(operand for operand in operands if operand is not None)
    if len(typed) < len(operands):
        return None
    return AllOf(typed) if isinstance(node, tree.All) else AnyOf(typed)


def _compare(node: tree.Compare, reader: Reader) -> Condition | None:
    if _says_yes(node, reader) or _unquoted(node, reader):
        return None
    left, right = read_expression(node.left, reader), read_expression(node.right, reader)
    if left is None or right is None:
        return None
    if not _alike(left, right, node.right, reader) or not _fits(node, left, reader):
        return None
    _check_text(left, right, node.right, reader)
    return Compare(left, node.comparison, right)


def _says_yes(node: tree.Compare, reader: Reader) -> bool:
    """Report `account.taxable is yes`."""
    said, left = node.right, node.left
    if not isinstance(said, tree.Name) or said.value not in ("yes", "no", "true", "false"):
        return False
    column = reader.vocabulary.find(left.value) if isinstance(left, tree.Name) else None
    if column is None or column.dimension is not Dimension.FLAG:
        return False
    positive = said.value in ("yes", "true")
    reader.report(
        codes.WRONG_COMPARISON,
        f"`{column.written}` is yes or no by itself",
        said.span,
        "nothing to compare it with",
        help=f"write `{'' if positive else 'not '}{column.written}`",
    )
    return True


def _unquoted(node: tree.Compare, reader: Reader) -> bool:
    """Report `sector is Energy`."""
    said, left = node.right, node.left
    if not isinstance(said, tree.Name) or not isinstance(left, tree.Name):
        return False
    column, find = reader.vocabulary.find(left.value), reader.vocabulary.find
    text = column is not None and column.dimension is Dimension.TEXT
    if not text or find(said.value) is not None or closest(said.value, _names(reader)):
        return False
    reader.report(
        codes.UNKNOWN_ATTRIBUTE,
        f"`{said.value}` is not quoted, and no attribute has this name",
        said.span,
        "a text stands in quotes",
        help=f'write `{left.value} {node.comparison.value} "{said.value}"`',
    )
    return True


def _names(reader: Reader) -> list[str]:
    return [column.written for column in reader.vocabulary]


def _alike(left: Expression, right: Expression, at: tree.Expression, reader: Reader) -> bool:
    if left.dimension is right.dimension:
        return True
    if {left.dimension, right.dimension} == {Dimension.SHARES, Dimension.NUMBER}:
        return True
    if left.dimension is Dimension.TAGS:
        help_line = f"write `{right.describe()} in {left.describe()}`"
    elif left.dimension is Dimension.FLAG:
        help_line = f"write `{left.describe()}` or `not {left.describe()}`"
    elif isinstance(right, Literal) and right.constant in ("missing", "blank", ""):
        help_line = f"blank data needs no quotes: `{left.describe()} is missing`"
    elif {left.dimension, right.dimension} == {Dimension.FRACTION, Dimension.NUMBER}:
        help_line = (
            "write the percent sign: `5%`"
            if left.dimension is Dimension.FRACTION
            else ("leave the percent sign out")
        )
    else:
        help_line = share_help(left, right)
    reader.report(
        codes.UNLIKE,
        f"`{left.describe()}` is {left.dimension.value}, not {right.dimension.value}",
        at.span,
        right.dimension.value,
        help=help_line,
    )
    return False


def _fits(node: tree.Compare, left: Expression, reader: Reader) -> bool:
    comparison, dimension = node.comparison, left.dimension
    if dimension in (Dimension.TAGS, Dimension.FLAG):
        help_line = (
            f'"..." in {left.describe()}'
            if dimension is Dimension.TAGS
            else (f"{left.describe()}` or `not {left.describe()}")
        )
    elif comparison in _EQUALITY:
        return True
    elif dimension is Dimension.DATE and comparison not in _OF_DATES:
        help_line = _OF_NUMBERS[comparison].value
    elif dimension in ORDERED and comparison in _OF_DATES:
        help_line = _OF_DATES[comparison].value
    elif dimension is Dimension.TEXT:
        help_line = "is"
    else:
        return True
    reader.report(
        codes.WRONG_COMPARISON,
        f"`{comparison.value}` does not compare {dimension.value}",
        node.span,
        f"`{left.describe()}` is {dimension.value}",
        help=f"write `{help_line}`",
    )
    return False


def _between(node: tree.Between, reader: Reader) -> Condition | None:
    left = read_expression(node.left, reader)
    ends = [read_expression(end, reader) for end in (_with_unit(node.low, node.high), node.high)]
    low, high = ends
    if left is None or low is None or high is None:
        return None
    matched = [_alike(left, low, node.low, reader), _alike(left, high, node.high, reader)]
    if not all(matched):
        return None
    if left.dimension not in ORDERED and left.dimension is not Dimension.DATE:
        reader.report(
            codes.WRONG_COMPARISON,
            f"`between` does not compare {left.dimension.value}",
            node.span,
            help="write `in (...)` with the values meant",
        )
        return None
    return None if _over_new_year(low, high, node, reader) else InRange(left, low, high)


def _with_unit(low: tree.Expression, high: tree.Expression) -> tree.Expression:
    """In `between 1 and 45 days` the unit is said once."""
    bare = isinstance(low, tree.Quantity) and low.unit is tree.Unit.NONE
    if bare and isinstance(low, tree.Quantity) and isinstance(high, tree.Quantity):
        return replace(low, unit=high.unit)
    return low


def _over_new_year(low: Expression, high: Expression, node: tree.Between, reader: Reader) -> bool:
    """Report two days of one year in the wrong order: winter is no span of one year."""
    if not isinstance(low, ThatDay) or not isinstance(high, ThatDay):
        return False
    if (low.day.month, low.day.day) <= (high.day.month, high.day.day):
        return False
    first, last, what = low.describe(), high.describe(), node.left
    said = what.value if isinstance(what, tree.Name) else "..."
    reader.report(
        codes.UPSIDE_DOWN,
        f"{first} comes after {last} of the same year",
        node.span,
        "no day is in it",
        help=f"write `{said} on or after {first} or {said} on or before {last}`",
    )
    return True


def _recent(node: tree.Recent, reader: Reader) -> Condition | None:
    left, length = read_expression(node.left, reader), read_duration(node.length, reader)
    if left is None or length is None:
        return None
    if left.dimension is Dimension.DATE:
        return InSpan(left, length, node.ahead, node.negated)
    reader.report(
        codes.UNLIKE,
        f"`{left.describe()}` is {left.dimension.value}, not a date",
        node.left.span,
        help="`in the last 30 days` asks when something was: name a date",
    )
    return None


def _member(node: tree.Member, reader: Reader) -> Condition | None:
    if isinstance(node.left, tree.Text):
        return _listed(Literal(node.left.value, Dimension.TEXT), node, reader)
    name = node.options[0] if len(node.options) == 1 else None
    if isinstance(name, tree.Name):
        return _defined(node, name, reader)
    left = read_expression(node.left, reader)
    options = [read_expression(option, reader) for option in node.options]
    if left is None or any(option is None for option in options):
        return None
    if not isinstance(left, Reference):
        reader.report(codes.WRONG_COMPARISON, "`in` needs an attribute on its left", node.left.span)
        return None
    pairs = zip(options, node.options, strict=True)
    plain = [_option(left, option, at, reader) for option, at in pairs if option is not None]
    if not all(plain):
        return None
    literals = [option for option in options if isinstance(option, Literal)]
    return IsOneOf(left, tuple(sorted(literals, key=Literal.describe)), node.negated)


def _defined(node: tree.Member, name: tree.Name, reader: Reader) -> Condition | None:
    """`account in iras`, or a date in a list of them."""
    if isinstance(node.left, tree.Name) and node.left.value == "account":
        accounts = reader.groups.find(name, AccountGroup, reader)
        return None if accounts is None else InAccounts(accounts, node.negated)
    left = read_expression(node.left, reader)
    if left is None:
        return None
    if left.dimension is Dimension.TEXT and not reader.is_group(name.value):
        return _listed(left, node, reader)
    periods = reader.groups.find(name, Periods, reader)
    if periods is None:
        return None
    if left.dimension is Dimension.DATE:
        return InPeriods(left, periods, node.negated)
    reader.report(
        codes.UNLIKE,
        f"`{left.describe()}` is {left.dimension.value}, not a date",
        node.left.span,
        help=f"write `today in {name.value}`, or name a date",
    )
    return None


def _option(left: Reference, option: Expression, at: tree.Expression, reader: Reader) -> bool:
    if not _alike(left, option, at, reader):
        return False
    _check_text(left, option, at, reader)
    if isinstance(option, Literal):
        return True
    reader.report(
        codes.WRONG_COMPARISON,
        "the values after `in` are written out",
        at.span,
        "not a plain value",
    )
    return False


def _listed(tag: Expression, node: tree.Member, reader: Reader) -> Condition | None:
    """A text that a list of them may hold: tags, or a column of texts with `;` between."""
    only = node.options[0] if len(node.options) == 1 else None
    if not isinstance(only, tree.Name):
        reader.report(
            codes.WRONG_COMPARISON,
            "`in` needs an attribute on one side",
            node.span,
            help='`"tag" in account.tags`',
        )
        return None
    tags = read_reference(only, reader)
    if tags is None:
        return None
    a_list = tags.dimension is Dimension.TEXT and tags.column.read is None
    if a_list or tags.dimension is Dimension.TAGS:
        return Tagged(tag, tags, node.negated)
    reader.report(
        codes.UNLIKE,
        f"`{only.value}` is {tags.dimension.value}, not a list of tags",
        only.span,
        help=f"write `{only.value} is {tag.describe()}`"
        if tags.dimension is Dimension.TEXT
        else "",
    )
    return None


_DEFINES_FLAG = "`define {} as ...`, or declare a column of yes and no in policyset.toml"


def _flag(name: tree.Name, reader: Reader) -> Condition | None:
    elsewhere = reader.defines(name.value, AccountGroup) or reader.defines(name.value, Periods)
    if elsewhere or (not reader.accounts_only and reader.is_group(name.value)):
        group = reader.find_group(name)
        return None if group is None else InGroup(group)
    columns = [column.written for column in reader.vocabulary]
    if not reader.accounts_only and "." not in name.value and not closest(name.value, columns):
        unknown_group(name, _DEFINES_FLAG.format(name.value), reader)
        return None
    attribute = read_reference(name, reader)
    if attribute is None:
        return None
    if attribute.dimension is Dimension.FLAG:
        return IsFlag(attribute)
    reader.report(
        codes.NOT_A_FLAG,
        f"`{name.value}` is {attribute.dimension.value}, not yes or no",
        name.span,
        "compared with what?",
        help=f"write `{name.value} is ...`",
    )
    return None


def _check_text(left: Expression, right: Expression, at: tree.Expression, reader: Reader) -> None:
    """A likely misspelling of a known text.

    A text that is merely absent from today's book is no mistake: house policy names industries
    and programs that a small book does not have.
    """
    if not isinstance(left, Reference) or not isinstance(at, tree.Text):
        return
    known = left.column.values
    if not known or at.value in known:
        return
    near = closest(at.value, known)
    if near is None and not left.column.closed:
        return
    reader.report(
        codes.UNKNOWN_VALUE,
        f'`{left.describe()}` is never "{at.value}"',
        at.span,
        "no row has this value",
        help=f'did you mean "{near}"?'
        if near
        else "known values: " + ", ".join(f'"{value}"' for value in sorted(known)),
    )


def unknown_group(name: tree.Name, example: str, reader: Reader) -> None:
    """Report a bare word that names nothing in sight; `example` would define it."""
    column = reader.vocabulary.find(name.value)
    help_line = did_you_mean(name.value, reader.group_names())
    if column is not None and not help_line:
        help_line = f"`{name.value}` is an attribute: `anything where {name.value} ...`"
    reader.report(
        codes.UNKNOWN_NAME,
        f"nothing called `{name.value}` is defined in sight of this file",
        name.span,
        "no such definition",
        help=help_line or example,
    )
