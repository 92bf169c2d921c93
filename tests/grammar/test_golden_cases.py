"""Each folder of `cases` is a file with mistakes and what is said about them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from grammar.codes import CODES
from grammar.diagnostics import render_text
from grammar.parse import parse_bytes
from grammar.source import decode

CASES = sorted(path.parent for path in Path(__file__).parent.glob("cases/*/input.policy"))
PAGES = Path(__file__).parents[2] / "docs" / "errors"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Path, golden) -> None:
    data = (case / "input.policy").read_bytes()
    text, _ = decode(data, "input.policy")
    _, diagnostics = parse_bytes(data, "input.policy")
    golden(case / "expected.txt", render_text(diagnostics, {"input.policy": text}))


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_case_and_a_page(code: str) -> None:
    cases = [case for case in CASES if case.name.startswith(code)]
    assert cases, f"no case for {code}"
    assert f"[{code}]" in (cases[0] / "expected.txt").read_text(encoding="utf-8")
    page = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {code}")


def test_seven_mistakes_give_seven_diagnostics_at_their_places() -> None:
    data = (Path(__file__).parent / "cases/seven_mistakes/input.policy").read_bytes()
    rows = data.decode().split("\n")
    _, diagnostics = parse_bytes(data, "input.policy")
    places = [one.primary.span for one in diagnostics]
    marked = [
        rows[at.line - 1].ljust(at.end_column - 1)[at.column - 1 : at.end_column - 1]
        for at in places
    ]
    assert len({one.code for one in diagnostics}) == 7
    assert marked == [
        '"Cigars"',
        "hodl",
        " ",
        '"Cash band',
        "3 points",
        "(",
        "2026-02-30",
    ]


@pytest.mark.parametrize("code", sorted(set(CODES) - {"E0115"}))
def test_a_page_shows_the_mistake_and_the_way_out(code: str) -> None:
    """E0115 is about bytes, which a page cannot show."""
    page = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    wrong, right = re.findall(r"^(?:Wrong|Right):\n\n```\n(.*?)```$", page, re.M | re.S)
    assert code in {one.code for one in parse_bytes(wrong.encode(), "wrong.policy")[1]}
    assert parse_bytes(right.encode(), "right.policy")[1] == ()
