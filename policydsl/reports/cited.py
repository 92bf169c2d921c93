"""Rules as reports name them: a link to the rule's row at the end of the page, its place for an
auditor."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from policydsl.policy_links import Link, slug
from policydsl.reports.pages import Part, Section, Table, Words, row, stacked, table

Document = dict[str, Any]
RULES = "rules"
_CITED = re.compile(r"\[([^\[\]\s,]+), ([^\[\]\s]+:\d+)\]")


@dataclass(frozen=True)
class Cited:
    """The statements of a proposal. An auditor's page has file and line with each name."""

    statements: Document
    auditor: bool

    def link(self, key: str) -> Link:
        """A statement's rule by its name."""
        statement = self.statements[key]
        said = statement["rule_id"] + (f", {_place(statement)}" if self.auditor else "")
        return Link(said, anchor(key))

    def words(self, key: str) -> Words:
        """What a statement says, and its rule."""
        return (f"{self.statements[key]['says']} [", self.link(key), "]")

    def several(self, keys: Iterable[str]) -> Words:
        """Statements, one after the other."""
        found: list[Part] = []
        for key in keys:
            found += [*(["; "] if found else []), *self.words(key)]
        return tuple(found)

    def linked(self, sentence: str) -> Words:
        """A sentence with each rule it cites a link."""
        known = {(s["rule_id"], _place(s)): key for key, s in self.statements.items()}
        parts: list[str | Link] = []
        end = 0
        for found in _CITED.finditer(sentence):
            key = known.get((found[1], found[2]))
            if key is not None:
                parts += [f"{sentence[end : found.start()]}[", self.link(key)]
                end = found.end() - 1
        return tuple(part for part in (*parts, sentence[end:]) if part)

    def section(self, trades: Iterable[Document]) -> Section:
        """Every rule in force, and how many of the trades it has a part in."""
        parts: dict[str, int] = {}
        for trade in trades:
            for rule_id in trade["rules"]:
                parts[rule_id] = parts.get(rule_id, 0) + 1
        return Section(RULES, "Rules in force", (stacked(self._table(parts)),))

    def _table(self, parts: dict[str, int]) -> Table:
        rows = []
        for key, statement in self.statements.items():
            whose = ", ".join(each for each in (statement["layer"], statement["owner"]) if each)
            cells = [statement["rule_id"], f"{statement['title']}: {statement['says']}"]
            cells += [statement["because"], whose, _place(statement)]
            count = parts.get(statement["rule_id"], 0)
            rows.append(row(*cells, f"{count:,}", to=anchor(key)))
        return table(
            "What held for the household on the day, and why",
            "Rule | *What it says | *Reason | Whose | File and line | >Trades",
            rows,
        )


def anchor(key: str) -> str:
    """Where a statement's row stands."""
    return f"rule-{slug(key)}"


def _place(statement: Document) -> str:
    return f"{statement['file']}:{statement['line']}"
