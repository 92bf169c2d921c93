"""Statements that cannot stand together, and what is said about them.

Every clash is between two statements: intervals on a line have a number in common as soon as every
two of them have. So the same judgements serve before a household is known (`certain_clashes`) and
for one account, where amounts are dollars (`layers`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import TypeVar

from compiler import codes
from compiler.choices import Grant, describe_end
from compiler.conditions import Negation
from compiler.directives.base import Family
from compiler.directives.restriction import Restriction
from compiler.ranges import Measure, Range, apart, opened, outside, stated
from compiler.scopes import Scope, inside, may_meet, scope_of, surely_meet
from compiler.statements import Origin, Statement
from grammar.diagnostics import Code, Diagnostic, Label
from grammar.tree import Mode

PLURALS = {
    "ipc": "the IPC",
    "program": "programs",
    "advisor": "advisors",
    "household": "households",
    "account": "accounts",
}
WHOLE = ("firm", "ipc", "advisor", "household")
"""Layers whose files speak of all accounts of a household or of none."""


@dataclass(frozen=True, slots=True)
class Clash:
    """`losers` take no part; `diagnostic` says why."""

    losers: tuple[Statement, ...]
    diagnostic: Diagnostic


def is_setting(statement: Statement) -> bool:
    """Whether a statement merges as a setting: anything in a default does."""
    chosen = statement.origin in (Origin.DEFAULT, Origin.SET)
    return chosen or statement.directive.family is Family.SETTING


def topic(statement: Statement) -> str:
    """What a statement is about, in few words: `cash`, `each sector`, `realized tax each year`."""
    kind, *rest = statement.directive.slot
    if kind == "weight":
        subject, where, base, *_ = rest
        narrowed = f" where {where.removeprefix('where ')}" if where else ""
        return subject + narrowed + (" of household" if base == "household" else "")
    if kind in ("assumption", "preference"):
        return rest[0]
    if kind.startswith(("realized", "taxable")) or kind == "turnover":
        return f"{kind} {rest[0]}"
    if kind in ("target", "replace", "treat", "only replace", "target of each"):
        return f"{kind} {rest[0]}"
    if kind.startswith(("never ", "only ")):
        return rest[0]
    return kind


def shown(statement: Statement) -> str:
    """How a statement is named in a message: `set ipc.cash`, `default ipc.cash`, `tx.cash`."""
    prefix = "" if statement.origin is Origin.RULE else f"{statement.origin} "
    return prefix + statement.rule_id


def _label(statement: Statement, text: str) -> Label:
    return Label(statement.value_span or statement.span, text)


def _owner(statement: Statement) -> str:
    layer = statement.authority.layer
    return PLURALS["ipc"] if layer == "ipc" else f"the {statement.authority}"


Topic = tuple[str, ...]


def topics(statement: Statement) -> tuple[Topic, ...]:
    """What a statement speaks about, its slot first; a note speaks about nothing."""
    directive = statement.directive
    if statement.origin is Origin.NOTE:
        return ()
    if isinstance(directive, Restriction) and directive.action in ("sell", "hold"):
        return directive.slot, ("sell and hold", directive.things.describe())
    return (directive.slot,)


Pair = tuple[Statement, Statement]
Topics = Mapping[str, tuple[Topic, ...]]
"""The topics of every statement, by its key."""


def rivals(statements: Sequence[Statement], about: Topics) -> list[Pair]:
    """All pairs of statements that speak about one thing and so could clash, in order."""
    pairs = {pair for numbers in _meeting(statements, about) for pair in combinations(numbers, 2)}
    return [(statements[a], statements[b]) for a, b in sorted(pairs)]


def _meeting(statements: Sequence[Statement], about: Topics) -> Iterable[list[int]]:
    """The places of those that share a topic."""
    every = enumerate(statements)
    shared = grouped((topic, at) for at, each in every for topic in about[each.key]).values()
    return [places for places in shared if not _all_alike([statements[at] for at in places])]


def _all_alike(statements: Sequence[Statement]) -> bool:
    """Whether they are rules that say the same and no number: no two of them clash, and a large
    set has many."""
    first = statements[0].directive
    return len(statements) == 1 or (
        first.range is None
        and all(each.origin is Origin.RULE and each.directive == first for each in statements)
    )


def _rivals_for_sure(statements: Sequence[Statement], about: Topics) -> list[Pair]:
    """Those of the pairs that one account is sure to meet, whose files they stand in considered.

    What two households say about one thing is never compared: a set in which every household
    speaks about cash has few such pairs.
    """
    pairs: set[tuple[int, int]] = set()
    for numbers in _meeting(statements, about):
        common = [at for at in numbers if statements[at].authority.of is None]
        pairs.update(combinations(common, 2))
        owned = [at for at in numbers if statements[at].authority.of is not None]
        for own in grouped((statements[at].authority, at) for at in owned).values():
            pairs.update(combinations(own, 2))
            pairs.update((min(pair), max(pair)) for pair in product(common, own))
    return [(statements[a], statements[b]) for a, b in sorted(pairs)]


# --- two statements of one slot ------------------------------------------------------------------


def clash_of_pair(a: Statement, b: Statement, measure: Measure) -> Clash | None:
    """What keeps two statements, in force for one account, from standing together.

    Neither is a value that a `set` replaced. A setting inside the scope of another of its layer is
    no clash: the narrower one wins.
    """
    if _sell_and_hold(a, b) and not _gives_way(a, b):
        return _disagreement(*_by_rank(a, b), codes.SELL_AND_HOLD)
    if a.directive.slot != b.directive.slot:
        return None
    lower, upper = _by_rank(a, b)
    settings = is_setting(a), is_setting(b)
    if all(settings):
        return _two_settings(lower, upper)
    if _gives_way(a, b):
        return None
    same_layer = a.authority == b.authority
    if not any(settings) and same_layer and _same_scope(a, b) and _differ(a, b):
        return _disagreement(lower, upper, codes.DISAGREEMENT)
    if not _of_one_sum(a, b):
        return None
    ours, theirs = lower.directive.range, upper.directive.range
    if ours is None or theirs is None or not apart(ours, theirs, measure):
        return None
    if any(settings) and not is_setting(lower):
        return _against_default(lower, upper)
    if any(settings) and same_layer:
        rule, default = (upper, lower) if is_setting(lower) else (lower, upper)
        return _against_default(rule, default)
    return _nothing_left(lower, upper)


def _gives_way(a: Statement, b: Statement) -> bool:
    """Whether one of two statements that contradict each other is simply broken, as a soft one is.
    Of one priority in one layer neither is meant to be."""
    soft = a.soft is not None or b.soft is not None
    return soft and (a.soft, a.authority) != (b.soft, b.authority)


def _by_rank(a: Statement, b: Statement) -> tuple[Statement, Statement]:
    """The lower statement, then the higher; in one layer the later one first."""
    low, high = sorted((a, b), key=lambda each: (-each.authority.rank, _reverse(each)))
    return low, high


def _reverse(statement: Statement) -> tuple[tuple[int, ...], int, int]:
    """Sorts later places first."""
    path = tuple(-ord(letter) for letter in statement.span.path)
    return path, -statement.span.line, -statement.span.column


def _sell_and_hold(a: Statement, b: Statement) -> bool:
    one, other = a.directive, b.directive
    if not isinstance(one, Restriction) or not isinstance(other, Restriction):
        return False
    actions = {one.action, other.action}
    never = one.mode is other.mode is Mode.NEVER
    alike = one.things == other.things and a.authority == b.authority
    return never and alike and actions == {"sell", "hold"}


def _same_scope(a: Statement, b: Statement) -> bool:
    return set(a.guards) == set(b.guards)


def _of_one_sum(a: Statement, b: Statement) -> bool:
    """Whether what two statements of one slot bound is the same. Of a household each sums up the
    accounts that it reaches."""
    if not a.directive.sums_up:
        return True
    whole = all(each.authority.layer in WHOLE for each in (a, b))
    return _same_scope(a, b) and (whole or a.authority == b.authority)


def _differ(a: Statement, b: Statement) -> bool:
    """Whether two ranges state different numbers on one side."""
    ours, theirs = a.directive.range, b.directive.range
    if ours is None or theirs is None:
        return a.directive != b.directive
    return any(
        one is not None and other is not None and one != other
        for one, other in ((ours.low, theirs.low), (ours.high, theirs.high))
    )


def _two_settings(lower: Statement, upper: Statement) -> Clash | None:
    if lower.directive == upper.directive and lower.off == upper.off:
        return None
    if lower.authority.rank != upper.authority.rank:
        return _against_default(lower, upper)
    if narrower(lower, upper) is not None:
        return None
    return _disagreement(lower, upper, codes.DISAGREEMENT)


def narrower(a: Statement, b: Statement) -> Statement | None:
    """The one whose scope lies inside the other's, if it is not the same scope."""
    ours, theirs = scope_of(a), scope_of(b)
    if inside(ours, theirs) is inside(theirs, ours):
        return None
    return a if inside(ours, theirs) else b


def _disagreement(later: Statement, first: Statement, code: Code) -> Clash:
    layer = later.authority.layer
    if code is codes.SELL_AND_HOLD:
        message = f"two {layer} rules forbid both selling and holding {topic(later)}"
        help_line = "delete one, or say how existing positions leave: `existing ... comply by`"
    else:
        message = f"two {layer} {_noun(later)} disagree about {topic(later)}"
        help_line = "delete one, or give them dates or `when` lines that do not overlap"
    diagnostic = code.at(
        (first.value_span or first.span),
        message,
        label=shown(first),
        related=(_label(later, shown(later)),),
        help=help_line,
    )
    return Clash((later, first), diagnostic)


def _noun(statement: Statement) -> str:
    return {Origin.SET: "choices", Origin.DEFAULT: "defaults", Origin.RULE: "rules"}[
        statement.origin
    ]


def _against_default(lower: Statement, upper: Statement) -> Clash:
    what = "a rule" if lower.origin is Origin.RULE else "a default"
    span = lower.value_span or lower.span
    diagnostic = codes.RULE_AGAINST_DEFAULT.at(
        span,
        f"{what} cannot replace a default"
        if upper.origin is not Origin.SET
        else f"{what} cannot replace a chosen value",
        label="no value satisfies both" if lower.directive.range else "another value",
        related=(_label(upper, shown(upper)),),
        help=f"to choose another value: `set {upper.rule_id} to ...` in place of this",
    )
    return Clash((lower,), diagnostic)


def _nothing_left(lower: Statement, upper: Statement) -> Clash:
    diagnostic = codes.NO_VALUE_LEFT.at(
        (lower.value_span or lower.span),
        f"no value of {topic(lower)} satisfies both {shown(lower)} and {shown(upper)}",
        label=shown(lower),
        related=(_label(upper, f"{shown(upper)}, {upper.authority}"),),
        help=f"a value inside `{upper.directive.describe_range()}` would do",
    )
    return Clash((lower,), diagnostic)


# --- a chosen value and what bounds it -----------------------------------------------------------


def clashes_of_choice(
    chosen: Statement,
    default: Statement,
    grants: Iterable[Grant],
    rules: Iterable[Statement],
    measure: Measure,
) -> Iterator[Clash]:
    """What a `set` does wrong: a layer that may not, a value outside the boundary or a hard rule.

    `grants` are those of the default; `rules` the limits in force above the `set` in its slot.
    """
    for_layer = [each for each in grants if chosen.authority.layer in each.layers]
    fitting = [each for each in for_layer if each.off is chosen.off]
    if not fitting:
        yield _may_not(chosen, default)
        return
    value = chosen.directive.range
    if chosen.off or value is None:
        return
    for grant in fitting:
        if grant.boundary is None:
            continue
        end = _offending(value, grant.boundary, default, measure)
        if end is not None:
            yield _outside(
                chosen, end, Label(grant.span, "the boundary"), grant.describe(), default
            )
    for rule in rules if chosen.soft is None else ():
        bound = rule.directive.range if _of_one_sum(rule, chosen) else None
        if bound is not None and outside(value, bound, measure):
            end = chosen.directive.describe_range()
            limits = rule.directive.describe_range()
            yield _outside(chosen, end, _label(rule, shown(rule)), limits, rule)


def _offending(value: Range, boundary: Range, default: Statement, measure: Measure) -> str | None:
    """The end of a value that leaves its boundary, in words; None where it stays inside."""
    for end in (value.low, value.high):
        one = Range(end, end)
        if end is not None and outside(one, boundary, measure):
            return describe_end(default.directive, end)
    replaced = default.directive.range
    if replaced is not None and opened(value, replaced, boundary):
        return "a band that is open on one side"
    return None


def _may_not(chosen: Statement, default: Statement) -> Clash:
    layer = chosen.authority.layer
    what = "switch off" if chosen.off else "set"
    line = f"allow {layer} to set{' off' if chosen.off else ''}"
    related = Label(default.span, f"default {default.rule_id}: no line `{line}`")
    diagnostic = codes.MAY_NOT_SET.at(
        chosen.span,
        f"this layer may not {what} `{chosen.rule_id}`",
        label=f"{layer} is below {default.authority.layer}"
        if layer != default.authority.layer
        else f"{layer} has made it itself",
        related=(related,),
        help=f"ask {_owner(default)} for the value, or for the line `{line}`",
    )
    return Clash((chosen,), diagnostic)


def _outside(
    chosen: Statement, end: str, boundary: Label, words: str, bounding: Statement
) -> Clash:
    layer = chosen.authority.layer
    verb = "allows" if bounding.origin is not Origin.RULE else "leaves to"
    owner = f"the {bounding.owner}" if bounding.owner else _owner(bounding)
    diagnostic = codes.OUTSIDE_BOUNDARY.at(
        chosen.value_span or chosen.span,
        f"{end} is outside what {_owner(bounding)} {verb} {PLURALS.get(layer, layer)}",
        label="set here",
        related=(boundary,),
        help=f"choose {words}, or ask {owner} to widen line {boundary.span.line}",
    )
    return Clash((chosen,), diagnostic)


# --- before any household is known ---------------------------------------------------------------


def certain_clashes(
    statements: Sequence[Statement], grants: Sequence[Grant], about: Topics
) -> Iterator[Diagnostic]:
    """Clashes that some account would meet, whatever its household."""
    defaults = {each.rule_id: each for each in statements if each.origin is Origin.DEFAULT}
    sets = grouped((each.rule_id, each) for each in statements if each.origin is Origin.SET)
    granted = grouped((grant.statement.key, grant) for grant in grants)
    limits = limits_by_slot(statements, about)
    for rule_id, choices in sets.items():
        default = defaults[rule_id]
        for chosen in choices:
            scope = scope_of(default).narrowed(chosen.guards, chosen.starts, chosen.ends)
            scope = replace(scope, authority=chosen.authority)
            rules = [
                each
                for each in limits.get(about[chosen.key][0], ())
                if bounds(each, chosen)
                and surely_meet(scope_of(each), scope)
                and not excepted_apart(each, chosen)
            ]
            own = granted.get(default.key, ())
            for clash in clashes_of_choice(chosen, default, own, rules, stated):
                yield clash.diagnostic
    for a, b in _rivals_for_sure(statements, about):
        if _meet_for_sure(a, b, sets):
            pair = clash_of_pair(a, b, stated)
            if pair is not None:
                yield pair.diagnostic


Key = TypeVar("Key")
Item = TypeVar("Item")


def grouped(pairs: Iterable[tuple[Key, Item]]) -> dict[Key, list[Item]]:
    """The items of each key, in the order given."""
    groups: dict[Key, list[Item]] = {}
    for key, item in pairs:
        groups.setdefault(key, []).append(item)
    return groups


def limits_by_slot(statements: Iterable[Statement], about: Topics) -> dict[Topic, list[Statement]]:
    """The hard limits about each slot, in the order given."""
    return grouped((about[each.key][0], each) for each in statements if _is_limit(each))


def _is_limit(statement: Statement) -> bool:
    limit = statement.directive.family is Family.LIMIT
    return limit and statement.origin is Origin.RULE and statement.soft is None


def bounds(rule: Statement, chosen: Statement) -> bool:
    """Whether a rule is a hard limit from above on what a `set` may choose."""
    return (
        _is_limit(rule)
        and chosen.origin is Origin.SET
        and chosen.soft is None
        and rule.authority.rank < chosen.authority.rank
        and rule.directive.slot == chosen.directive.slot
    )


def _meet_for_sure(a: Statement, b: Statement, sets: Mapping[str, Sequence[Statement]]) -> bool:
    """Whether both are in force together for some account, as far as words show.

    `sets` are those of every default, by its id.
    """
    if a.off or b.off or bounds(a, b) or bounds(b, a):
        return False
    one_default = a.rule_id == b.rule_id and Origin.SET in (a.origin, b.origin)
    if one_default and (a.authority != b.authority or Origin.DEFAULT in (a.origin, b.origin)):
        return False
    ours, theirs = scope_of(a), scope_of(b)
    if is_setting(a) and is_setting(b) and a.authority == b.authority:
        return may_meet(ours, theirs) and not excepted_apart(a, b)
    replaced = any(
        may_meet(scope_of(chosen), scope_of(other))
        for default, other in ((a, b), (b, a))
        if default.origin is Origin.DEFAULT
        for chosen in sets.get(default.rule_id, ())
    )
    return surely_together(a, b) and not replaced


def surely_together(a: Statement, b: Statement) -> bool:
    """Whether both hold for some account on some day, as far as words show."""
    return surely_meet(scope_of(a), scope_of(b)) and not excepted_apart(a, b)


def excepted_apart(a: Statement, b: Statement) -> bool:
    """Whether the `except when` of one leaves out what is left to the other."""
    return not may_meet(_after_exceptions(a), _after_exceptions(b))


def _after_exceptions(statement: Statement) -> Scope:
    conditions = [each.condition for each in statement.carveouts]
    rest = tuple(Negation(each) for each in conditions if each is not None)
    return scope_of(statement).narrowed(rest, None, None)


def doubled(statements: Iterable[Statement]) -> Iterator[Diagnostic]:
    """Warnings of schedules that say the same for the same accounts: each asks for it once more."""
    schedules = (each for each in statements if each.directive.family is Family.SCHEDULE)
    for alike in grouped((each.directive.slot, each) for each in schedules).values():
        for a, b in combinations(alike, 2):
            if a.rule_id != b.rule_id and surely_together(a, b):
                later, first = _by_rank(a, b)
                yield codes.DOUBLED.at(
                    later.span,
                    f"`{later.rule_id}` and `{first.rule_id}` say the same",
                    label="asked for twice",
                    related=(_label(first, shown(first)),),
                    help="delete one, unless both are meant",
                )
