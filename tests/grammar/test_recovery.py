"""A mistake costs its line and nothing else; no input whatever raises."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lark import Lark, logger

from grammar.diagnostics import render_text, to_json
from grammar.parse import parse, parse_bytes
from grammar.reader import grammar
from grammar.spans import rows
from grammar.tree import Rule, Set
from grammar.vocabulary import keywords

VALID = (Path(__file__).parent / "valid.policy").read_text(encoding="utf-8")
PARTS = VALID.split("\n\n")
PAIRS = [f"{part}\n\n{following}" for part, following in zip(PARTS, [*PARTS[1:], ""], strict=True)]
"""Each part of the file with what follows it, which a mistake in it must not spoil."""


def read(text: str):
    """Parse, render in every way, and hold each diagnostic to a place that exists."""
    file, diagnostics = parse(text, "a.policy")
    all_rows = rows(text)
    for one in diagnostics:
        assert 1 <= one.primary.span.line <= len(all_rows)
        assert 1 <= one.primary.span.column <= len(all_rows[one.primary.span.line - 1]) + 1
        assert one.message
        assert one.help
        ours = re.sub(r"`[^`]*`?", "", f"{one.message} {one.primary.text} {one.help}")
        assert not re.search(r"NAME|STRING|NUMBER|DATE|RPAR|LPAR|\$END|__", ours)
        to_json(one)
    for colour in (False, True):
        render_text(diagnostics, {"a.policy": text}, colour).encode("utf-8")
    return file, diagnostics


def test_the_valid_file_has_no_mistakes() -> None:
    file, diagnostics = read(VALID)
    assert render_text(diagnostics, {"a.policy": VALID}) == ""
    assert len(file.statements) == len(
        re.findall(r"^(define|rule|default|note|set|waive) ", VALID, re.M)
    )


@given(st.text(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_text(text: str) -> None:
    read(text)


@given(st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_any_bytes(data: bytes) -> None:
    parse_bytes(data, "a.policy")
    read(data.decode("utf-8", errors="surrogateescape"))


WORDS = st.sampled_from(
    [*keywords(), "\n", "\n", "(", ")", ",", '"', '"ACME"', "5%", "$1,000", "2026-01-31", "x.y"]
)


@given(st.lists(WORDS, max_size=60).map(" ".join))
@settings(max_examples=200, deadline=None)
def test_any_salad_of_words(text: str) -> None:
    read(text)


def test_every_prefix_of_a_file() -> None:
    for part in PARTS:
        for end in range(0, len(part), 3):
            _, diagnostics = read(part[:end])
            assert len({one.primary.span.line for one in diagnostics}) <= 2


def places_of_words():
    """The rows of each part with what follows it, and the place of each word of the part."""
    for part, pair in zip(PARTS, PAIRS, strict=True):
        for number, row in enumerate(part.split("\n")):
            code = row.split("#")[0]
            for word in re.finditer(r'"[^"]*"|[^\s,()]+', code):
                yield pair.split("\n"), number, word.start(), word.end()


def test_deleting_any_one_word_costs_one_line_at_most() -> None:
    broken = alone = 0
    for all_rows, number, start, end in places_of_words():
        row = all_rows[number]
        changed = [*all_rows[:number], row[:start] + row[end:], *all_rows[number + 1 :]]
        _, diagnostics = read("\n".join(changed))
        if not diagnostics:
            continue
        broken += 1
        on_line = all(abs(one.primary.span.line - number - 1) <= 1 for one in diagnostics)
        alone += len(diagnostics) == 1 and on_line
    assert broken > 300
    assert alone / broken > 0.97


def test_misspelling_any_word_of_the_language_is_recognised() -> None:
    """A letter doubled in a word of the language: one diagnostic, which proposes the word."""
    found = total = 0
    for all_rows, number, start, end in places_of_words():
        row = all_rows[number]
        word = row[start:end]
        if word not in keywords() or len(word) < 4:
            continue
        wrong = row[:start] + word[:2] + word[1:] + row[end:]
        _, diagnostics = read("\n".join([*all_rows[:number], wrong, *all_rows[number + 1 :]]))
        if not diagnostics:
            continue
        total += 1
        found += any(f"`{word}`" in one.help for one in diagnostics)
    assert total > 150
    assert found / total > 0.9


@pytest.mark.parametrize(
    "text",
    [
        "when " + "(" * 100_000,
        "when " + "(" * 5_000 + "x" + ")" * 5_000,
        "rule a\nnever hold x\nwhen " + "not " * 20_000 + "x",
        "rule a\nkeep cash at most $1" + " plus $1" * 20_000,
        "rule a\nkeep cash at most " + "the larger of $1 and " * 5_000 + "$1",
        "rule " + "a" * 200_000,
        "x" * 200_000,
        "rule a\nnever hold " + ", ".join(f'"S{i}"' for i in range(20_000)),
        "keep cash at most " + "9" * 50_000 + "%",
        "rule a\nkeep x at most $1 in " + "9" * 5_000,
        '"' * 50_000,
        ")" * 50_000,
        "\n" * 50_000,
        "and " * 20_000,
        "# " + "x" * 100_000,
        "\x00" * 1_000,
        "rule a\n" + "never hold [x]\n" * 300,
        "rule a\n" + "keep cash betwen 1% and 2%\n" * 300,
    ],
    ids=lambda text: text[:20].strip(),
)
def test_extremes(text: str) -> None:
    read(text)


def test_a_long_list_is_read_whole() -> None:
    text = "define x as " + ", ".join(f'"S{i}"' for i in range(5_000))
    file, diagnostics = read(text)
    assert not diagnostics
    assert len(file.statements[0].things.items) == 5_000


def test_a_mistake_in_a_block_marks_the_block_and_no_other() -> None:
    text = "rule a\n  never hold x\n  whn account.y\nrule b\n  never hold x\nset c to off\n  beause"
    file, diagnostics = read(text)
    assert len(diagnostics) == 2
    assert [(one.id.value, one.flawed) for one in file.statements] == [
        ("a", True),
        ("b", False),
        ("c", True),
    ]
    assert file.statements[0].span.end_line == 3


def test_what_follows_an_unreadable_first_line_joins_no_other_rule() -> None:
    text = """
rule a
  never hold x
rulle b "B"
  never hold y
  because "B"
rule "C"
  never hold z
"""
    file, diagnostics = read(text)
    assert [one.code for one in diagnostics] == ["E0101", "E0111"]
    (rule,) = file.statements
    assert isinstance(rule, Rule)
    assert not rule.flawed
    assert len(rule.directives) == 1
    assert [name.value for name in file.unread] == ["b"]


def test_names_that_could_not_be_defined_are_remembered() -> None:
    file, _ = read('define x as\nrule b.c "Open\n  never hold x\n')
    assert [name.value for name in file.unread] == ["x", "b.c"]


def test_a_header_line_that_cannot_be_read_marks_the_header() -> None:
    file, diagnostics = read("policy a\nlayer ipc\nwhen account.x and\nrule b\n never hold x")
    assert len(diagnostics) == 1
    assert file.header.flawed
    assert not file.statements[0].flawed


def test_deep_numbers_keep_their_digits() -> None:
    file, _ = read("set a to at most $" + "9" * 15)
    (chosen,) = file.statements
    assert isinstance(chosen, Set)
    assert chosen.bound.high.value == Decimal("9" * 15)


def test_numbers_that_nobody_means_are_refused() -> None:
    _, found = read("set a to at most $" + "9" * 16)
    assert [each.code for each in found] == ["E0123"]


def test_the_grammar_has_no_conflicts(caplog: pytest.LogCaptureFixture) -> None:
    """Lark settles shift/reduce conflicts in silence unless it is asked to log them."""
    source = (Path(__file__).parents[2] / "grammar" / "policy.lark").read_text(encoding="utf-8")
    logger.addHandler(caplog.handler)
    level = logger.level
    logger.setLevel("DEBUG")
    try:
        Lark(source, parser="lalr", lexer="contextual", debug=True)
        conflicting = 'start: a\na: "if" a | "if" a "else" a | "x"'
        assert not [one for one in caplog.messages if "conflict" in one.lower()]
        Lark(conflicting, parser="lalr", lexer="contextual", debug=True)
        assert [one for one in caplog.messages if "conflict" in one.lower()]
    finally:
        logger.setLevel(level)
        logger.removeHandler(caplog.handler)
    assert grammar() is grammar()
