"""From a directive of the tree to its typed form: which file reads which."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from compiler import codes
from compiler.directives.accumulation import Accumulation
from compiler.directives.assumption import read_assumption
from compiler.directives.base import Directive
from compiler.directives.cash import read_cash
from compiler.directives.count import read_count
from compiler.directives.cross_trades import read_cross_trades
from compiler.directives.earmark import read_earmark
from compiler.directives.harvest import read_harvest
from compiler.directives.holding_minimum import read_holding_minimum
from compiler.directives.losses import LOSSES, read_losses
from compiler.directives.lot_order import lot_order, read_lot_order
from compiler.directives.model_choice import read_model_choice
from compiler.directives.oversight import read_approval, read_watch
from compiler.directives.payment import read_payment
from compiler.directives.preference import read_preference
from compiler.directives.read_average import PREFIX, read_average
from compiler.directives.read_band import read_band
from compiler.directives.read_instalment import read_instalment
from compiler.directives.read_trade import read_trade
from compiler.directives.realized import GAINS, OF_TAXPAYERS, read_realized
from compiler.directives.replacement import read_replacement
from compiler.directives.restriction import read_restriction
from compiler.directives.share_units import UNITS, read_share_units
from compiler.directives.target_boundary import OF_TARGET, read_target_boundary
from compiler.directives.target_weight import read_target
from compiler.directives.tracking_error import read_tracking_error
from compiler.directives.transition_limit import read_transition_limit
from compiler.directives.treatment import read_treatment
from compiler.directives.turnover import read_turnover
from compiler.directives.waiver_limit import read_waiver_limit
from compiler.directives.wash_sales import read_wash_sales
from compiler.reader import Reader
from grammar import tree

ReadKeep = Callable[[tree.Keep, Reader], Directive | None]


def _read_realized(measure: str) -> ReadKeep:
    return lambda node, reader: read_realized(node, measure, reader)


def _read_losses(measure: str) -> ReadKeep:
    return lambda node, reader: read_losses(node, measure, reader)


MEASURES: dict[str, ReadKeep] = {
    "cash": read_cash,
    "settled cash": read_cash,
    "average": read_average,
    "holdings": read_count,
    "trades": read_count,
    "tracking error": read_tracking_error,
    "turnover": read_turnover,
    **{name: _read_realized(name) for name in (*GAINS, *OF_TAXPAYERS)},
    **{name: _read_losses(name) for name in LOSSES},
}
EACH_ONE: dict[str, ReadKeep] = {
    "holding": read_holding_minimum,
    "trade": read_trade,
    "waiver": read_waiver_limit,
    "transition": read_transition_limit,
}
"""What `keep each` counts one by one."""

_TAKES_PERIOD = frozenset({*GAINS, *LOSSES, *OF_TAXPAYERS, "turnover"})
_TAKES_PER = frozenset(
    {"average", "cash", "settled cash", "holdings", "tracking error", "trades", *_TAKES_PERIOD, ""}
)
_TAKES_WHERE = frozenset({"", "average", "holding", "holdings", "trade", "trades"})

_READERS: dict[type[tree.Directive], Callable[[Any, Reader], Directive | None]] = {
    tree.Target: read_target,
    tree.Replace: read_replacement,
    tree.Treat: read_treatment,
    tree.Prefer: read_preference,
    tree.Flow: lambda node, reader: (
        read_payment(node, reader) if node.action == "pay" else read_earmark(node, reader)
    ),
    tree.Wait: lambda node, reader: Accumulation(),
    tree.Deal: read_instalment,
    tree.Ask: read_approval,
    tree.Report: read_watch,
}
"""Lines that one reader reads whole."""


def read_directive(node: tree.Directive, reader: Reader) -> Directive | None:
    """The typed directive, or None after reporting every mistake in it."""
    narrows = isinstance(node, tree.Prevent) and node.what == "cross trades"
    if isinstance(node, tree.Prevent | tree.Use) and node.where is not None and not narrows:
        _no_where(node, node.where, reader)
        return None
    if type(node) in _READERS:
        return _READERS[type(node)](node, reader)
    match node:
        case tree.Restrict(action="harvest"):
            return read_harvest(node, reader)
        case tree.Restrict():
            return read_restriction(node, reader)
        case tree.Prevent(what="cross trades"):
            return read_cross_trades(node, reader)
        case tree.Prevent():
            return read_wash_sales(node, reader)
        case tree.Use():
            return _use(node, reader)
        case _:
            assert isinstance(node, tree.Keep)
            return _keep(node, reader)


def _use(node: tree.Use, reader: Reader) -> Directive | None:
    if node.what == "model":
        return read_model_choice(node, reader)
    if node.timing is not None:
        reader.report(
            codes.DOES_NOT_APPLY,
            f"`use {node.what}` comes at once",
            node.timing.span,
            help='a model comes in steps: `use model "ACME" evenly over 20 days`',
        )
        return None
    if node.what in UNITS:
        return read_share_units(node, reader)
    if lot_order(node.what) is not None or node.what.endswith(" lots"):
        return read_lot_order(node, reader)
    return read_assumption(node, reader)


def _no_where(node: tree.Prevent | tree.Use, where: tree.Condition, reader: Reader) -> None:
    prevents = isinstance(node, tree.Prevent)
    reader.report(
        codes.DOES_NOT_APPLY,
        f"`{'prevent' if prevents else 'use'} {node.what}` has no use for `where`",
        where.span,
        "it is the same for every security",
        help="say for which accounts in a line of its own: `when ...`",
    )


def _keep(node: tree.Keep, reader: Reader) -> Directive | None:
    measure = _measure(node)
    typed = _reader_of(measure)(node, reader)
    return typed if _fits(node, measure, reader) else None


def _measure(node: tree.Keep) -> str:
    """The name of the measure in the tables here; empty for a weight."""
    measure = "" if node.measure is None else node.measure.value
    if not node.each:
        first = "average" if measure.startswith(PREFIX) else measure
        return first if first in MEASURES else ""
    weighs = measure == "holding" and not _is_minimum(node.bound)
    known = measure in EACH_ONE or measure.endswith(OF_TARGET)
    return measure if known and not weighs else ""


def _is_minimum(bound: tree.Bound) -> bool:
    """Whether a bound has a lower end in dollars or a share of a value."""
    around = bound.base is not None and bound.base.value in ("model", "target")
    return bound.low is not None and bound.relation is None and not around


def _reader_of(measure: str) -> ReadKeep:
    if measure in EACH_ONE:
        return EACH_ONE[measure]
    if measure.endswith(OF_TARGET):
        return read_target_boundary
    return MEASURES.get(measure, read_band)


def _fits(node: tree.Keep, measure: str, reader: Reader) -> bool:
    """Whether every part of the line is one that its measure has a use for."""
    parts: tuple[tuple[tree.Node | None, frozenset[str], str], ...] = (
        (node.period, _TAKES_PERIOD, "a period"),
        (node.per, _TAKES_PER, "`per`"),
        (node.where, _TAKES_WHERE, "`where`"),
    )
    noun = measure or "weight"
    fits = True
    for part, takers, name in parts:
        if part is not None and measure not in takers:
            reader.report(
                codes.DOES_NOT_APPLY,
                f"a limit on {noun} has no use for {name}",
                part.span,
                help="leave it out",
            )
            fits = False
    return fits
