"""The lines of policy tests in the words of the language: `parse_tests` reads the same tree."""

from __future__ import annotations

from grammar import tree, trial
from grammar.wording import expression, listed, listing, mark, one_row, things, where
from grammar.write import INDENT, line


def write_tests(file: trial.TestFile) -> str:
    """A whole file: its tests with a blank row between them, without comments."""
    return "\n".join(map(_block, file.trials))


def _block(one: trial.Trial) -> str:
    rows = [trial_head(one), *(INDENT + one_row(trial_line(each)) for each in one.lines)]
    return "".join(f"{row}\n" for row in rows)


def trial_head(one: trial.Trial) -> str:
    """The first line of a test."""
    return f"test {expression(one.title)}"


def trial_line(node: trial.Line) -> str:
    """One line of a test, with marks where its row may end."""
    match node:
        case trial.ForEach():
            return _for_each(node)
        case trial.GivenBook():
            return f"given book {expression(node.book)}"
        case trial.GivenPolicy():
            return f"given policy {expression(node.policy)}"
        case trial.GivenToday():
            return f"given today is {expression(node.day)}"
        case trial.GivenHolding():
            return f"given {expression(node.amount)} of {things(node.things)}"
        case trial.GivenModel():
            name = "" if node.model is None else f"{expression(node.model)} with "
            return f"given model {name}{_parts(node.parts)}"
        case trial.GivenFund():
            return f"given fund {expression(node.fund)} with {_parts(node.parts)}"
        case trial.GivenEvent():
            return _given_event(node)
        case trial.GivenBroken():
            return f"given rule {node.rule.value} broken since {expression(node.since)}"
        case trial.GivenFact():
            if node.kind is not None and not node.things.items and node.things.where is not None:
                return f"given {node.kind}{where(node.things.where)}"
            kind = "" if node.kind is None else f"{node.kind} "
            return f"given {kind}{things(node.things)}"
        case _:
            return f"expect {_expected(node)}"


def _expected(node: trial.Expect) -> str:
    match node:
        case trial.ExpectNever():
            return line(node.restriction)
        case trial.ExpectTrade():
            side = "" if node.side is None else f"{node.side} "
            amount = "" if node.amount is None else f"{side}{expression(node.amount)} of "
            return f"{node.action} {amount}{things(node.things)}"
        case trial.ExpectRule():
            return f"rule {node.rule.value} {'never ' if node.never else ''}{node.verb}"
        case trial.ExpectValue():
            return line(node.keep).removeprefix("keep ")
        case trial.ExpectSetting():
            value = "off" if node.value is None else expression(node.value)
            return f"{node.rule.value} is {value}"
        case trial.ExpectFinding():
            at = "" if node.at is None else f" at {node.at.value}"
            return f"{node.severity} {node.code.value}{at}"
        case trial.ExpectStatus():
            return f"status {node.status.value}"


def _parts(parts: tuple[trial.ModelPart, ...]) -> str:
    first, *others = (f"{expression(one.security)} at {listed(one.weight)}" for one in parts)
    rest = zip(parts[1:], others, strict=True)
    return first + "".join(f",{mark(part)}{text}" for part, text in rest)


def _given_event(node: trial.GivenEvent) -> str:
    named = node.things is not None and node.things.items
    of = f" of {listing(node.things)}" if named and node.things is not None else ""
    every = "" if node.every is None else f" each {node.every}"
    what = f"{node.kind.value} of {expression(node.amount)}{of} on {expression(node.day)}{every}"
    return f"given {what}{'' if node.things is None else where(node.things.where)}"


def _for_each(node: trial.ForEach) -> str:
    names = ", ".join(name.value for name in node.names)
    first, *others = node.cases
    cases = _case(first) + "".join(f",{mark(one[0])}{_case(one)}" for one in others)
    return f"for each {names} in {cases}"


def _case(values: tuple[tree.Expression, ...]) -> str:
    said = [listed(one) for one in values]
    return said[0] if len(said) == 1 else f"({', '.join(said)})"
