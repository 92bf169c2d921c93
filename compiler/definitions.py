"""What files define: which names are in sight from where, read once, cycles and clashes found.

A file sees the definitions of its own layer (of the same owner) and of every higher layer; where
two of one name are in sight, `using` says of which file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from compiler import codes
from compiler.attributes import BUILT_IN
from compiler.lists import LoadedList, read_list
from compiler.memberships import AccountGroup, Periods
from compiler.read_conditions import read_guard, read_selection, unknown_group
from compiler.reader import Reader, check_dates
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
        "deposits",
        "holding",
        "household",
        "model",
        "payments",
        "positions",
        "target",
        "taxpayer",
        "today",
        "trade",
        "withdrawals",
        "year",
    ]
)


Defining = tree.Define | tree.DefineAccounts | tree.DefinePeriods | tree.DefineFile
Meaning = Group | AccountGroup | Periods
M = TypeVar("M", Group, AccountGroup, Periods)

KINDS: dict[type[Defining], type[Meaning]] = {
    tree.Define: Group,
    tree.DefineFile: Group,
    tree.DefineAccounts: AccountGroup,
    tree.DefinePeriods: Periods,
}
_NAMED = {
    Group: "securities or lots",
    AccountGroup: "a group of accounts",
    Periods: "a list of dates",
}
_USES = {
    Group: "name it in a directive, or bare in `where`",
    AccountGroup: "write `when account in {}`",
    Periods: "write `today in {}`",
}

_DEFINES = {
    Group: '`define {0} as ...`, or quote a security: "{0}"',
    AccountGroup: "`define {0} as accounts where ...`",
    Periods: "`define {0} as 2026-02-03 to 2026-03-10`",
}


@dataclass(eq=False)
class Definition:
    """One `define` of the policy `policy`; `meaning` is filled when it is first needed, `clashes`
    bars its use."""

    node: Defining
    reader: Reader
    policy: str
    meaning: Meaning | None = None
    read: bool = False
    clashes: bool = False

    @property
    def kind(self) -> type[Meaning]:
        return KINDS[type(self.node)]

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

    lists: Mapping[str, LoadedList] = field(default_factory=dict)
    by_name: dict[str, list[Definition]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    used: set[tuple[str, str]] = field(default_factory=set)
    """(path, policy): files, and the policies of which they use a definition."""
    _open: list[Definition] = field(default_factory=list)

    def add(self, node: Defining, policy: str, reader: Reader) -> None:
        """One more definition; what is wrong with its name is reported."""
        new = Definition(node, reader, policy)
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

    def kinds(self, name: str, viewer: Authority) -> set[type[Meaning]]:
        """What the definitions of a name in sight define."""
        return {each.kind for each in self._in_sight(name, viewer)}

    def has(self, name: str, viewer: Authority) -> bool:
        """Whether something of this name is in sight, or would be if it could be read."""
        return bool(self._in_sight(name, viewer)) or name in self.unread

    def _in_sight(self, name: str, viewer: Authority) -> list[Definition]:
        return [each for each in self.by_name.get(name, ()) if sees(viewer, each.authority)]

    def find(self, name: tree.Name, wanted: type[M], reader: Reader) -> M | None:
        """What a name means; what is wrong is reported once, where it is wrong."""
        found = self._in_sight(name.value, reader.authority)
        chosen = [each for each in found if each.policy in reader.using]
        found = chosen if len(found) > 1 and chosen else found
        if not found:
            if name.value not in self.unread:
                unknown_group(name, _DEFINES[wanted].format(name.value), reader)
            return None
        if len(found) > 1:
            if not any(each.clashes for each in found):
                self._unclear(name, found, reader)
            return None
        self.used.add((name.span.path, found[0].policy))
        if found[0].kind is not wanted:
            self._wrong_kind(name, found[0], wanted, reader)
            return None
        meaning = self.meaning(found[0], name, reader)
        return meaning if isinstance(meaning, wanted) else None

    @staticmethod
    def _wrong_kind(
        name: tree.Name, found: Definition, wanted: type[Meaning], reader: Reader
    ) -> None:
        reader.report(
            codes.WRONG_KIND,
            f"`{name.value}` is {_NAMED[found.kind]}, not {_NAMED[wanted]}",
            name.span,
            related=(Label(found.node.span, "defined here"),),
            help=_USES[found.kind].format(name.value),
        )

    @staticmethod
    def _unclear(name: tree.Name, found: Iterable[Definition], reader: Reader) -> None:
        reader.report(
            codes.UNCLEAR_NAME,
            f"`{name.value}` is defined more than once in sight of this file",
            name.span,
            "which one?",
            related=tuple(Label(each.node.name.span, str(each.authority)) for each in found),
            help=_way_out([each.policy for each in found if each.policy]),
        )

    def meaning(self, definition: Definition, name: tree.Name, reader: Reader) -> Meaning | None:
        """What a definition means, read when it is first asked for."""
        if definition in self._open:
            self._cycle(definition, name, reader)
            return None
        if not definition.read:
            self._open.append(definition)
            meaning = self._read(definition.node, definition.reader)
            self._open.pop()
            definition.read = True
            definition.meaning = None if definition.clashes else meaning
        return definition.meaning

    def _read(self, node: Defining, reader: Reader) -> Meaning | None:
        name = node.name.value
        match node:
            case tree.DefineAccounts():
                condition = None if node.where is None else read_guard(node.where, reader)
                unread = node.where is not None and condition is None
                return None if unread else AccountGroup(name, condition)
            case tree.DefinePeriods():
                return _periods(node, reader)
            case tree.Define():
                selection = read_selection(node.things, reader)
            case tree.DefineFile():
                selection = read_list(node, self.lists, reader)
        return None if selection is None else Group(name, selection)

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
                self.meaning(definition, definition.node.name, definition.reader)


def _way_out(policies: list[str]) -> str:
    """Of a name with several meanings, in files of which these have a name themselves."""
    if not policies:
        return "give one of them another name"
    return f"give one of them another name, or say which file is meant: `using {policies[0]}`"


def _periods(node: tree.DefinePeriods, reader: Reader) -> Periods | None:
    before = len(reader.diagnostics)
    for each in node.periods:
        check_dates(each.first, each.last, reader)
    if len(reader.diagnostics) > before:
        return None
    days = sorted((each.first.value, each.last.value) for each in node.periods)
    return Periods(node.name.value, tuple(days))
