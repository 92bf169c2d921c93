"""The lots of an account as statements ask about them: column by column, and of each once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import overload

from compiler.attributes import Column, Environment
from compiler.dimensions import Value
from portfolio.household import Account, Household, Lot

OF_ACCOUNT = frozenset({"accounts", "households", "tax_entities"})
"""Tables of which all lots of an account see the same row."""


class Lots(Sequence[Environment]):
    """Lots of one account, each an environment. What is a lot's own is read once, of all of them,
    whichever part of them is asked and by however many statements."""

    def __init__(
        self,
        household: Household,
        account: Account,
        lots: Iterable[Lot],
        part_of: tuple[Lots, Sequence[int]] | None = None,
    ) -> None:
        self.household = household
        self.account = account
        self.lots = tuple(lots)
        self._part_of = part_of
        self._known: dict[str, list[Value | None]] = {}

    def __len__(self) -> int:
        return len(self.lots)

    @overload
    def __getitem__(self, place: int) -> Environment: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Environment]: ...

    def __getitem__(self, place: int | slice) -> Environment | Sequence[Environment]:
        return self._environments[place]

    @property
    def of_account(self) -> Environment:
        """The account itself, without any of its lots."""
        return Environment(self.household, self.account)

    @cached_property
    def _environments(self) -> tuple[Environment, ...]:
        securities = self.household.securities
        return tuple(
            Environment(self.household, self.account, securities[lot.security_id], lot)
            for lot in self.lots
        )

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Their securities, each once, in order."""
        return tuple(dict.fromkeys([lot.security_id for lot in self.lots]))

    @cached_property
    def first_of_each(self) -> Lots:
        """The first of each of their securities."""
        seen: dict[str, int] = {}
        for place, lot in enumerate(self.lots):
            seen.setdefault(lot.security_id, place)
        return self.at(list(seen.values()))

    def at(self, places: Sequence[int]) -> Lots:
        """Those at some places, which ascend."""
        if len(places) == len(self.lots):
            return self
        lots = [self.lots[place] for place in places]
        return Lots(self.household, self.account, lots, (self, places))

    def of(self, names: Iterable[str]) -> Lots:
        """Those of some securities."""
        wanted = frozenset(names)
        of = [k for k, lot in enumerate(self.lots) if lot.security_id in wanted] if wanted else []
        return self.at(of)

    def values(self, column: Column) -> list[Value | None]:
        """What a column has for each, None where it is missing."""
        if column.table != "lots":
            return self._of_securities(column)
        if self._part_of is not None:
            whole, places = self._part_of
            known = whole.values(column)
            return [known[place] for place in places]
        if column.name not in self._known:
            self._known[column.name] = column.of_lots(self.household, self.lots)
        return self._known[column.name]

    def _of_securities(self, column: Column) -> list[Value | None]:
        if column.table in OF_ACCOUNT:
            return [column.value(self.of_account)] * len(self.lots)
        securities = self.household.securities
        of = {
            name: column.value(Environment(self.household, self.account, securities[name]))
            for name in self.names
        }
        return [of[lot.security_id] for lot in self.lots]
