"""Trees such as the reader makes, at random."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from grammar import tree, trial
from grammar.spans import Span
from grammar.vocabulary import keywords

AT = Span("a.policy", 1, 1, 1, 1)


def node(kind, /, *args, **kwargs):
    return st.builds(kind, *args, span=st.just(AT), **kwargs)


# Words that begin conditions, values, bounds or selections are no names where those may stand.
RESERVED = {
    "not", "the", "is", "at", "above", "below", "before", "after", "between", "in", "on", "missing",
    "anything", "positions", "each", "within", "off", "when", "to", "across", "where", "for",
    "existing",
}  # fmt: skip
words = st.sampled_from(
    ["industry", "account.type", "x-y.z_1", "règle", *sorted(set(keywords()) - RESERVED)]
)
names = node(tree.Name, value=words)
texts = node(tree.Text, value=st.sampled_from(["Tobacco", "", "a # b", "“so”", "it's: 5%, (x"]))
month_days = st.dates(date(2024, 1, 1), date(2024, 12, 31)).map(
    lambda day: tree.MonthDay(span=AT, month=day.month, day=day.day)
)
dates = node(tree.Date, value=st.dates(date(1900, 1, 1), date(2999, 12, 31)))
quantities = node(
    tree.Quantity,
    value=st.decimals(-(10**9), 10**9, places=2) | st.integers(0, 10**9).map(Decimal),
    unit=st.sampled_from(tree.Unit),
)
shares = node(tree.ShareOf, share=quantities, base=names)
rising = node(tree.Prorated, whole=quantities | shares)
atoms = names | texts | dates | month_days | quantities | shares | rising


def compound(inner):
    return node(tree.Choice, larger=st.booleans(), left=inner, right=inner) | node(
        tree.Sum, sign=st.sampled_from([1, -1]), left=inner, right=inner
    )


values = st.recursive(atoms, compound, max_leaves=4)
lefts = atoms | node(tree.Sum, sign=st.just(-1), left=atoms, right=values)


def compare(parts):
    left, comparison, right = parts
    days = {"above": "after", "below": "before", "at least": "on or after"}
    days["at most"] = "on or before"
    if isinstance(right, tree.Date | tree.MonthDay):
        comparison = tree.Comparison(days.get(comparison, comparison))
    return tree.Compare(span=AT, left=left, comparison=comparison, right=right)


tests = (
    st.tuples(lefts, st.sampled_from(tree.Comparison), values).map(compare)
    | node(tree.Between, left=lefts, low=values, high=values)
    | node(
        tree.Member,
        left=lefts,
        negated=st.booleans(),
        options=st.lists(atoms, min_size=1, max_size=3).map(tuple),
    )
    | node(tree.Recent, left=lefts, negated=st.booleans(), ahead=st.booleans(), length=quantities)
    | node(tree.Missing, left=names, negated=st.booleans())
    | node(tree.Flag, name=names)
)


def joined(inner):
    some = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return (
        node(tree.All, operands=some)
        | node(tree.Any, operands=some)
        | node(tree.Not, operand=inner)
    )


conditions = st.recursive(tests, joined, max_leaves=5)
perhaps = st.none() | conditions
items = st.lists(names | texts, max_size=3).map(tuple)
selections = node(tree.Things, items=items, where=perhaps)


def alike(low, high):
    both = isinstance(low, tree.Quantity) and isinstance(high, tree.Quantity)
    return both and low.unit is high.unit


def bound(parts):
    """Built as the reader builds it: the last `of` is the base where all numbers share it."""
    side, low, high, relation, base = parts
    if side == "at least":
        high = None
    elif side != "between":
        low = None
    last = low if high is None else high
    shared = low is None or high is None or alike(low, high)
    if relation is None and isinstance(last, tree.ShareOf):
        base, low, high = None, bare(low), bare(high)
    elif relation is None and not (isinstance(last, tree.Quantity) and shared):
        base = None
    if side == "within":
        relation, base = None, base or tree.Name(span=AT, value="model")
        high = high if isinstance(high, tree.Quantity) else None
        high = high or tree.Quantity(span=AT, value=Decimal(3), unit=tree.Unit.POINTS)
    if relation is not None and base is None:
        base = tree.Name(span=AT, value="target")
    return tree.Bound(
        span=AT, side=tree.Side(side), low=low, high=high, relation=relation, base=base
    )


def bare(value):
    return value.share if isinstance(value, tree.ShareOf) else value


bounds = st.tuples(
    st.sampled_from(["between", "at least", "at most", "within"]),
    values,
    values,
    st.sampled_from([None, "above", "below"]),
    st.none() | names,
).map(bound)

every = st.sampled_from(["month", "quarter", "year"])
periods = (
    node(tree.Period, year=st.none(), prorated=st.booleans(), every=every)
    | node(tree.Period, year=st.integers(1900, 2999), prorated=st.just(False))
    | node(tree.Period, year=st.none(), prorated=st.just(False), over=quantities)
)
evenly = node(tree.Evenly, over=quantities)
repeated = (
    node(tree.Every, period=every, day=st.none() | st.integers(1, 31), on=st.none())
    | node(tree.Every, period=st.just("year"), day=st.none(), on=month_days)
)  # fmt: skip
timings = node(tree.By, day=dates | month_days) | evenly | repeated
bare_lists = node(tree.Things, items=items, where=st.none())
measured = st.tuples(names, st.none()) | st.tuples(
    st.none(),
    node(tree.Things, items=st.lists(texts, min_size=1, max_size=2).map(tuple), where=st.none())
    | node(
        tree.Things,
        items=st.lists(names | texts, min_size=2, max_size=3).map(tuple),
        where=st.none(),
    ),
)
keeps = st.builds(
    lambda what, **rest: tree.Keep(span=AT, measure=what[0], things=what[1], **rest),
    measured,
    each=st.booleans(),
    bound=bounds,
    period=st.none() | periods,
    per=st.none() | names.filter(lambda name: name.value != "year"),
    where=perhaps,
)
actions = st.sampled_from(["buy", "sell", "hold", "trade"])
restrictions = node(
    tree.Restrict,
    mode=st.sampled_from(tree.Mode),
    action=st.sampled_from(["buy", "sell", "hold", "trade", "harvest"]),
    things=selections,
)
directives = (
    restrictions
    | node(tree.Prevent, what=st.just("wash sales"), across=words, where=perhaps)
    | keeps
    | node(
        tree.Use,
        what=words,
        value=st.none() | quantities | texts | dates,
        where=perhaps,
        timing=st.none() | evenly | node(tree.By, day=dates | month_days),
    )
    | node(
        tree.Target,
        things=selections,
        weight=values,
        timing=st.none() | evenly | node(tree.By, day=dates | month_days),
    )
    | node(tree.Replace, only=st.booleans(), things=bare_lists, substitutes=selections)
    | node(tree.Treat, things=selections, like=words, purpose=st.none() | words, each=st.booleans())
    | node(
        tree.Prefer,
        action=actions,
        things=selections,
        accounts=st.none() | bare_lists,
        over=st.none() | bare_lists,
        worth=st.none() | quantities,
    )
    | node(
        tree.Flow, action=st.sampled_from(["pay", "reserve", "invest"]), amount=values,
        timing=timings, per=st.none() | names.filter(lambda name: name.value != "year"),
    )
    | node(tree.Wait)
    | node(
        tree.Deal, action=st.sampled_from(["sell", "buy"]), amount=st.none() | quantities,
        things=selections, timing=timings,
        per=st.none() | names.filter(lambda name: name.value != "year"),
    )
    | node(tree.Ask, who=texts, action=actions, things=selections)
    | node(tree.Report, action=actions, things=selections)
)  # fmt: skip
clauses = (
    node(tree.Except, things=selections, condition=st.none(), purpose=st.none())
    | node(tree.Except, things=st.none(), condition=conditions, purpose=st.none())
    | node(tree.Except, things=st.none(), condition=st.none(), purpose=st.just("raise cash"))
    | node(tree.Existing, things=selections, stay=st.just(True), within=st.none(), by=st.none())
    | node(tree.Existing, things=selections, stay=st.just(False), within=quantities, by=st.none())
    | node(tree.Existing, things=selections, stay=st.just(False), within=st.none(), by=dates)
    | node(
        tree.Allow,
        layers=st.lists(names, min_size=1, max_size=3).map(tuple),
        to=st.just("set"),
        bound=st.none() | bounds,
    )
    | node(
        tree.Existing,
        things=selections,
        stay=st.just(False),
        within=st.none(),
        by=st.none(),
        evenly=evenly,
    )
    | node(tree.Allow, layers=st.tuples(names), to=st.just("set off"), bound=st.none())
    | st.builds(
        lambda things, existing, **rest: tree.Allow(
            span=AT,
            to="waive",
            bound=None,
            things=things,
            existing=existing and things is not None,
            **rest,
        ),
        st.none() | selections,
        st.booleans(),
        layers=st.tuples(names),
    )
)
single = st.tuples(
    node(tree.When, condition=conditions),
    node(tree.From, day=dates),
    node(tree.Until, day=dates),
    node(tree.MissingCounts, value=values),
    node(tree.Soft, priority=st.integers(1, 99)),
    node(tree.Because, reason=texts.filter(lambda text: text.value.strip())),
    node(tree.Approved, by=texts),
)
kinds = st.sampled_from([(False, False), (True, False), (False, True)])
rules = st.builds(
    lambda several, once, kind, **rest: tree.Rule(
        span=AT, head=AT, clauses=(*several, *once), is_default=kind[0], is_note=kind[1], **rest
    ),
    st.lists(clauses, max_size=3),
    single,
    kinds,
    id=names,
    title=st.none() | texts,
    directives=st.lists(directives, min_size=1, max_size=3).map(tuple),
)
sets = st.builds(
    lambda chosen, **rest: tree.Set(
        span=AT, head=AT, bound=chosen[0], value=chosen[1], off=chosen[2], **rest
    ),
    st.tuples(bounds, st.none(), st.just(False))
    | st.tuples(st.none(), values, st.just(False))
    | st.just((None, None, True)),
    id=names,
    clauses=st.tuples(single.map(lambda parts: parts[0])),
)
defines = node(tree.Define, name=names, things=selections).filter(
    lambda define: not define.things.items or define.things.items[0].value != "accounts"
)
waivers = st.builds(
    lambda **rest: tree.Waive(span=AT, head=AT, **rest),
    id=names,
    things=selections,
    existing=st.booleans(),
    clauses=single.map(lambda parts: (*parts[:3], *parts[-2:])),
)
days = st.tuples(dates, st.none() | dates).map(
    lambda ends: tree.Days(span=AT, first=ends[0], last=ends[1] or ends[0])
)
others = (
    node(tree.DefineAccounts, name=names, where=perhaps)
    | node(
        tree.DefinePeriods, name=names, periods=st.lists(days, min_size=1, max_size=3).map(tuple)
    )
    | node(tree.DefineFile, name=names, file=texts)
)
statements = rules | sets | waivers | defines | others

NOUNS = {
    "account", "household", "taxpayer", "book", "policy", "today", "rule", "error", "warning",
    "status", "buy", "sell", "never", "only", "given", "model",
    "fund",
}  # fmt: skip
"""What may stand behind `given` and `expect`, and so is no name there."""


def starts_with(said, some):
    first = said.items[0] if isinstance(said, tree.Things) and said.items else said
    return isinstance(first, tree.Name) and first.value in some


def tree_of_trade(side, amount, **rest):
    side = None if side is None or amount is None else tree.Side(side)
    return trial.ExpectTrade(span=AT, side=side, amount=amount, **rest)


# --- tests ---------------------------------------------------------------------------------------

told = selections.filter(lambda some: not starts_with(some, NOUNS))
expected_keeps = keeps.filter(lambda keep: not starts_with(keep.things or keep.measure, NOUNS))
row = st.lists(atoms, min_size=2, max_size=2).map(tuple)
each = node(
    trial.ForEach,
    names=st.tuples(names),
    cases=st.lists(st.tuples(atoms), min_size=1, max_size=3).map(tuple),
) | node(trial.ForEach, names=st.tuples(names, names), cases=st.lists(row, min_size=1).map(tuple))
called = names.filter(lambda name: not starts_with(name, NOUNS))
much = quantities | called
traded = st.tuples(st.sampled_from([None, "at least", "at most"]), st.none() | much)
trades = st.builds(
    lambda bounds, **rest: tree_of_trade(*bounds, **rest),
    traded,
    action=st.sampled_from(["buy", "sell"]),
    things=selections,
)
parts = st.lists(
    node(trial.ModelPart, security=names | texts, weight=quantities | names),
    min_size=1,
    max_size=3,
).map(tuple)
set_values = node(trial.ExpectSetting, rule=called, value=values, off=st.just(False)) | node(
    trial.ExpectSetting, rule=called, value=st.none(), off=st.just(True)
)
lines = (
    each
    | node(trial.GivenBook, book=texts)
    | node(trial.GivenPolicy, policy=texts)
    | node(trial.GivenToday, day=dates | names)
    | node(trial.GivenHolding, amount=much, things=selections)
    | node(trial.GivenModel, model=st.none() | texts, parts=parts)
    | node(trial.GivenFund, fund=names | texts, parts=parts)
    | node(
        trial.GivenEvent,
        kind=called,
        amount=quantities | names,
        things=st.none() | selections.filter(lambda some: some.items or some.where),
        day=values,
        every=st.sampled_from([None, "month", "quarter", "year"]),
    )
    | node(trial.GivenFact, kind=st.none(), things=told)
    | node(
        trial.GivenFact,
        kind=st.sampled_from(["account", "household", "taxpayer"]),
        things=selections,
    )
    | node(trial.GivenBroken, rule=names, since=values)
    | node(trial.ExpectNever, restriction=restrictions)
    | trades
    | node(
        trial.ExpectRule,
        rule=names,
        never=st.booleans(),
        verb=st.sampled_from(["binds", "applies"]),
    )
    | set_values
    | node(trial.ExpectValue, keep=expected_keeps)
    | node(
        trial.ExpectFinding,
        severity=st.sampled_from(["error", "warning"]),
        code=names,
        at=st.none() | names,
    )
    | node(trial.ExpectStatus, status=names)
)
trials = st.builds(
    lambda **rest: trial.Trial(span=AT, head=AT, **rest),
    title=texts,
    lines=st.lists(lines, min_size=1, max_size=4).map(tuple),
)
