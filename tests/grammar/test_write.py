"""What is written of a tree is read as the same tree."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings

from grammar.parse import parse
from grammar.parse_tests import parse_tests
from grammar.vocabulary import EXAMPLES
from grammar.words import TEST_LINES
from grammar.write import statement, write
from tests.grammar.trees import statements

VALID = (Path(__file__).parent / "valid.policy").read_text(encoding="utf-8")


@given(statements)
@settings(max_examples=300, deadline=None)
def test_any_statement_is_read_back_as_written(one) -> None:
    text = statement(one)
    file, diagnostics = parse(text, "a.policy")
    assert not diagnostics, text
    assert file.statements == (one,), text


def test_a_file_is_read_back_as_written() -> None:
    file, _ = parse(VALID, "a.policy")
    again, diagnostics = parse(write(file), "a.policy")
    assert not diagnostics
    assert (again.header, again.statements) == (file.header, file.statements)
    assert write(again) == write(file)


@pytest.mark.parametrize("first", EXAMPLES)
def test_the_examples_in_messages_are_right(first: str) -> None:
    line = EXAMPLES[first]
    if first in TEST_LINES:
        book = 'given book "small"'
        text = f'test "x"\n{book}\n{line}\n{book}'
        assert parse_tests(text, "a.policytest")[1] == ()
        return
    _, diagnostics = parse(f"rule a\n  never hold x\n{line}", "a.policy")
    assert {one.code for one in diagnostics} <= {"E0106", "E0113"}
