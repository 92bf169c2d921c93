"""Values chosen for defaults: `set ID to VALUE`, and the boundaries of `allow ... to set`.

Both are read in the shape of the default they belong to: a percentage without a base is of the
default's base, dollars belong to the default's holder.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from compiler import codes
from compiler.amounts import Amount
from compiler.dimensions import describe_fraction, describe_points
from compiler.directives.assumption import ASSUMPTIONS, Assumption, read_assumed
from compiler.directives.average import AverageLimit
from compiler.directives.band import WeightBand
from compiler.directives.base import Directive
from compiler.directives.bounds import (
    describe_amounts,
    describe_band,
    idle_base,
    read_amount_band,
    read_points,
    read_shares,
)
from compiler.directives.cash import CashBand
from compiler.directives.count import CountLimit, read_numbers
from compiler.directives.holding_minimum import HoldingMinimum
from compiler.directives.losses import RealizedLosses
from compiler.directives.lot_order import lot_order
from compiler.directives.read import read_directive
from compiler.directives.read_average import read_average_range
from compiler.directives.realized import RealizedLimit
from compiler.directives.share_units import UNITS
from compiler.directives.target_boundary import TargetBoundary
from compiler.directives.target_weight import TargetWeight, read_weight
from compiler.directives.tracking_error import TrackingErrorLimit, read_rate
from compiler.directives.trade_maximum import TradeMaximum
from compiler.directives.trade_minimum import TradeMinimum
from compiler.directives.transition_limit import TransitionLimit, read_length
from compiler.directives.turnover import TurnoverLimit
from compiler.directives.waiver_limit import WaiverLimit, days, read_days
from compiler.files import OpenFile
from compiler.ranges import Range
from compiler.reader import Reader
from compiler.statements import Statement
from grammar import tree
from grammar.spans import Span
from grammar.tree import Side


@dataclass(frozen=True, slots=True)
class Grant:
    """One `allow LAYERS to set ...` of a default.

    `boundary` None lets any value pass; `off` grants are for `to set off` alone.
    """

    statement: Statement
    layers: frozenset[str]
    boundary: Range | None
    off: bool
    span: Span

    def describe(self) -> str:
        """The boundary in words: `$50 to $1,000`."""
        if self.boundary is None:
            return "any value"
        return describe_range(self.statement.directive, self.boundary)


def describe_range(directive: Directive, range_: Range) -> str:
    """A range in the words of its directive: `0.5% to 10% of account`."""
    low, high = range_.low, range_.high
    if not isinstance(low, Decimal) and not isinstance(high, Decimal):
        words = describe_amounts(low, high)
    else:
        ends = [None if end is None else describe_end(directive, end) for end in (low, high)]
        words = describe_band(*ends)
    if words.startswith("between "):
        return words.removeprefix("between ").replace(" and ", " to ", 1)
    return words


def describe_end(directive: Directive, end: Amount | Decimal) -> str:
    """One end of a range in the words of its directive."""
    if isinstance(end, Amount):
        return end.describe()
    if isinstance(directive, Assumption):
        return ASSUMPTIONS[directive.name].describe(end)
    if isinstance(directive, WaiverLimit | TransitionLimit):
        return days(int(end))
    points = isinstance(directive, TargetBoundary) or (
        isinstance(directive, WeightBand) and directive.relation != "share"
    )
    return describe_points(end) if points else describe_fraction(end)


@dataclass(frozen=True)
class Default:
    """A default that was read: its only directive in the tree, typed, and its file."""

    node: tree.Directive
    statement: Statement
    file: OpenFile

    @property
    def directive(self) -> Directive:
        return self.statement.directive


def read_choice(default: Default, chosen: tree.Set, reader: Reader) -> Directive | None:
    """The default's directive with the chosen value; the default's own for `off`."""
    if chosen.off:
        return default.directive
    inner = replace(default.file.reader, diagnostics=reader.diagnostics)
    node: tree.Directive | None = None
    if isinstance(default.node, tree.Keep) and chosen.bound is not None:
        node = _with_bound(default, default.node, chosen.bound)
    elif isinstance(default.node, tree.Use) and chosen.value is not None:
        node = _used(default.node, chosen.value)
    elif isinstance(default.node, tree.Target) and chosen.value is not None:
        node = replace(default.node, weight=chosen.value, span=chosen.value.span)
    elif isinstance(default.node, tree.Replace) and isinstance(chosen.value, tree.Name | tree.Text):
        span = chosen.value.span
        node = replace(
            default.node,
            substitutes=tree.Things(span=span, items=(chosen.value,), where=None),
            span=span,
        )
    if node is None:
        _wrong_shape(default, chosen, reader)
        return None
    typed = read_directive(node, inner)
    if typed is not None and not default.directive.takes(typed):
        _wrong_shape(default, chosen, reader)
        return None
    return typed


def _used(node: tree.Use, chosen: tree.Expression) -> tree.Use:
    """The line with another value; of an order of lots or a unit of shares, the words are it."""
    words = chosen.value if isinstance(chosen, tree.Name) else ""
    if f"{words.removesuffix(' shares')} shares" in UNITS:
        words = f"{words.removesuffix(' shares')} shares"
    if words in UNITS or lot_order(words) is not None:
        return replace(node, what=words, value=None, span=chosen.span)
    return replace(node, value=chosen, span=chosen.span)


def _wrong_shape(default: Default, at: tree.Node, reader: Reader) -> None:
    bounded = isinstance(default.node, tree.Keep | tree.Use)
    example = default.directive.describe_range()
    if isinstance(default.node, tree.Use) and default.node.value is not None:
        example = default.directive.sentence().removeprefix(f"use {default.node.what} ")
    name = default.statement.rule_id
    reader.report(
        codes.WRONG_SHAPE,
        f"this value does not have the shape of `{name}`",
        _stated(at),
        f"the default is `{default.directive.sentence()}`",
        help=f"write a value like `{example}`" if bounded else f"write `set {name} to off`",
    )


def _stated(node: tree.Node) -> Span:
    """Where a `set` states its value."""
    if not isinstance(node, tree.Set):
        return node.span
    value = node.bound or node.value
    return node.head if value is None else value.span


def _with_bound(default: Default, node: tree.Keep, bound: tree.Bound) -> tree.Keep:
    holder: str | None = None
    if isinstance(
        default.directive,
        AverageLimit | CashBand | TrackingErrorLimit | TurnoverLimit | WeightBand,
    ):
        holder = default.directive.base
    elif isinstance(default.directive, RealizedLimit | RealizedLosses):
        holder = default.directive.per
    per = None if holder is None else tree.Name(span=bound.span, value=holder)
    return replace(node, bound=_inherited(bound, node.bound), per=per, span=bound.span)


def _inherited(bound: tree.Bound, default: tree.Bound) -> tree.Bound:
    """The bound with the default's base where it names none; dollars alone have none."""
    apart = default.relation is not None or default.side is Side.WITHIN
    if bound.base is not None or (idle_base(bound) and not apart):
        return bound
    return replace(bound, base=default.base, relation=default.relation)


def read_grant(default: Default, allow: tree.Allow, reader: Reader) -> Grant | None:
    """The typed grant, or None after reporting what is wrong (`to waive` is read elsewhere)."""
    own = default.statement.authority
    layers = [name for name in allow.layers if reader.is_below(name, own)]
    boundary: Range | None = None
    if allow.bound is not None:
        boundary = _boundary(default, allow.bound, reader)
        if boundary is None:
            return None
    if len(layers) < len(allow.layers):
        return None
    names = frozenset(name.value for name in layers)
    span = allow.span if allow.bound is None else allow.bound.span
    return Grant(default.statement, names, boundary, allow.to == "set off", span)


def _boundary(default: Default, bound: tree.Bound, reader: Reader) -> Range | None:
    inner = replace(default.file.reader, diagnostics=reader.diagnostics)
    directive, node = default.directive, default.node
    if isinstance(directive, TargetWeight):
        return _target_boundary(default, directive, bound, inner)
    if isinstance(directive, Assumption):
        return _assumed_boundary(default, directive, bound, inner)
    if not isinstance(node, tree.Keep):
        _wrong_shape(default, bound, reader)
        return None
    return _kept_boundary(default, bound, _inherited(bound, node.bound), inner)


_IN_MONEY = (
    CashBand
    | HoldingMinimum
    | RealizedLimit
    | RealizedLosses
    | TradeMaximum
    | TradeMinimum
    | TurnoverLimit
)


def _kept_boundary(
    default: Default, bound: tree.Bound, whole: tree.Bound, reader: Reader
) -> Range | None:
    """The boundary of a limit; `whole` is the bound with the default's base where it has none."""
    directive = default.directive
    if not _of_the_same(directive, whole):
        _wrong_shape(default, bound, reader)
        return None
    match directive:
        case TransitionLimit():
            limit = read_length(bound, reader)
            return None if limit is None else limit.range
        case TargetBoundary():
            return read_points(whole, reader)
        case WaiverLimit():
            most = read_days(bound, reader)
            return None if most is None else Range(high=Decimal(most))
        case TrackingErrorLimit():
            highest = read_rate(bound, reader)
            return None if highest is None else Range(high=highest)
        case CountLimit():
            return read_numbers(whole, directive.counted, reader)
        case AverageLimit():
            found = read_average_range(whole, directive.attribute.column, reader)
            if found is not None and found[:2] != (directive.relation, directive.reference):
                _wrong_shape(default, bound, reader)
                return None
            return None if found is None else found[2]
    in_money = isinstance(directive, _IN_MONEY)
    if in_money or (isinstance(directive, WeightBand) and directive.relation is None):
        band = read_amount_band(whole, reader)
        return None if band is None else band.range
    assert isinstance(directive, WeightBand)
    if directive.relation == "share":
        return read_shares(whole, reader)
    if directive.relation == "within" and whole.side is not Side.WITHIN:
        _wrong_shape(default, bound, reader)
        return None
    return read_points(whole, reader)


def _of_the_same(directive: Directive, bound: tree.Bound) -> bool:
    """Whether a boundary is measured from what the default is."""
    match directive:
        case TargetBoundary():
            return _of(bound) == "model"
        case TrackingErrorLimit():
            return _of(bound) in (None, directive.base)
        case WeightBand() if directive.relation is not None:
            distance = bound.relation is not None or bound.side is Side.WITHIN
            shares = directive.relation == "share"
            return _of(bound) == directive.reference and distance is not shares
    return True


def _of(bound: tree.Bound) -> str | None:
    """What a bound is of: its base, or that of its only end."""
    if isinstance(bound.high, tree.ShareOf) and bound.base is None:
        return bound.high.base.value
    return None if bound.base is None else bound.base.value


def _assumed_boundary(
    default: Default, directive: Assumption, bound: tree.Bound, reader: Reader
) -> Range | None:
    if bound.base is not None or bound.relation is not None or bound.side is Side.WITHIN:
        _wrong_shape(default, bound, reader)
        return None
    known = ASSUMPTIONS[directive.name]
    nodes = (bound.low, bound.high)
    ends = [None if end is None else read_assumed(known, end, bound, reader) for end in nodes]
    if any(end is None for end, node in zip(ends, nodes, strict=True) if node is not None):
        return None
    return Range(*ends)


def _target_boundary(
    default: Default, directive: TargetWeight, bound: tree.Bound, reader: Reader
) -> Range | None:
    """Weights of the default's base, which an end need not repeat."""
    if bound.relation is not None or bound.side is Side.WITHIN:
        _wrong_shape(default, bound, reader)
        return None
    base = bound.base or tree.Name(span=bound.span, value=directive.base)
    ends: list[Decimal | None] = []
    for end in (bound.low, bound.high):
        if isinstance(end, tree.Quantity):
            end = tree.ShareOf(span=end.span, share=end, base=base)  # noqa: PLW2901
        weight = None if end is None else read_weight(end, reader)
        if end is not None and weight is None:
            return None
        if weight is not None and weight[1] != directive.base:
            _wrong_shape(default, bound, reader)
            return None
        ends.append(None if weight is None else weight[0])
    return Range(*ends)
