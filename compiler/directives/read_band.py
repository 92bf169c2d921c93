"""Reads `keep` lines about weights: a group or column, and a band, absolute or around the model."""

from __future__ import annotations

from dataclasses import replace

from compiler import codes
from compiler.amounts import Amount, Base
from compiler.directives.band import EACH, Reference, Relation, WeightBand
from compiler.directives.bounds import holder, read_amount_band, read_points, read_shares
from compiler.directives.losses import LOSSES
from compiler.directives.realized import GAINS, OF_TAXPAYERS
from compiler.read_conditions import read_narrowed, read_positions
from compiler.reader import Reader, did_you_mean
from compiler.selections import Selection
from grammar import tree
from grammar.tree import Side


def read_band(node: tree.Keep, reader: Reader) -> WeightBand | None:
    """The typed band, or None after reporting every mistake in it."""
    subject = _subject(node, reader)
    base = None if node.bound.base is None else node.bound.base.value
    relative = node.bound.relation is not None or node.bound.side is Side.WITHIN
    if base in ("model", "target") or relative:
        band = _relative(node, reader)
    else:
        band = _absolute(node, reader)
    if subject is None or band is None:
        return None
    return replace(band, each=subject[0], selection=subject[1])


def _subject(node: tree.Keep, reader: Reader) -> tuple[str | None, Selection | None] | None:
    fine, narrowed = read_narrowed(node, "a weight", reader)
    if not fine:
        return None
    if node.each:
        each = "" if node.measure is None else node.measure.value
        if each in EACH:
            return each, narrowed
        _unknown_each(node, each, reader)
        return None
    things = node.things
    if things is None:
        assert node.measure is not None
        anything = node.measure.value == "anything"
        if not anything and not reader.is_group(node.measure.value):
            _unknown_measure(node.measure, reader)
            return None
        items = () if anything else (node.measure,)
        things = tree.Things(span=node.measure.span, items=items, where=None)
    selection = read_positions(things, "a weight counts whole positions, not lots", reader)
    if selection is None:
        return None
    return None, selection if narrowed is None else replace(selection, where=narrowed.where)


def _unknown_each(node: tree.Keep, each: str, reader: Reader) -> None:
    at = node if node.measure is None else node.measure
    reader.report(
        codes.UNKNOWN_MEASURE,
        f"`each {each}` is not something a weight is kept for",
        at.span,
        help=did_you_mean(each, EACH) or "known: each " + ", each ".join(EACH),
    )


ONE_OF = {"industries": "industry", "countries": "country", "asset_classes": "asset_class"} | {
    f"{each}s": each for each in ("holding", "issuer", "sector")
}


def _unknown_measure(name: tree.Name, reader: Reader) -> None:
    known = [
        "cash",
        "settled cash",
        "holdings",
        "trades",
        "turnover",
        *GAINS,
        *OF_TAXPAYERS,
        *LOSSES,
        *reader.group_names(),
    ]
    one = ONE_OF.get(name.value, name.value)
    if one in EACH:
        help_line = f"write `keep each {one} ...`"
    else:
        short = f"realized {name.value}" in known
        meant = f"realized {name.value}" if short else name.value
        help_line = did_you_mean(meant, known) or f"`define {name.value} as ...`"
    reader.report(
        codes.UNKNOWN_MEASURE,
        f"`{name.value}` is neither a measure nor a group in sight",
        name.span,
        "keep what?",
        help=help_line,
    )


def _absolute(node: tree.Keep, reader: Reader) -> WeightBand | None:
    band = read_amount_band(node.bound, reader)
    base = None if band is None else holder(band, node.per, node.bound, reader)
    if band is None or base is None:
        return None
    return WeightBand(None, None, low=band.low, high=band.high, base=base)


def _relative(node: tree.Keep, reader: Reader) -> WeightBand | None:
    bound = node.bound
    base = "" if bound.base is None else bound.base.value
    if base not in ("model", "target"):
        at = bound if bound.base is None else bound.base
        reader.report(
            codes.OF_WHAT,
            f"a distance from `{base}`" if base else "a distance from what?",
            at.span,
            help="write `of model` (as published) or `of target` (after exclusions)",
        )
        return None
    reference: Reference = "model" if base == "model" else "target"
    if node.per is not None and node.per.value not in ("account", "household"):
        reader.report(
            codes.DOES_NOT_APPLY,
            f"`per {node.per.value}` does not go with weights",
            node.per.span,
            help="write `per account` or `per household`",
        )
        return None
    holds: Base = "household" if node.per and node.per.value == "household" else "account"
    if bound.side is Side.WITHIN or bound.relation is not None:
        relation: Relation = "within"
        if bound.relation is not None and bound.side is not Side.WITHIN:
            relation = "above" if bound.relation == "above" else "below"
        points = read_points(bound, reader)
        if points is None:
            return None
        assert not isinstance(points.low, Amount)
        assert not isinstance(points.high, Amount)
        return WeightBand(
            None,
            None,
            relation=relation,
            reference=reference,
            base=holds,
            low_points=points.low,
            high_points=points.high,
        )
    shares = read_shares(bound, reader)
    if shares is None:
        return None
    assert not isinstance(shares.low, Amount)
    assert not isinstance(shares.high, Amount)
    return WeightBand(
        None,
        None,
        relation="share",
        reference=reference,
        base=holds,
        low_share=shares.low,
        high_share=shares.high,
    )
