"""The page that lists every message, for docs/error-codes.md: made from the codes themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from compiler.codes import CODES as COMPILER
from grammar.codes import CODES as GRAMMAR
from policydsl.codes import CODES as COMMANDS
from policydsl.tax_cases.codes import CODES as TAX_CASES
from policydsl.trials.codes import CODES as TRIALS
from portfolio.findings import CODES as BOOK

_GROUPS = {
    "E01": "How policies are written",
    "E02": "Names, files and the policy set",
    "E03": "What a statement means",
    "E04": "Layers, boundaries and waivers",
    "E06": "Policy tests and tax cases",
    "B01": "The book: files and tables",
    "B02": "The book: cells and columns",
    "B03": "The book: ids and what they refer to",
    "B04": "The book: prices",
    "B05": "The book: models and funds",
    "B06": "The book: wash sales",
    "B07": "The book: risk",
}


def meanings() -> Mapping[str, str]:
    """Every code with what it means."""
    policies = {
        id: code.meaning
        for each in (GRAMMAR, COMPILER, COMMANDS, TRIALS, TAX_CASES)
        for id, code in each.items()
    }
    return {**policies, **BOOK}


def code_page() -> str:
    """Every code as Markdown tables, by the stage that finds it."""
    lines = [
        "# Every message",
        "",
        "Generated from the codes. Each has a page with the mistake and the way out. `E` is an",
        "error in policies, which stops what depends on it; `W` a warning; `B` concerns a book.",
    ]
    for group, title in _GROUPS.items():
        lines += ["", f"## {title}", "", "| code | what is found |", "|---|---|", *_rows(group)]
    return "\n".join(lines) + "\n"


def _rows(group: str) -> Iterator[str]:
    # A warning stands among the errors of its stage: W0203 with E02.
    for code, meaning in sorted(meanings().items(), key=lambda each: (each[0][1:], each[0])):
        if f"{'B' if code[0] == 'B' else 'E'}{code[1:3]}" == group:
            yield f"| [{code}](errors/{code}.md) | {meaning} |"
