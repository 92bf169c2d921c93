"""Names of rows and columns, made when they are asked for: of thousands, hardly any is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import SupportsIndex, overload


class Names(Sequence[str]):
    """The names of `members` columns or rows of a model, and `more` of rows that are in none."""

    def __init__(
        self, members: int, name_of: Callable[[int], str], more: tuple[str, ...] = ()
    ) -> None:
        self.members, self.name_of, self.more = members, name_of, more

    def and_more(self, *names: str) -> Names:
        """These and further ones."""
        return Names(self.members, self.name_of, (*self.more, *names))

    def __len__(self) -> int:
        return self.members + len(self.more)

    @overload
    def __getitem__(self, at: SupportsIndex) -> str: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[str, ...]: ...

    def __getitem__(self, at: SupportsIndex | slice) -> str | tuple[str, ...]:
        if isinstance(at, slice):
            return tuple(self[i] for i in range(*at.indices(len(self))))
        place = range(len(self))[at]
        return self.name_of(place) if place < self.members else self.more[place - self.members]
