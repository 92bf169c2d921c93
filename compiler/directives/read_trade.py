"""Reads `keep each trade` lines: a smallest or a largest order, of what `where` picks."""

from __future__ import annotations

from compiler import codes
from compiler.directives.bounds import read_amount_band
from compiler.directives.trade_maximum import TradeMaximum
from compiler.directives.trade_minimum import TradeMinimum
from compiler.read_conditions import read_narrowed
from compiler.reader import Reader
from grammar import tree


def read_trade(node: tree.Keep, reader: Reader) -> TradeMinimum | TradeMaximum | None:
    """The typed limit, or None after reporting what is wrong."""
    band = read_amount_band(node.bound, reader, takes_per=False)
    fine, selection = read_narrowed(node, "a trade", reader)
    if band is None or not fine:
        return None
    if band.low is not None and band.high is not None:
        reader.report(
            codes.WRONG_UNIT,
            "a smallest and a largest trade are two limits",
            node.bound.span,
            "closing a position is exempt from the one only",
            help="write a line `at least` and a line `at most`",
        )
        return None
    if band.low is not None:
        return TradeMinimum(band.low, selection)
    assert band.high is not None
    return TradeMaximum(band.high, selection)
