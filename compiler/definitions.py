"""Groups that files define: which are in sight from where, read once, cycles and clashes found.

A file sees the definitions of its own layer (of the same owner) and of every higher layer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from compiler import codes
from compiler.attributes import BUILT_IN
from compiler.read_conditions import read_selection, unknown_group
from compiler.reader import Reader
from compiler.selections import Group
from compiler.statements import Authority
from grammar import tree
from grammar.diagnostics import Label

_COLUMNS = frozenset(column.name for column in BUILT_IN if column.table == "securities")
_WORDS = frozenset(
    [
        "account",
        "anything",
        "cash",
        "holding",
        "household",
        "model",
        "positions",
        "target",
        "taxpayer",
        "today",
        "trade",
    ]
)


@dataclass(eq=False)
class Definition:
    """One `define`; `group` is filled when it is first needed, `clashes` bars its use."""

    node: tree.Define
    reader: Reader
    group: Group | None = None
    read: bool = False
    clashes: bool = False

    @property
    def authority(self) -> Authority:
        return self.reader.authority


def sees(viewer: Authority, owner: Authority) -> bool:
    """Whether a file of `viewer` may use what a file of `owner` defines."""
    if owner.rank < viewer.rank:
        return True
    return owner.rank == viewer.rank and owner.of in (None, viewer.of)


@dataclass
class Definitions:
    """All definitions of a policy set, by name."""

    by_name: dict[str, list[Definition]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    _open: list[Definition] = field(default_factory=list)

    def add(self, node: tree.Define, reader: Reader) -> None:
        """One more definition; what is wrong with its name is reported."""
        new = Definition(node, reader)
        name = node.name.value
        if name in _COLUMNS or name in _WORDS:
            self._taken(new, "the language has this name already", ())
        for other in self.by_name.get(name, ()):
            if sees(new.authority, other.authority) or sees(other.authority, new.authority):
                label = Label(other.node.name.span, f"first defined here, {other.authority}")
                self._taken(new, "defined before", (label,))
                break
        self.by_name.setdefault(name, []).append(new)

    @staticmethod
    def _taken(new: Definition, label: str, related: tuple[Label, ...]) -> None:
        new.clashes = True
        name = new.node.name
        new.reader.report(
            codes.NAME_TAKEN,
            f"the name `{name.value}` is taken",
            name.span,
            label,
            related=related,
            help="choose another name",
        )

    def names(self, viewer: Authority) -> list[str]:
        """Every name in sight, sorted."""
        return sorted(name for name in self.by_name if self._in_sight(name, viewer))

    def has(self, name: str, viewer: Authority) -> bool:
        """Whether something of this name is in sight, or would be if it could be read."""
        return bool(self._in_sight(name, viewer)) or name in self.unread

    def _in_sight(self, name: str, viewer: Authority) -> list[Definition]:
        return [each for each in self.by_name.get(name, ()) if sees(viewer, each.authority)]

    def find(self, name: tree.Name, reader: Reader) -> Group | None:
        """The group a name means; what is wrong is reported once, where it is wrong."""
        found = self._in_sight(name.value, reader.authority)
        if not found:
            if name.value not in self.unread:
                unknown_group(name, reader)
            return None
        if len(found) > 1:
            if not any(each.clashes for each in found):
                self._unclear(name, found, reader)
            return None
        return self.group(found[0], name, reader)

    @staticmethod
    def _unclear(name: tree.Name, found: Iterable[Definition], reader: Reader) -> None:
        reader.report(
            codes.UNCLEAR_NAME,
            f"`{name.value}` is defined more than once in sight of this file",
            name.span,
            "which one?",
            related=tuple(Label(each.node.name.span, str(each.authority)) for each in found),
            help="give one of them another name",
        )

    def group(self, definition: Definition, name: tree.Name, reader: Reader) -> Group | None:
        """The group of a definition, read when it is first asked for."""
        if definition in self._open:
            self._cycle(definition, name, reader)
            return None
        if not definition.read:
            self._open.append(definition)
            selection = read_selection(definition.node.things, definition.reader)
            self._open.pop()
            definition.read = True
            if selection is not None and not definition.clashes:
                definition.group = Group(definition.node.name.value, selection)
        return definition.group

    def _cycle(self, definition: Definition, name: tree.Name, reader: Reader) -> None:
        ring = self._open[self._open.index(definition) :]
        path = " -> ".join(each.node.name.value for each in (*ring, definition))
        reader.report(
            codes.DEFINITION_CYCLE,
            f"`{name.value}` is defined by itself: {path}",
            name.span,
            "leads back here",
            related=tuple(Label(each.node.name.span) for each in ring),
            help="take this name out of one of the definitions",
        )

    def read_all(self) -> None:
        """Read what nobody asked for, so that its mistakes are found too."""
        for name in sorted(self.by_name):
            for definition in self.by_name[name]:
                self.group(definition, definition.node.name, definition.reader)
