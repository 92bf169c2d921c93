"""Rules that no portfolio can keep together, whatever a book holds: found without one.

Weights are parts of one: what is held and what is cash come to the whole. Every rule that bounds
parts of it by numbers is a row; where the rows have no solution, some of the rules cannot all be
kept, and none of them is left that could be spared.

Of `sector` and `industry` a company has one and a fund none. Up to COSTS of the whole may be paid
for trades. Rules with exceptions, waivers or times to comply are left out: they say less than their
numbers; so are those that count what is unknown as something.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import Literal

import numpy as np

from compiler import codes
from compiler.amounts import Amount
from compiler.asked_and_forbidden import OF_SOME_ACCOUNTS, asked_and_forbidden
from compiler.clashes import grouped, shown, surely_together
from compiler.directives.band import WeightBand
from compiler.directives.base import Directive
from compiler.directives.cash import CashBand
from compiler.directives.count import CountLimit
from compiler.directives.holding_minimum import HoldingMinimum
from compiler.directives.restriction import Restriction
from compiler.directives.treatment import Treatment
from compiler.overlaps import apart, implies, values_of
from compiler.selections import Named, Selection
from compiler.statements import Origin, Statement
from grammar.diagnostics import Diagnostic, Label
from grammar.tree import Mode

COSTS = 0.02
CLEAR = 1e-6
MOST_PARTS = 8
MOST_FOUND = 5
SETS_ASIDE = ("earmark", "accumulation")
ANYTHING = Selection()
Base = Literal["account", "household"]
BASES: tuple[Base, ...] = ("account", "household")
Row = tuple[Mapping[str, float], float, float]
"""Coefficients by variable, and the ends between which their sum lies."""


def contradictions(
    statements: Sequence[Statement], waived: Collection[str] = ()
) -> Iterator[Diagnostic]:
    """A warning for each set of rules that no portfolio keeps, though one keeps all but any one of
    them. `waived` are the ids of rules that a waiver names."""
    told: set[frozenset[str]] = set()
    aside = any(each.directive.kind in SETS_ASIDE for each in statements)
    opened = any(_treats(each, "limits") for each in statements)
    absent = [each.authority.rank for each in statements if _treats(each, "absent")]
    known: dict[tuple[object, ...], bool] = {}

    def none(rules: Sequence[Statement], base: Base) -> bool:
        """Whether no portfolio keeps them: thousands of households may say the same."""
        said = (base, *(each.directive for each in rules))
        if said not in known:
            kinds = [each.directive for each in rules]
            known[said] = _none(kinds, base, aside=aside, opened=opened)
        return known[said]

    plain = [each for each in _plain(statements) if each.rule_id not in waived]
    found = list(asked_and_forbidden(plain))
    for rules in _together([each for each in plain if _speaks(each.directive)], absent):
        for base in BASES:
            reach = [each for each in rules if base == "account" or _of_all_accounts(each)]
            sets = _irreducible(reach, partial(none, base=base))
            found += ((some, _said(some)) for some in sets)
    for some, said in found:
        keys = frozenset(each.key for each in some)
        if keys not in told and not _one_slot(some):
            told.add(keys)
            yield _diagnostic(some, said)


def _together(statements: Sequence[Statement], absent: Sequence[int]) -> Iterator[list[Statement]]:
    """Statements that one account is sure to be under on some day: of files for all and of one
    owner, without guards or with the same ones. What a layer calls `absent`, by its rank, counts
    for the layers above it: these do not measure the same."""
    common = [each for each in statements if each.authority.of is None]
    owned = grouped((each.authority, each) for each in statements if each.authority.of is not None)
    for own in ([], *owned.values()):
        near = [*common, *own]
        if _roomy(each.directive for each in near):
            continue
        for guards in dict.fromkeys(each.guards for each in near):
            group = _meeting([each for each in near if each.guards in ((), guards)])
            seen = ((sum(rank <= each.authority.rank for rank in absent), each) for each in group)
            for alike in grouped(seen).values():
                if not own or any(each in alike for each in own):
                    yield alike


def _treats(statement: Statement, purpose: str) -> bool:
    directive = statement.directive
    return isinstance(directive, Treatment) and directive.purpose == purpose


def _of_all_accounts(statement: Statement) -> bool:
    """Whether it is sure to be about every account of a household, so that a share of each of them
    is one of all together."""
    return not statement.guards and statement.authority.layer not in OF_SOME_ACCOUNTS


def _plain(statements: Sequence[Statement]) -> list[Statement]:
    """Those that mean what they say, of everything they speak of, and nobody has chosen others."""
    chosen = {each.rule_id for each in statements if each.origin is Origin.SET}
    return [
        each
        for each in statements
        if each.soft is None
        and not (each.off or each.carveouts or each.transitions)
        and each.missing is not True
        and each.counts_as is None
        and each.origin is not Origin.NOTE
        and (each.origin is Origin.RULE or each.rule_id not in chosen)
    ]


def _speaks(directive: Directive) -> bool:
    """Whether it bounds parts of the whole, or says how many there are."""
    if isinstance(directive, Restriction):
        return (directive.mode, directive.action) == (Mode.ONLY, "hold")
    return isinstance(directive, CashBand | WeightBand | CountLimit | HoldingMinimum)


def _roomy(directives: Iterable[Directive]) -> bool:
    """Whether there is room for all of them at first sight: what has to be held fits beside the
    cash, and all of it into the smallest that may be held of anything."""
    floors: dict[Selection, float] = {}
    cash, least_room, most_cash = 0.0, 1.0, 1.0
    for directive in directives:
        match directive:
            case CashBand() as band:
                low, high = _ends(band)
                cash, most_cash = max(cash, low), min(most_cash, high)
            case WeightBand(each=None, relation=None, selection=Selection() as of) as band:
                low, high = _ends(band)
                floors[of], least_room = max(floors.get(of, 0.0), low), min(least_room, high)
                if of == ANYTHING:
                    return False
            case WeightBand(relation=None) as band:
                least_room = min(least_room, _ends(band)[1])
            case WeightBand():
                continue
            case _:
                return False
    held = sum(floors.values())
    return held + cash <= 1 and held <= least_room and cash <= most_cash


def _meeting(group: list[Statement]) -> list[Statement]:
    """Those of a group that meet every other one taken before."""
    found: list[Statement] = []
    for each in group:
        if all(surely_together(each, other) for other in found):
            found.append(each)
    return found


def _one_slot(found: Sequence[Statement]) -> bool:
    """Whether it is two statements about one thing, which are an error of their own."""
    return len(found) == 2 and found[0].directive.slot == found[1].directive.slot


# --- sets of rules -------------------------------------------------------------------------------


def _irreducible(
    rules: Sequence[Statement], none: Callable[[Sequence[Statement]], bool]
) -> Iterator[list[Statement]]:
    """Sets that no portfolio keeps, each without the lowest rule of those before it."""
    rest = list(rules)
    for _ in range(MOST_FOUND):
        if len(rest) < 1 or not none(rest):
            return
        found = list(rest)
        for each in reversed(rest):
            fewer = [other for other in found if other is not each]
            if fewer and none(fewer):
                found = fewer
        yield found
        lowest = max(found, key=lambda each: (each.authority.rank, each.key))
        rest = [each for each in rest if each is not lowest]


def _none(rules: Sequence[Directive], base: Base, *, aside: bool, opened: bool) -> bool:
    """Whether no parts of the whole keep all of the rules. `opened` says that a fund may count as
    what it holds and never as one holding."""
    selections = _selections(rules, base)
    found = [*_rows(rules, base, selections)]
    if base == "account" and not opened:
        found += _of_counts(rules)
    rows = [row for row in found if row[1] > 0 or row[2] < 1]
    if not any(name == "held" or low > 0 for row, low, _ in rows for name in row if name != "cash"):
        # What is not cash may be something that no rule speaks of.
        ends = [(low, high) for row, low, high in rows if "cash" in row]
        return max((low for low, _ in ends), default=0.0) > min([1.0, *(high for _, high in ends)])
    regions = list(_regions(selections))
    whole: list[Row] = [
        ({"cash": 1.0, "aside": 1.0, "held": 1.0}, 1.0 - COSTS, 1.0),
        ({"aside": 1.0}, 0.0, 1.0 if aside else 0.0),
    ]
    return _least_gap([*rows, *whole], selections, regions) > CLEAR


def _least_gap(
    rows: Sequence[Row], selections: Sequence[Selection], regions: Sequence[tuple[bool, ...]]
) -> float:
    """The least by which the rows have to be missed, all of them together."""
    # A library that few policy sets have a use for.
    linprog = import_module("scipy.optimize").linprog
    place = {"cash": 0, "aside": 1}
    count = 2 + len(regions)
    above: list[list[float]] = []
    most: list[float] = []
    for coefficients, low, high in rows:
        line = [0.0] * count
        for name, coefficient in coefficients.items():
            if name in place:
                line[place[name]] += coefficient
                continue
            for number, region in enumerate(regions):
                if name == "held" or region[int(name)]:
                    line[2 + number] += coefficient
        if high < np.inf:
            above.append(line)
            most.append(high)
        if low > -np.inf:
            above.append([-each for each in line])
            most.append(-low)
    slack = -np.eye(len(above))
    cost = np.concatenate([np.zeros(count), np.ones(len(above))])
    found = linprog(cost, A_ub=np.hstack([np.array(above), slack]), b_ub=np.array(most))
    return float(found.fun)


# --- rows ----------------------------------------------------------------------------------------


def _rows(rules: Sequence[Directive], base: Base, selections: Sequence[Selection]) -> Iterator[Row]:
    """What the rules say of the parts of the whole."""
    for rule in rules:
        match rule:
            case CashBand() as cash if base in ("household", cash.base):
                low, high = _ends(cash)
                yield {"cash": 1.0}, low, 1.0 if cash.settled else high
            case WeightBand(each=None, relation=None, selection=Selection() as of) as band:
                if base in ("household", band.base) and (of == ANYTHING or of in selections):
                    name = "held" if of == ANYTHING else str(selections.index(of))
                    yield {name: 1.0}, *_ends(band)
            case WeightBand(relation=None, selection=None, each=str(column)) as band:
                most = _share(band.high, band.base)
                if base in ("household", band.base) and most is not None:
                    yield from _of_each(column, most, selections)
            case _:
                continue
    if _nothing_left([rule for rule in rules if isinstance(rule, Restriction)]):
        yield {"held": 1.0}, 0.0, 0.0


def _of_each(column: str, high: float, selections: Sequence[Selection]) -> Iterator[Row]:
    """A group of values of a column has as much room as its values."""
    for number, selection in enumerate(selections):
        values = values_of(selection)
        if values is not None and values[0] == column:
            yield {str(number): 1.0}, 0.0, high * len(values[1])


def _of_counts(rules: Sequence[Directive]) -> Iterator[Row]:
    """So many holdings of at least, or at most, so much each."""
    fewest, most, largest, smallest = 0.0, np.inf, 1.0, 0.0
    for rule in rules:
        match rule:
            case CountLimit(counted="holdings", selection=None) as count:
                fewest = max(fewest, float(count.low or 0))
                most = most if count.high is None else min(most, float(count.high))
            case Restriction(mode=Mode.ONLY, action="hold", things=Selection(where=None) as of):
                named = bool(of.items) and all(isinstance(each, Named) for each in of.items)
                most = min(most, len(of.items)) if named else most
            case HoldingMinimum(selection=None) as minimum:
                smallest = max(smallest, _share(minimum.amount, "account") or 0.0)
            case WeightBand(each="holding", relation=None, selection=None, base="account") as band:
                high = _share(band.high, "account")
                largest = largest if high is None else min(largest, high)
    if fewest > most:
        yield {"held": 1.0}, 1.0, 0.0
    room = 0.0 if smallest > largest else most * largest
    yield {"held": 1.0}, fewest * smallest, min(1.0, room)


def _nothing_left(restrictions: Sequence[Restriction]) -> bool:
    """Whether two `only hold` rules have nothing in common: values of a column that differ."""
    allowed = [
        values
        for each in restrictions
        if (each.mode, each.action) == (Mode.ONLY, "hold")
        for values in [values_of(each.things)]
        if values is not None
    ]
    return any(
        one[0] == other[0] and one[1].isdisjoint(other[1]) for one in allowed for other in allowed
    )


def _share(amount: Amount | None, base: str) -> float | None:
    """A fixed fraction of the value of what a rule binds; None where it is no such thing."""
    constant = None if amount is None else amount.constant
    if constant is None or constant[0] != f"{base}.value":
        return None
    return float(constant[1])


def _ends(band: CashBand | WeightBand) -> tuple[float, float]:
    low, high = _share(band.low, band.base), _share(band.high, band.base)
    return 0.0 if low is None else low, 1.0 if high is None else high


# --- what selections have in common --------------------------------------------------------------


def _selections(rules: Sequence[Directive], base: Base) -> list[Selection]:
    """The things whose weights are bounded, each once: those with a lower end first, MOST_PARTS at
    most."""
    found: dict[Selection, bool] = {}
    for rule in rules:
        match rule:
            case WeightBand(each=None, relation=None, selection=Selection() as selection) as band:
                if base in ("household", band.base) and selection != ANYTHING:
                    found[selection] = found.get(selection, False) or band.low is not None
    return sorted(found, key=lambda each: not found[each])[:MOST_PARTS]


def _regions(selections: Sequence[Selection]) -> Iterator[tuple[bool, ...]]:
    """Every way in which a part of a portfolio can count in some of the selections."""
    within = [[implies(a, b) for b in selections] for a in selections]
    exclude = [[apart(a, b) for b in selections] for a in selections]

    def extended(region: tuple[bool, ...]) -> Iterator[tuple[bool, ...]]:
        k = len(region)
        if k == len(selections):
            yield region
            return
        for counts in (False, True):
            if all(
                not (counts and region[j] and exclude[j][k])
                and not (region[j] and not counts and within[j][k])
                and not (counts and not region[j] and within[k][j])
                for j in range(k)
            ):
                yield from extended((*region, counts))

    yield from extended(())


# --- words ---------------------------------------------------------------------------------------


def _said(found: Sequence[Statement]) -> str:
    several = f"these {len(found)} lines" if len(found) > 1 else f"`{found[0].rule_id}`"
    return f"no portfolio keeps {several}, whatever it holds"


def _diagnostic(found: Iterable[Statement], said: str) -> Diagnostic:
    """The lowest and last of the rules, with all the others beside it."""
    first, *others = sorted(found, key=lambda each: (-each.authority.rank, each.key))
    loosen = "loosen one of them, or say when each of them holds"
    return codes.NO_PORTFOLIO.at(
        first.value_span or first.span,
        said,
        label=shown(first),
        related=tuple(
            Label(each.value_span or each.span, f"{shown(each)}, {each.authority}")
            for each in others
        ),
        help=loosen if others else "loosen it: the whole is 100%",
    )
