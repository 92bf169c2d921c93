"""What changed in the policies of two runs: statements, files, lists, and what the dates did.

Statements are compared as trees, so that comments, blank rows and places do not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeVar

from compiler.check import TypedPolicies
from compiler.policyset import MANIFEST, LoadedFile, PolicySet
from compiler.statements import Statement, Waiver
from grammar import tree
from grammar.diagnostics import Diagnostic
from grammar.parse import parse
from grammar.write import statement, write
from policydsl.policy_links import id_of
from policydsl.record.digests import sha256

HEADER, LIST, FILE = "header", "list", "file"
_KIND: dict[type, str] = {tree.Rule: "rule", tree.Set: "set", tree.Waive: "waiver"}


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """What is compared of a policy set: a statement of a file (the `number`-th of its kind and id
    there), the header of a file, a list, the manifest, or a whole file that could not be read."""

    path: str
    kind: str
    name: str = ""
    number: int = 1

    @property
    def topic(self) -> tuple[str, str]:
        """What is one change wherever it stands: a rule that moves to another file is one."""
        if self.kind in (HEADER, LIST, FILE):
            return self.kind, self.path
        return self.kind, self.name


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A part that was added (no `before`), removed (no `after`) or says something else, in the
    words of the language; lines are where it stands in each run, None where it does not."""

    part: Part
    before: str | None
    after: str | None
    line_before: int | None = None
    line_after: int | None = None

    @property
    def word(self) -> str:
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


def rule_changes(a: PolicySet, b: PolicySet) -> tuple[RuleChange, ...]:
    """Every part that is not the same, in order."""
    before, after = _parts(a, b), _parts(b, a)
    found = []
    for part in sorted(before.keys() | after.keys()):
        old, new = before.get(part), after.get(part)
        if old is not None and new is not None and old.says == new.says:
            continue
        texts = [None if each is None else each.text for each in (old, new)]
        lines = [None if each is None else each.line for each in (old, new)]
        found.append(RuleChange(part, texts[0], texts[1], lines[0], lines[1]))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Said:
    """What a part says: `says` is compared, `text` shown, `node` put into another file."""

    says: object
    text: str
    line: int | None = None
    node: tree.Statement | None = None


def _parts(policies: PolicySet, other: PolicySet) -> dict[Part, _Said]:
    """Everything that a policy set says, by what it is compared with."""
    manifest = policies.manifest or ""
    found = {Part(MANIFEST, FILE): _Said(manifest, manifest)}
    for path, listed in policies.lists.items():
        found[Part(path, LIST)] = _Said(listed.sha256, listed.text or "")
    whole = _unreadable(policies) | _unreadable(other)
    for file in policies.files:
        if file.path in whole:
            found[Part(file.path, FILE)] = _Said(file.text, file.text)
        else:
            found |= _of_file(file)
    return found


def _unreadable(policies: PolicySet) -> set[str]:
    """Files with a line that could not be read: they are compared as a whole."""
    return {each.primary.span.path for each in policies.diagnostics}


def _of_file(file: LoadedFile) -> dict[Part, _Said]:
    header = replace(file.tree, statements=())
    found = {Part(file.path, HEADER): _Said(file.tree.header, write(header).strip(), 1)}
    for node in file.tree.statements:
        kind = _KIND.get(type(node), "definition")
        number = 1
        while Part(file.path, kind, id_of(node), number) in found:
            number += 1
        part = Part(file.path, kind, id_of(node), number)
        found[part] = _Said(node, statement(node), node.span.line, node)
    return found


# --- one set with parts of another ----------------------------------------------------------------


def mixed_policies(a: PolicySet, b: PolicySet, of_a: frozenset[Part]) -> PolicySet:
    """The policies of `b` with these parts as they are in `a`: said otherwise, left out, put in."""
    mine, theirs = _parts(b, a), _parts(a, b)
    said = {part: each for part, each in mine.items() if part not in of_a}
    said |= {part: each for part, each in theirs.items() if part in of_a}
    files: list[LoadedFile] = []
    found: list[Diagnostic] = []
    known = {each.path: each for each in (*a.files, *b.files)}
    for path in sorted(known):
        whole = Part(path, FILE)
        if whole in said:
            side = a if whole in of_a else b
            files += [each for each in side.files if each.path == path]
            found += [each for each in side.diagnostics if each.primary.span.path == path]
        elif parts := {part: each for part, each in said.items() if part.path == path}:
            file, mistakes = _written(known[path], parts)
            files.append(file)
            found += mistakes
    lists = {
        part.path: (a if part in of_a else b).lists[part.path] for part in said if part.kind == LIST
    }
    source = a if Part(MANIFEST, FILE) in of_a else b
    return replace(source, files=tuple(files), lists=lists, diagnostics=tuple(found))


def _written(
    origin: LoadedFile, parts: Mapping[Part, _Said]
) -> tuple[LoadedFile, tuple[Diagnostic, ...]]:
    """A file that holds these parts, the statements in the order of their lines."""
    nodes = sorted(
        (
            (each.line or 0, part, each.node)
            for part, each in parts.items()
            if each.node is not None
        ),
        key=lambda found: found[:2],
    )
    said = parts.get(Part(origin.path, HEADER))
    header = origin.tree.header if said is None else said.says
    assert isinstance(header, tree.Header)
    file = replace(origin.tree, header=header, statements=tuple(node for *_, node in nodes))
    text = write(file)
    parsed, mistakes = parse(text, origin.path)
    return LoadedFile(origin.path, text, sha256(text.encode()), parsed), mistakes


# --- what begins and ends -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DateChange:
    """A statement or waiver of the second run that begins, or has ended, between the two days.

    `key` is that of the statement, or of the waiver by its rule and place.
    """

    key: str
    rule_id: str
    waiver: bool
    began: bool
    day: date
    path: str
    line: int
    layer: str


def date_changes(typed: TypedPolicies, before: date, after: date) -> tuple[DateChange, ...]:
    """What holds on one of the days and not on the other, by its own dates."""
    found = []
    dated: tuple[Statement | Waiver, ...] = (*typed.statements, *typed.waivers)
    for each in dated:
        then, now = _holds(each, before), _holds(each, after)
        if then == now:
            continue
        day = each.starts if now else each.ends
        assert day is not None
        found.append(
            DateChange(
                _key(each),
                each.rule_id,
                isinstance(each, Waiver),
                now,
                day,
                each.span.path,
                each.span.line,
                str(each.authority),
            )
        )
    return tuple(sorted(found, key=lambda each: (each.path, each.line, each.key)))


def as_dated(typed: TypedPolicies, holding: Mapping[str, bool], day: date) -> TypedPolicies:
    """The policies with these statements and waivers, by key, holding or not holding on a day,
    whatever their own dates say of it."""
    if not holding:
        return typed
    return replace(
        typed,
        statements=tuple(_on(each, holding, day) for each in typed.statements),
        waivers=tuple(_on(each, holding, day) for each in typed.waivers),
    )


Dated = TypeVar("Dated", Statement, Waiver)


def _on(each: Dated, holding: Mapping[str, bool], day: date) -> Dated:
    wanted = holding.get(_key(each))
    if wanted is None or wanted == _holds(each, day):
        return each
    if wanted:
        starts = None if each.starts is None else min(each.starts, day)
        return replace(each, starts=starts, ends=None if each.ends is None else max(each.ends, day))
    if each.starts is not None and each.ends is None:
        return replace(each, starts=day + timedelta(days=1))
    return replace(each, ends=day - timedelta(days=1))


def _holds(each: Statement | Waiver, day: date) -> bool:
    return (each.starts or day) <= day <= (each.ends or day)


def _key(each: Statement | Waiver) -> str:
    if isinstance(each, Statement):
        return each.key
    return f"waiver of {each.rule_id} at {each.span.path}:{each.span.line}"
