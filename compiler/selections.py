"""What a directive is about: named securities and groups, narrowed by a condition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from compiler.attributes import Column
from compiler.conditions import AllOf, Condition, Environment, Truth, any_of
from compiler.lots import Lots
from portfolio.household import Account, Household, Security


@dataclass(frozen=True)
class Named:
    """One security by its id or ticker."""

    text: str

    def matches(self, security: Security) -> bool:
        return self.text in (security.id, security.ticker)


@dataclass(frozen=True)
class Group:
    """A defined group; two groups are equal when they mean the same under the same name."""

    name: str
    selection: Selection


@dataclass(frozen=True)
class Selection:
    """Securities or lots: any of `items` (everything where there are none) that `where` admits."""

    items: tuple[Named | Group, ...] = ()
    where: Condition | None = None

    @cached_property
    def lot_level(self) -> bool:
        """Whether lots are told apart: somewhere `lot.` is mentioned."""
        return any(column.table == "lots" for column in self.columns())

    @cached_property
    def fixed(self) -> bool:
        """Whether a security alone decides what is selected, whoever holds it and on whatever
        day."""
        groups = (item.selection for item in self.items if isinstance(item, Group))
        return (self.where is None or self.where.fixed) and all(each.fixed for each in groups)

    @cached_property
    def _answers(self) -> dict[str, tuple[Security, Truth]]:
        """What a fixed selection says of securities, by id: thousands of households ask it of the
        same ones. An answer is the row's for which it was given."""
        return {}

    def columns(self) -> Iterator[Column]:
        """Every attribute the selection reads, groups included."""
        for item in self.items:
            if isinstance(item, Group):
                yield from item.selection.columns()
        if self.where is not None:
            yield from self.where.columns()

    @property
    def named(self) -> tuple[str, ...]:
        """Ids and tickers that it lists, those of its groups included, in order."""
        return tuple(
            text
            for item in self.items
            for text in ((item.text,) if isinstance(item, Named) else item.selection.named)
        )

    def truth(self, env: Environment) -> Truth:
        """Whether the security and lot of `env` are selected; None where data is missing."""
        return self._truth(env, lots=True)

    def security(self, env: Environment) -> Truth:
        """The security part: what is asked of lots (conjuncts that mention `lot.`) is left out."""
        return self._truth(env, lots=False)

    def lot(self, env: Environment) -> Truth:
        """Whether the lot of `env` is selected, its security included."""
        return self._truth(env, lots=True)

    def of_lots(self, lots: Lots) -> list[Truth]:
        """What `lot` says of each, asked at once."""
        if self.fixed:
            return [self.lot(env) for env in lots]
        return self._of_parts(lots, lots=True)

    def of_securities(
        self, household: Household, account: Account, names: Iterable[str]
    ) -> list[Truth]:
        """What `security` says of each, by id, asked at once."""
        known, rows = self._answers if self.fixed else {}, household.securities
        return [
            answer[1]
            if (answer := known.get(name)) is not None and answer[0] is rows[name]
            else self.security(Environment(household, account, rows[name]))
            for name in names
        ]

    def _truth(self, env: Environment, *, lots: bool) -> Truth:
        if env.security is None or not self.fixed:
            return self._of_parts((env,), lots=lots)[0]
        known, answer = self._answers.get(env.security.id, (None, None))
        if known is not env.security:
            answer = self._of_parts((env,), lots=lots)[0]
            self._answers[env.security.id] = env.security, answer
        return answer

    def _of_parts(self, environments: Sequence[Environment], *, lots: bool) -> list[Truth]:
        found: list[Truth] | None = None
        if self.items:
            found = [any_of(_item(i, env, lots=lots) for i in self.items) for env in environments]
        for conjunct in self._whole_where if lots else self._where_of_securities:
            if found is None:
                found = conjunct.truths(environments)
                continue
            still = [k for k, truth in enumerate(found) if truth is not False]
            for k, truth in zip(still, conjunct.truths(_at(still, environments)), strict=True):
                if truth is not True:
                    found[k] = truth
        return [True] * len(environments) if found is None else found

    @cached_property
    def _whole_where(self) -> tuple[Condition, ...]:
        """The conditions that all have to hold."""
        return () if self.where is None else _conjuncts(self.where)

    @cached_property
    def _where_of_securities(self) -> tuple[Condition, ...]:
        """Those that ask nothing of lots."""
        return tuple(each for each in self._whole_where if not each.mentions_lot)

    def describe(self) -> str:
        """The selection in the language's words."""
        return self.subject + self.narrowing

    @property
    def subject(self) -> str:
        """What is named, without the condition."""
        names = (f'"{item.text}"' if isinstance(item, Named) else item.name for item in self.items)
        return ", ".join(names) or "anything"

    @property
    def narrowing(self) -> str:
        """` where ...`, which ends a line; empty where nothing is narrowed."""
        return "" if self.where is None else f" where {self.where.describe()}"


def narrowed_words(selection: Selection | None) -> str:
    """` where ...` of a line that may be narrowed to some securities."""
    return "" if selection is None else selection.narrowing


def _at(places: list[int], environments: Sequence[Environment]) -> Sequence[Environment]:
    if isinstance(environments, Lots):
        return environments.at(places)
    return [environments[place] for place in places]


def _item(item: Named | Group, env: Environment, *, lots: bool) -> Truth:
    if isinstance(item, Named):
        return None if env.security is None else item.matches(env.security)
    return item.selection.truth(env) if lots else item.selection.security(env)


def _conjuncts(condition: Condition) -> tuple[Condition, ...]:
    return condition.operands if isinstance(condition, AllOf) else (condition,)
