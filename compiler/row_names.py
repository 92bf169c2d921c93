"""Names of a model's rows and columns as Pyomo has them, each component asked once.

The members of a component are thousands, and each would walk up to the model by itself.
"""

from __future__ import annotations

from typing import Any

from pyomo.core.base.component_namer import name_repr


class RowNames:
    """Names of the members of one model."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._words: dict[str, str] = {}

    def __call__(self, member: Any) -> str:
        component = member.parent_component()
        key = id(component)
        if key not in self._names:
            self._names[key] = component.name
        if component is member:
            return self._names[key]
        index = member.index()
        parts = index if isinstance(index, tuple) and len(index) > 1 else (index,)
        return f"{self._names[key]}[{','.join(map(self._word, parts))}]"

    def _word(self, part: Any) -> str:
        if not isinstance(part, str):
            return str(name_repr(part))
        if part not in self._words:
            self._words[part] = name_repr(part)
        return self._words[part]
