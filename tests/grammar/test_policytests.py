"""Files of policy tests: read into trees, written back, laid out, mistakes named."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from grammar import trial
from grammar.diagnostics import render_text
from grammar.layout import layout_tests, same
from grammar.parse import parse
from grammar.parse_tests import parse_tests, parse_tests_bytes
from grammar.spans import Span, rows
from grammar.tree import Quantity, Side, Text, Unit
from grammar.vocabulary import keywords
from grammar.write_tests import write_tests
from tests.grammar.trees import AT, trials

HERE = Path(__file__).parent
VALID = (HERE / "valid.policytest").read_text(encoding="utf-8")


def test_the_valid_file_is_read_whole() -> None:
    file, diagnostics = parse_tests(VALID, "a.policytest")
    assert render_text(diagnostics, {"a.policytest": VALID}) == ""
    assert [len(one.lines) for one in file.trials] == [19, 8, 6, 3]
    assert not any(one.flawed for one in file.trials)
    holding, trade = file.trials[0].lines[2], file.trials[0].lines[7]
    assert isinstance(holding, trial.GivenHolding)
    assert (holding.amount.value, holding.amount.unit) == (100, Unit.SHARES)
    assert isinstance(trade, trial.ExpectTrade)
    assert (trade.action, trade.side) == ("sell", Side.AT_LEAST)
    cases = file.trials[1].lines[0]
    assert isinstance(cases, trial.ForEach)
    assert [name.value for name in cases.names] == ["stock", "revenue"]
    assert [(type(stock), type(cap)) for stock, cap in cases.cases] == [(Text, Quantity)] * 3
    assert cases.span == Span("a.policytest", 23, 5, 24, 26)


def test_mistakes(golden) -> None:
    case = HERE / "trials" / "mistakes.policytest"
    text = case.read_text(encoding="utf-8")
    _, diagnostics = parse_tests_bytes(case.read_bytes(), case.name)
    golden(case.with_suffix(".txt"), render_text(diagnostics, {case.name: text}))


def test_a_mistake_marks_its_test_and_no_other() -> None:
    text = (HERE / "trials" / "mistakes.policytest").read_text(encoding="utf-8")
    file, _ = parse_tests(text, "a.policytest")
    assert [(one.title.value, one.flawed) for one in file.trials] == [
        ("One", True),
        ("Two", False),
        ("Four", True),
    ]


def test_a_file_in_its_layout(golden) -> None:
    file, _ = parse_tests(VALID, "a.policytest")
    text = layout_tests(file)
    golden(HERE / "trials" / "layout.policytest", text)
    again, diagnostics = parse_tests(text, "a.policytest")
    assert not diagnostics
    assert same(file, again)
    assert layout_tests(again) == text
    assert not same(file, parse_tests(text.replace("5%", "6%"), "a.policytest")[0])


@given(st.lists(trials, min_size=1, max_size=3).map(tuple))
@settings(max_examples=150, deadline=None)
def test_any_test_is_read_back_as_written(some: tuple[trial.Trial, ...]) -> None:
    text = write_tests(trial.TestFile(span=AT, path="a.policytest", trials=some, comments=()))
    file, diagnostics = parse_tests(text, "a.policytest")
    assert not diagnostics, text
    assert file.trials == some, text
    assert layout_tests(parse_tests(layout_tests(file), "a.policytest")[0]) == layout_tests(file)


WORDS = st.sampled_from([*keywords(), "\n", "\n", "(", ")", ",", '"', '"ACME"', "5%", "x.y"])


@given(st.text(max_size=200) | st.lists(WORDS, max_size=50).map(" ".join))
@settings(max_examples=200, deadline=None)
def test_any_text(text: str) -> None:
    _, diagnostics = parse_tests(text, "a.policytest")
    for one in diagnostics:
        assert 1 <= one.primary.span.line <= len(rows(text))
        assert one.message
        assert one.help
    render_text(diagnostics, {"a.policytest": text})


def test_deleting_a_word_costs_one_line() -> None:
    broken = alone = 0
    for word in re.finditer(r'"[^"]*"|[^\s,()#]+', VALID):
        _, diagnostics = parse_tests(VALID[: word.start()] + VALID[word.end() :], "a.policytest")
        broken += bool(diagnostics)
        alone += len(diagnostics) == 1
    assert broken > 100
    assert alone / broken > 0.95


def test_a_line_of_a_test_is_no_line_of_policy() -> None:
    _, diagnostics = parse('rule a\n  never buy x\n  given book "small"', "a.policy")
    assert [one.code for one in diagnostics] == ["E0106"]
    assert ".policytest" in diagnostics[0].help
