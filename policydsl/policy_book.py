"""The policy book: a whole policy set as people read it, with every reference followed both ways.

It is made from the trees, so that it says what the author wrote, in the formatter's words, and from
what checking found: what is in error or of no effect. `policy_book_markdown`
shows it as text, `reports.policy` on a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from compiler.check import TypedPolicies
from compiler.policyset import PolicySet
from compiler.statements import Authority
from grammar import tree
from grammar.spans import Span
from grammar.wording import condition, one_row
from grammar.write import directive, head, line
from policydsl.policy_links import Block, File, Link, References, Text, id_of, slug


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is said of an entry: `Reason`, `Applies when`, `Chosen by`."""

    label: str
    values: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule, default, note, choice, waiver or definition, under the anchor `to`.

    `says` are its sentences; `state` is empty for what is in force on the day of the book.
    """

    to: str
    word: str
    name: str
    title: str
    says: tuple[Text, ...]
    facts: tuple[Fact, ...]
    path: str
    line: int
    state: str = ""


@dataclass(frozen=True, slots=True)
class Chapter:
    """One file."""

    to: str
    name: str
    title: str
    authority: Authority
    path: str
    facts: tuple[Fact, ...]
    definitions: tuple[Entry, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class PolicyBook:
    """A policy set for readers; `as_of` is the day it speaks of, None for any day."""

    name: str
    as_of: date | None
    layers: tuple[tuple[str, tuple[Chapter, ...]], ...]

    @property
    def chapters(self) -> tuple[Chapter, ...]:
        return tuple(chapter for _, chapters in self.layers for chapter in chapters)

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(entry for chapter in self.chapters for entry in chapter.entries)


def introduction(book: PolicyBook) -> str:
    """What the book is, in two sentences."""
    day = f"As of {book.as_of}" if book.as_of else "Whatever the day"
    layers = ", ".join(name for name, _ in book.layers)
    return (
        f"{day}: {len(book.entries)} statements in {len(book.chapters)} files. Layers from the "
        f"highest down: {layers}. A rule holds whatever lower layers say, and they can only "
        "tighten it; a default may be replaced by the layers it names, inside its boundary; a note "
        "is reported and constrains nothing."
    )


def policy_book(policies: PolicySet, typed: TypedPolicies, as_of: date | None) -> PolicyBook:
    """The book of a policy set on a day; without one, nothing counts as ended or to come."""
    files = [File(file, policies.layers) for file in policies.files]
    files.sort(key=lambda each: (each.authority.rank, each.authority.of or "", each.path))
    references = References(files)
    reader = _Reader(references, _Findings(typed), as_of)
    read = [reader.chapter(file) for file in files]
    chapters = [_with_users(chapter, references) for chapter in read]
    names = dict.fromkeys(chapter.authority.layer for chapter in chapters)
    layers = tuple(
        (name, tuple(each for each in chapters if each.authority.layer == name)) for name in names
    )
    return PolicyBook(policies.name, as_of, layers)


def _with_users(chapter: Chapter, references: References) -> Chapter:
    """The chapter with who uses each definition, which only the whole set can say."""
    found = []
    for entry in chapter.definitions:
        users = tuple(references.used.get(entry.to, {}).values())
        values: tuple[Text, ...] = tuple((each,) for each in users) or (("nothing",),)
        found.append(replace(entry, facts=(*entry.facts, Fact("Used by", values))))
    return replace(chapter, definitions=tuple(found))


# --- entries -------------------------------------------------------------------------------------


class _Findings:
    """What checking found, by statement and by file."""

    def __init__(self, typed: TypedPolicies) -> None:
        self._causes: dict[Span | str, tuple[str, ...]] = {}
        for waiver in typed.waivers:
            self._causes[waiver.span] = waiver.causes
        for fault in typed.faults:
            self._causes[fault.span if fault.rule_id else fault.span.path] = fault.causes

    def causes(self, node: Block) -> list[str]:
        """The codes of the mistakes that take a statement's effect away, its file's included."""
        found = self._causes.get(node.head) or self._causes.get(node.span.path, ())
        codes = dict.fromkeys(cause.partition(" ")[0] for cause in found)
        return [
            code if re.fullmatch(r"[EW]\d{4}", code) else "a mistake elsewhere" for code in codes
        ]


@dataclass
class _Reader:
    references: References
    found: _Findings
    as_of: date | None

    def chapter(self, file: File) -> Chapter:
        """A file, its definitions, and its rules, choices and waivers in the author's order."""
        nodes = file.tree.statements
        entries = tuple(self.entry(each, file) for each in nodes if isinstance(each, Block))
        defines = tuple(
            self.definition(each, file) for each in nodes if not isinstance(each, Block)
        )
        title = file.header.title
        return Chapter(
            f"file-{slug(file.path)}",
            file.name,
            file.name if title is None else title.value,
            file.authority,
            file.path,
            tuple(self._header(file)),
            defines,
            entries,
        )

    def _header(self, file: File) -> Iterator[Fact]:
        header = file.header
        if header.owner is not None:
            yield Fact("Owner", ((header.owner.value,),))
        if header.guard is not None:
            words = one_row(condition(header.guard))
            yield Fact("For accounts where", (self.references.linked(words, file),))
        yield from _dates(header.starts, header.ends)
        if header.using:
            named = {each.name: f"file-{slug(each.path)}" for each in self.references.files}
            yield Fact(
                "Uses definitions of",
                tuple(
                    (Link(name.value, named[name.value]) if name.value in named else name.value,)
                    for name in header.using
                ),
            )

    def definition(self, node: tree.Statement, file: File) -> Entry:
        """A definition with what it says; who uses it is known once everything has been read."""
        to = self.references.anchor(node)
        words = one_row(head(node)).partition(f"{id_of(node)} ")[2].removeprefix("as ")
        says = self.references.linked(words, file, Link(id_of(node), to))
        return Entry(to, "definition", id_of(node), id_of(node), (says,), (), *_at(node.span))

    def entry(self, node: Block, file: File) -> Entry:
        """A rule, a default, a note, a choice or a waiver."""
        own = Link(id_of(node), self.references.anchor(node))
        facts = list(self._clauses(node, file, own))
        if isinstance(node, tree.Rule):
            facts += self._back(node)
        says = self._says(node, file, own)
        return Entry(
            own.to,
            _word(node),
            id_of(node),
            self._title(node),
            says,
            tuple(facts),
            *_at(node.head),
            self._state(node, file),
        )

    def _title(self, node: Block) -> str:
        rule = self.references.rule(node.id.value)
        title = node.id.value if rule is None or rule.title is None else rule.title.value
        if isinstance(node, tree.Rule):
            return node.id.value if node.title is None else node.title.value
        return f"{title}: {'value chosen' if isinstance(node, tree.Set) else 'waived'}"

    def _says(self, node: Block, file: File, own: Link) -> tuple[Text, ...]:
        def linked(words: str) -> Text:
            return self.references.linked(one_row(words), file, own)

        if isinstance(node, tree.Rule):
            return tuple(linked(directive(each)) for each in node.directives)
        whole = one_row(head(node))
        before, _, after = whole.partition(node.id.value)
        joint = " to " if isinstance(node, tree.Set) else " for "
        name: str | Link = node.id.value
        if self.references.rule(node.id.value) is not None:
            name = Link(node.id.value, f"rule-{node.id.value}")
        return ((before, name, joint, *linked(after.removeprefix(joint))),)

    def _clauses(self, node: Block, file: File, own: Link) -> Iterator[Fact]:
        """The clauses in the author's words, those of one kind together."""
        found: dict[str, list[Text]] = {}
        for clause in node.clauses:
            label, words = _clause(clause)
            if label:
                plain = isinstance(clause, tree.Because | tree.Approved)
                said = (words,) if plain else self.references.linked(one_row(words), file, own)
                found.setdefault(label, []).append(said)
        starts, ends = _own_dates(node)
        yield from (Fact(label, tuple(found[label])) for label in _LABELS if label in found)
        yield from _dates(starts, ends)

    def _back(self, rule: tree.Rule) -> Iterator[Fact]:
        """What other files say about a rule."""
        for label, kind in (("Chosen by", tree.Set), ("Waived by", tree.Waive)):
            found = self.references.of_rule(rule.id.value, kind)
            values = tuple(
                (Link(f"{file.authority}", self.references.anchor(node)), f": {_brief(node)}")
                for file, node in found
            )
            if values:
                yield Fact(label, values)

    def _state(self, node: Block, file: File) -> str:
        causes = self.found.causes(node)
        if causes:
            return "no effect: " + ", ".join(causes)
        if self.as_of is None:
            return ""
        own_start, own_end = _own_dates(node)
        starts = [each.value for each in (file.header.starts, own_start) if each is not None]
        ends = [each.value for each in (file.header.ends, own_end) if each is not None]
        if starts and self.as_of < max(starts):
            return f"begins on {max(starts)}"
        if ends and self.as_of > min(ends):
            return f"ended on {min(ends)}"
        return ""


_LABELS = (
    "For accounts where",
    "Except",
    "What is held today",
    "Missing data counts as",
    "May be broken",
    "May be set by",
    "May be waived by",
    "Reason",
    "Approved by",
)


def _clause(node: tree.Clause) -> tuple[str, str]:
    """A label for people and the words behind it; no label for dates, which are put together."""
    words = one_row(line(node))
    match node:
        case tree.When():
            return "For accounts where", words.removeprefix("when ")
        case tree.Except():
            return "Except", words.removeprefix("except ")
        case tree.Existing():
            return "What is held today", words.removeprefix("existing ")
        case tree.MissingCounts():
            return "Missing data counts as", words.removeprefix("missing counts as ")
        case tree.Soft():
            return "May be broken", f"where nothing else is possible; priority {node.priority}"
        case tree.Allow():
            layers, _, value = words.removeprefix("allow ").partition(f" to {node.to}")
            label = "May be waived by" if node.to == "waive" else "May be set by"
            value = value.strip() or ("off" if node.to == "set off" else "")
            return label, layers + (f": {value}" if value else "")
        case tree.Because():
            return "Reason", node.reason.value
        case tree.Approved():
            return "Approved by", node.by.value
        case _:
            return "", ""


def _own_dates(node: Block) -> tuple[tree.Date | None, tree.Date | None]:
    """The first and last day that a statement's own clauses give."""
    starts = next((each.day for each in node.clauses if isinstance(each, tree.From)), None)
    ends = next((each.day for each in node.clauses if isinstance(each, tree.Until)), None)
    return starts, ends


def _dates(starts: tree.Date | None, ends: tree.Date | None) -> Iterator[Fact]:
    said = []
    if starts is not None:
        said.append(f"from {starts.value}")
    if ends is not None:
        said.append(f"until {ends.value}")
    if said:
        yield Fact("In force", ((" ".join(said),),))


def _word(node: Block) -> str:
    if isinstance(node, tree.Rule):
        return "default" if node.is_default else "note" if node.is_note else "rule"
    return "set" if isinstance(node, tree.Set) else "waiver"


def _brief(node: Block) -> str:
    """What a choice or a waiver says, without the name of the rule: `between 2% and 4%`."""
    words = one_row(head(node)).partition(node.id.value)[2].strip()
    if isinstance(node, tree.Set):
        return words.removeprefix("to ")
    _, ends = _own_dates(node)
    until = "" if ends is None else f" until {ends.value}"
    by = next((each.by.value for each in node.clauses if isinstance(each, tree.Approved)), "nobody")
    return f"{words.removeprefix('for ')}{until}, approved by {by}"


def _at(span: Span) -> tuple[str, int]:
    return span.path, span.line
