"""How much of a policy set its tests have tried: rules in force, conditions both ways, what bound.

A rule is *in force* in a test where it holds for some account; it has *bound* where it made a
difference (`binding.py`). A condition (a `when`, `where` or `except when`) is *tried* where it was
seen true and seen false of an account, security or lot of the accounts that its file reaches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from compiler.attributes import Environment
from compiler.conditions import Condition
from compiler.files import OpenFile
from compiler.layers import Status
from compiler.read_conditions import read_condition, read_guard
from compiler.scopes import belongs
from grammar import tree, trial
from grammar.spans import Span
from grammar.wording import condition as words
from grammar.wording import one_row
from policydsl.trials.binding import but_for, evidence, owner_of
from policydsl.trials.results import Verdict
from policydsl.trials.run import Bench, Ran
from portfolio.household import Account, Household

TRIES = 5
"""In so many tests a rule that seems to decide nothing is left out to see whether it does."""


@dataclass
class RuleCover:
    """One rule, default or note: the tests in which it was in force, and in which it bound."""

    rule_id: str
    span: Span
    title: str
    in_force: list[str] = field(default_factory=list)
    bound: dict[str, str] = field(default_factory=dict)


@dataclass
class ConditionCover:
    """One condition: in how many tests it was seen true, and false."""

    owner: str
    span: Span
    text: str
    seen_true: int = 0
    seen_false: int = 0

    @property
    def tried(self) -> bool:
        return bool(self.seen_true and self.seen_false)


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    done: int
    total: int

    @property
    def percent(self) -> float:
        return 100.0 * self.done / self.total if self.total else 100.0


@dataclass(frozen=True)
class Coverage:
    """The coverage of one policy set."""

    folder: Path
    name: str
    rules: tuple[RuleCover, ...]
    conditions: tuple[ConditionCover, ...]
    sources: dict[str, str]

    @property
    def shares(self) -> dict[str, Share]:
        """Rules in force, conditions tried, rules that bound."""
        return {
            "rules": Share(sum(bool(each.in_force) for each in self.rules), len(self.rules)),
            "conditions": Share(sum(each.tried for each in self.conditions), len(self.conditions)),
            "binding": Share(sum(bool(each.bound) for each in self.rules), len(self.rules)),
        }


def coverage(bench: Bench, verdicts: Sequence[Verdict]) -> Coverage:
    """What the tests of one policy set have tried; those that fail count too, as they ran."""
    typed = bench.alone
    assert typed.names is not None
    rules = {
        name: RuleCover(name, rule.head, "" if rule.title is None else rule.title.value)
        for name, rule in typed.names.rules.items()
    }
    watched = [each for file in typed.names.files for each in _watched(file)]
    ran = [each for each in verdicts if each.ran is not None]
    for verdict in ran:
        assert verdict.ran is not None
        _in_force(verdict, verdict.ran, rules)
        _bound(verdict, verdict.ran, rules)
        for one in watched:
            one.look(verdict.ran)
    for rule in rules.values():
        _try_without(rule, ran)
    return Coverage(
        bench.folder,
        bench.policies.name,
        tuple(sorted(rules.values(), key=lambda each: each.span)),
        tuple(sorted((each.cover for each in watched), key=lambda each: each.span)),
        dict(bench.policies.sources),
    )


# --- rules ---------------------------------------------------------------------------------------


def _in_force(verdict: Verdict, ran: Ran, rules: dict[str, RuleCover]) -> None:
    held = {
        standing.statement.rule_id
        for _, policy in ran.merged
        for standing in policy.standings
        if standing.status in (Status.IN_FORCE, Status.NOTED)
    }
    for rule_id in held & rules.keys():
        rules[rule_id].in_force.append(verdict.name)


def _bound(verdict: Verdict, ran: Ran, rules: dict[str, RuleCover]) -> None:
    found = evidence(ran)
    wrong = {each.primary.span for each in verdict.found}
    for line in verdict.case.expected:
        if not isinstance(line, trial.ExpectRule) or line.verb != "binds" or line.never:
            continue
        if line.span not in wrong:
            found.setdefault(line.rule.value, "a test expects it")
    for rule_id, reason in found.items():
        if rule_id in rules:
            rules[rule_id].bound[verdict.name] = reason


def _try_without(rule: RuleCover, ran: Iterable[Verdict]) -> None:
    """Rules that leave no trace of their own, such as the numbers behind the objective."""
    if rule.bound:
        return
    there = [each for each in ran if each.name in rule.in_force]
    for verdict in there[:TRIES]:
        assert verdict.ran is not None
        reason = but_for(verdict.ran, rule.rule_id)
        if reason:
            rule.bound[verdict.name] = reason
            return


# --- conditions ----------------------------------------------------------------------------------


@dataclass
class _Watched:
    """A condition with its typed form, looked at in every test."""

    cover: ConditionCover
    typed: Condition
    file: OpenFile
    of_accounts: bool

    def look(self, ran: Ran) -> None:
        seen = {
            self.typed.truth(env)
            for household, account in ran.accounts
            if belongs(self.file.authority, household, account)
            for env in self._environments(household, account)
        }
        self.cover.seen_true += True in seen
        self.cover.seen_false += False in seen

    def _environments(self, household: Household, account: Account) -> Iterator[Environment]:
        if self.of_accounts:
            yield Environment(household, account)
        elif self.typed.mentions_lot:
            for lot in account.lots:
                yield Environment(household, account, household.securities[lot.security_id], lot)
        else:
            for security in household.securities.values():
                yield Environment(household, account, security)


def _watched(file: OpenFile) -> Iterator[_Watched]:
    header = file.tree.header
    found: list[tuple[str, tree.Condition, bool]] = []
    if header.guard is not None:
        found.append((header.id.value if header.id else file.tree.path, header.guard, True))
    for statement in file.tree.statements:
        owner = owner_of(statement)
        found += ((owner, *each) for each in _conditions(statement, of_accounts=False))
    for name, node, of_accounts in found:
        reader = replace(file.reader, diagnostics=[])
        typed = (read_guard if of_accounts else read_condition)(node, reader)
        if typed is not None:
            cover = ConditionCover(name, node.span, one_row(words(node)))
            yield _Watched(cover, typed, file, of_accounts)


_CONDITIONS = (
    tree.Compare, tree.Between, tree.Member, tree.Recent, tree.Missing, tree.Flag, tree.Not,
    tree.All, tree.Any,
)  # fmt: skip
_PICKS_ACCOUNTS = {
    (tree.When, "condition"),
    (tree.Except, "condition"),
    (tree.DefineAccounts, "where"),
}


def _conditions(node: object, *, of_accounts: bool) -> Iterator[tuple[tree.Condition, bool]]:
    """The whole conditions of a statement, not their parts, and whether they pick accounts."""
    if isinstance(node, _CONDITIONS):
        yield node, of_accounts
    elif isinstance(node, tree.Node):
        for each in fields(node):
            accounts = (type(node), each.name) in _PICKS_ACCOUNTS
            yield from _conditions(getattr(node, each.name), of_accounts=accounts)
    elif isinstance(node, tuple):
        for each in node:
            yield from _conditions(each, of_accounts=of_accounts)
