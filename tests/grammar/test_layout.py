"""The canonical layout: read as the same tree, no comment lost, nothing left to change."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grammar.diagnostics import Severity
from grammar.layout import WIDTH, layout, same
from grammar.lines import begins_another
from grammar.parse import parse, parse_bytes
from grammar.wording import MARK
from grammar.write import head, inner, line
from tests.grammar.trees import statements

HERE = Path(__file__).parent
CASES = sorted(HERE.glob("layouts/*/input.policy"))
POLICIES = sorted((HERE.parents[1] / "policies").rglob("*.policy"))
VALID = (HERE / "valid.policy").read_text(encoding="utf-8")


def laid_out(text: str) -> str:
    file, diagnostics = parse(text, "a.policy")
    assert not diagnostics, text
    return layout(file)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.parent.name)
def test_case(case: Path, golden) -> None:
    file, diagnostics = parse_bytes(case.read_bytes(), case.name)
    assert {one.severity for one in diagnostics} <= {Severity.WARNING}
    golden(case.parent / "expected.policy", layout(file))


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_the_shipped_policies_are_in_their_layout(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert laid_out(text) == text


def test_a_file_says_the_same_in_its_layout() -> None:
    text = laid_out(VALID)
    assert same(parse(VALID, "a.policy")[0], parse(text, "a.policy")[0])
    assert laid_out(text) == text
    assert max(len(row.partition("  #")[0]) for row in text.split("\n")) <= WIDTH


comments = st.sampled_from(["", " a word", "it's \"quoted", " never hold x", "# twice", " - ü"])


@st.composite
def scribbled(draw: st.DrawFn) -> str:
    """A policy as people leave it: comments everywhere, lines broken, blank rows, any order."""
    rows = draw(st.permutations(["policy a.b", "layer ipc", "from 2026-01-01 until 2026-12-31"]))
    rows = [row for header in rows for row in draw(disturbed(header))]
    for statement in draw(st.lists(statements, min_size=1, max_size=4)):
        rows += draw(disturbed(head(statement)))
        lines = draw(st.permutations([line(one) for one in inner(statement)]))
        for one in lines:
            rows += draw(disturbed(one))
    return draw(st.sampled_from(["\n", "\r\n"])).join(rows)


@st.composite
def disturbed(draw: st.DrawFn, text: str) -> list[str]:
    """One line on several rows, with comments before, behind and inside it."""
    first, *others = MARK.split(text)
    rows = [draw(between()), [draw(st.sampled_from(["", "    ", "\t"])) + first]]
    for piece in others[1::2]:
        if begins_another(piece) or draw(st.booleans()):
            rows[-1][-1] += f" {piece}"
        else:
            rows[-1][-1] += draw(behind())
            rows += [draw(between()), [f"  {piece}"]]
    rows[-1][-1] += draw(behind())
    return [row for some in rows for row in some]


def behind() -> st.SearchStrategy[str]:
    return st.just("") | comments.map(lambda text: f"  #{text}")


def between() -> st.SearchStrategy[list[str]]:
    comment = comments.map(lambda text: f"#{text}") | comments.map(lambda text: f"     #{text}")
    return st.just([]) | st.lists(st.just("") | comment, max_size=3)


@given(scribbled())
@settings(max_examples=120, deadline=None)
def test_any_policy_keeps_its_meaning_and_its_comments(text: str) -> None:
    file, diagnostics = parse(text, "a.policy")
    assert not diagnostics, text
    once = layout(file)
    again, mistakes = parse(once, "a.policy")
    assert not mistakes, once
    assert same(file, again), once
    assert sorted(one.text for one in again.comments) == sorted(one.text for one in file.comments)
    assert layout(again) == once


RULE = """rule a
    keep cash at most 5% of account # why
    never buy x
    from 2026-01-01
    when y
"""


def test_same_sees_what_changed() -> None:
    """Clauses may change places; directives, words and comments may not."""
    one = parse(RULE, "a.policy")[0]
    head, keep, never, start, when = RULE.splitlines()
    assert same(one, parse("\n".join([head, when, keep, never, start]), "a.policy")[0])
    assert not same(one, parse("\n".join([head, never, keep, start, when]), "a.policy")[0])
    for old, new in [("why", "how"), ("5%", "6%"), ("# why", ""), ("never buy x\n", "")]:
        assert not same(one, parse(RULE.replace(old, new), "a.policy")[0])


def test_a_file_of_comments_alone_is_left_as_it_is() -> None:
    text = "# one\n\n# two\n# three\n"
    assert laid_out(text) == text
    assert laid_out("") == ""
