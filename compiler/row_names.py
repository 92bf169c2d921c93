"""Names of a model's rows and columns as Pyomo has them, each component asked once.

The members of a component are thousands, and each would walk up to the model by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, SupportsIndex, overload

from pyomo.core.base.component_namer import name_repr


class RowNames:
    """Names of the members of one model."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._words: dict[str, str] = {}

    def __call__(self, member: Any) -> str:
        return self.of(member.parent_component(), member.index())

    def of(self, component: Any, index: Any) -> str:
        """The name of a component's member of that index."""
        key = id(component)
        if key not in self._names:
            self._names[key] = component.name
        if not component.is_indexed():
            return self._names[key]
        parts = index if isinstance(index, tuple) and len(index) > 1 else (index,)
        return f"{self._names[key]}[{','.join(map(self._word, parts))}]"

    def _word(self, part: Any) -> str:
        if not isinstance(part, str):
            return str(name_repr(part))
        if part not in self._words:
            self._words[part] = name_repr(part)
        return self._words[part]


class Names(Sequence[str]):
    """The names of members of one model, made when they are asked for: of thousands, hardly any is.

    `more` are those of rows that stand in no model.
    """

    def __init__(
        self,
        members: Sequence[Any],
        name_of: Callable[[Any], str],
        more: tuple[str, ...] = (),
        model: Any | None = None,
    ) -> None:
        self.members, self.name_of, self.more = members, name_of, more
        self.model = model  # members hold it by weak references

    def and_more(self, *names: str) -> Names:
        """These and further ones."""
        return Names(self.members, self.name_of, (*self.more, *names), self.model)

    def __len__(self) -> int:
        return len(self.members) + len(self.more)

    @overload
    def __getitem__(self, at: SupportsIndex) -> str: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[str, ...]: ...

    def __getitem__(self, at: SupportsIndex | slice) -> str | tuple[str, ...]:
        if isinstance(at, slice):
            return tuple(self[i] for i in range(*at.indices(len(self))))
        place, count = range(len(self))[at], len(self.members)
        return self.name_of(self.members[place]) if place < count else self.more[place - count]
