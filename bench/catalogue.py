"""The rule catalogue as a table: what is written, enforced and shown to bind by a test.

`python -m bench.catalogue` runs the tests of `policies/catalogue` and prints the table;
`make catalogue` writes it to docs/catalogue.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from compiler.directives.oversight import Oversight
from policydsl.trials.coverage import RuleCover, coverage
from policydsl.trials.results import verdicts
from policydsl.trials.run import Bench
from policydsl.trials.suite import suites

CATALOGUE = Path(__file__).parents[1] / "policies" / "catalogue"
GROUPS = {
    "C": "Firm and compliance",
    "I": "Investment policy committee",
    "M": "Model and program",
    "A": "Advisor",
    "H": "Household",
    "K": "Account and client",
}


@dataclass(frozen=True)
class Row:
    """One rule of the catalogue, as one or several rules of the language."""

    number: str
    parts: tuple[RuleCover, ...]
    reported: bool

    @property
    def unenforced(self) -> str:
        return "; ".join(part.unenforced for part in self.parts if part.unenforced)

    @property
    def shown(self) -> tuple[str, ...]:
        """For each part that some test shows to bind such a test, one of its own if there is one."""
        return tuple(
            next((test for test in part.bound if f": {self.number} " in test), min(part.bound))
            for part in self.parts
            if part.bound
        )

    @property
    def state(self) -> str:
        """What comes of the rule."""
        if self.unenforced:
            return f"not yet enforced: {self.unenforced}"
        asked = "reported" if self.reported else "enforced"
        whole = len(self.shown) == len(self.parts)
        return f"{asked}, and shown to bind" if whole else f"{asked}, not shown to bind"


def rows() -> list[Row]:
    """The catalogue in order, its tests run. Raises AssertionError where one of them fails."""
    bench = Bench(CATALOGUE)
    ran = list(verdicts(suites((CATALOGUE,), None, CATALOGUE), lambda _: bench, ""))
    failed = [one.case.title for one in ran if not one.passed]
    assert not failed, f"tests of the catalogue fail: {', '.join(failed)}"
    told = {
        statement.rule_id
        for statement in bench.alone.statements
        if isinstance(statement.directive, Oversight)
    }
    parts = sorted(coverage(bench, ran).rules, key=lambda rule: _place(_number(rule)))
    return [
        Row(number, tuple(own), {part.rule_id for part in own} <= told)
        for number, own in ((n, list(g)) for n, g in groupby(parts, _number))
    ]


def _number(rule: RuleCover) -> str:
    return rule.rule_id.partition(".")[0].upper()


def _place(number: str) -> tuple[int, int]:
    found = re.fullmatch(r"([A-Z])(\d+)", number)
    assert found is not None, f"{number} is no number of the catalogue"
    return list(GROUPS).index(found[1]), int(found[2])


def table(found: Iterable[Row]) -> str:
    """The catalogue as Markdown, with its counts."""
    found = list(found)
    later = [row for row in found if row.unenforced]
    reported = [row for row in found if row.reported and not row.unenforced]
    enforced = len(found) - len(later) - len(reported)
    shown = [row for row in found if len(row.shown) == len(row.parts) and not row.unenforced]
    lines = [
        "# The rule catalogue",
        "",
        "Rules that real firms have, as `policies/catalogue` writes them, one file a group. Generated",
        "by `make catalogue`, which runs their tests.",
        "",
        f"{len(found)} rules are written: {enforced} enforced, {len(reported)} reported (people are",
        f"asked or told), {len(later)} not yet enforced. A test shows {len(shown)} of them bind.",
    ]
    for letter, own in groupby(found, lambda row: row.number[0]):
        lines += ["", f"## {GROUPS[letter]}", ""]
        lines += ["| rule | says | place | state | shown by the test |", "|---|---|---|---|---|"]
        lines += [_line(row) for row in own]
    return "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    first = row.parts[0]
    said = "; ".join(part.title for part in row.parts)
    place = f"`{first.span.path}:{first.span.line}`"
    return f"| {row.number} | {said} | {place} | {row.state} | {'; '.join(row.shown)} |"


if __name__ == "__main__":
    print(table(rows()), end="")
