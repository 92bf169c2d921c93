"""Who defines, uses, sets and waives what in a policy set, as links between entries of its book."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from compiler.definitions import sees
from compiler.policyset import LoadedFile
from compiler.statements import Authority
from grammar import tree

NO_LAYER = "no layer"
Block = tree.Rule | tree.Set | tree.Waive


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead to an entry of the book."""

    text: str
    to: str


Text = tuple[str | Link, ...]
"""Words, some of which lead somewhere."""


class File:
    """A file with its authority and the anchors of what stands in it."""

    def __init__(self, file: LoadedFile, layers: Sequence[str]) -> None:
        self.path = file.path
        self.tree = file.tree
        self.header = file.tree.header
        said = self.header.layer
        if said is None or said.name.value not in layers:
            self.authority = Authority(NO_LAYER, len(layers))
        else:
            of = None if said.of is None else said.of.value
            self.authority = Authority(said.name.value, layers.index(said.name.value), of)

    @property
    def name(self) -> str:
        return self.path if self.header.id is None else self.header.id.value

    def anchor(self, node: tree.Statement) -> str:
        """What a statement is found by; others may have the same."""
        if isinstance(node, tree.Rule):
            return f"rule-{node.id.value}"
        if isinstance(node, Block):
            word = "set" if isinstance(node, tree.Set) else "waiver"
            return f"{word}-{node.id.value}-{slug(self.name)}"
        return f"define-{slug(self.name)}-{node.name.value}"


def id_of(node: tree.Statement) -> str:
    """The id of a rule, choice or waiver, the name of a definition."""
    return node.id.value if isinstance(node, Block) else node.name.value


def slug(text: str) -> str:
    """A text as part of an anchor."""
    return re.sub(r"[^\w.-]+", "-", text)


# --- references ----------------------------------------------------------------------------------

_WORD = re.compile(r'"[^"]*"|[^\W\d]\w*(?:-\w+)*(?:\.\w+(?:-\w+)*)*')


@dataclass
class References:
    """Who defines, sets and waives what, over all files; `used` fills as texts are linked."""

    files: Sequence[File]
    used: dict[str, dict[str, Link]] = field(default_factory=dict)
    """By definition: the entries that name it."""
    _anchors: dict[int, str] = field(default_factory=dict)
    _blocks: dict[tuple[type, str], list[tuple[File, Block]]] = field(default_factory=dict)
    _defines: dict[str, list[tuple[File, tree.Statement]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        taken: dict[str, int] = {}
        for file in self.files:
            for node in file.tree.statements:
                wanted = file.anchor(node)
                number = taken[wanted] = taken.get(wanted, 0) + 1
                # No id of the language has two dots, so that what is numbered meets no other.
                self._anchors[id(node)] = wanted if number == 1 else f"{wanted}..{number}"
                if isinstance(node, Block):
                    self._blocks.setdefault((type(node), node.id.value), []).append((file, node))
                else:
                    self._defines.setdefault(node.name.value, []).append((file, node))

    def anchor(self, node: tree.Statement) -> str:
        """Where a statement is found in the book; no two have one place."""
        return self._anchors[id(node)]

    def of_rule(self, name: str, kind: type[Block]) -> list[tuple[File, Block]]:
        """The statements of a kind that name a rule."""
        return self._blocks.get((kind, name), [])

    def rule(self, name: str) -> tree.Rule | None:
        """The rule, default or note of an id."""
        found = (node for _, node in self.of_rule(name, tree.Rule))
        return next((node for node in found if isinstance(node, tree.Rule)), None)

    def definition(self, name: str, viewer: File) -> str | None:
        """The anchor of what a bare word means to a file; None for a word of the language."""
        seen = [
            (file, node)
            for file, node in self._defines.get(name, ())
            if sees(viewer.authority, file.authority)
        ]
        found = [each for each in seen if each[0].name in _using(viewer)] or seen
        return self.anchor(found[-1][1]) if found else None

    def linked(self, words: str, viewer: File, by: Link | None = None) -> Text:
        """The words with each defined name a link; `by` is who names it."""
        parts: list[str | Link] = []
        end = 0
        for found in _WORD.finditer(words):
            to = None if found[0].startswith('"') else self.definition(found[0], viewer)
            if to is None or (by is not None and by.to == to):
                continue
            parts += [words[end : found.start()], Link(found[0], to)]
            end = found.end()
            if by is not None:
                self.used.setdefault(to, {})[by.to] = by
        return tuple(part for part in (*parts, words[end:]) if part)


def _using(file: File) -> set[str]:
    return {name.value for name in file.header.using}
