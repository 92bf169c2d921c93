"""Diagnostics as people and programs read them."""

from __future__ import annotations

import json

import pytest

from grammar.diagnostics import Code, Diagnostic, Label, Severity, by_code, render_text, to_json
from grammar.parse import parse
from grammar.spans import Span

RANGE = Code("E0401", "a value outside what a higher layer allows")
ADVISOR = "\n\n\nset ipc.min_trade to at least $2,000\n"
CORE = "\n" * 22 + "    allow advisor to set between $50 and $1,000\n"

OUTSIDE = RANGE.at(
    Span("advisor/ADV1.policy", 4, 22, 4, 37),
    "$2,000 is outside what the IPC allows advisors",
    label="set here",
    related=(Label(Span("ipc/core.policy", 23, 26, 23, 48), "the boundary"),),
    help="choose $50 to $1,000, or ask the Investment Policy Committee to widen line 23",
)


def test_two_places_are_laid_out_as_the_design_shows() -> None:
    sources = {"advisor/ADV1.policy": ADVISOR, "ipc/core.policy": CORE}
    assert render_text([OUTSIDE], sources) == (
        """\
error[E0401] $2,000 is outside what the IPC allows advisors
  --> advisor/ADV1.policy:4:22
4 | set ipc.min_trade to at least $2,000
  |                      ^^^^^^^^^^^^^^^ set here
  ... ipc/core.policy:23:26
23 |     allow advisor to set between $50 and $1,000
   |                          ^^^^^^^^^^^^^^^^^^^^^^ the boundary
  help: choose $50 to $1,000, or ask the Investment Policy Committee to widen line 23
"""
    )


def test_the_mixed_condition_reads_as_the_design_shows() -> None:
    line = '    when account.taxable and taxpayer.state is "CA" or account.discretionary\n'
    text = "rule a.b\n    never hold x\n" + "\n" * 6 + line
    _, diagnostics = parse(text, "advisor/ADV1.policy")
    assert render_text(diagnostics, {"advisor/ADV1.policy": text}) == (
        """\
error[E0107] `and` and `or` are mixed without brackets
  --> advisor/ADV1.policy:9:53
9 |     when account.taxable and taxpayer.state is "CA" or account.discretionary
  |                                                     ^^ joins what?
  help: put brackets around `account.taxable and ...`, or around `... or account.discretionary`
"""
    )


def test_the_json_record_has_stable_fields() -> None:
    record = to_json(OUTSIDE)
    assert json.loads(json.dumps(record)) == record
    assert record == {
        "code": "E0401",
        "severity": "error",
        "message": "$2,000 is outside what the IPC allows advisors",
        "path": "advisor/ADV1.policy",
        "line": 4,
        "column": 22,
        "end_line": 4,
        "end_column": 37,
        "label": "set here",
        "related": [
            {
                "path": "ipc/core.policy",
                "line": 23,
                "column": 26,
                "end_line": 23,
                "end_column": 48,
                "label": "the boundary",
            }
        ],
        "help": "choose $50 to $1,000, or ask the Investment Policy Committee to widen line 23",
        "page": "docs/errors/E0401.md",
    }


def shown(text: str, *span: int) -> list[str]:
    one = Diagnostic("E0999", Severity.ERROR, "m", Label(Span("p", *span), "here"))
    return render_text([one], {"p": text}).split("\n")[2:-1]


def test_a_place_over_several_rows_is_marked_on_each() -> None:
    assert shown("one two\n  three\nfour five", 1, 5, 3, 5) == [
        "1 | one two",
        "  |     ^^^",
        "2 |   three",
        "  |   ^^^^^",
        "3 | four five",
        "  | ^^^^ here",
    ]


def test_of_a_long_place_the_first_and_last_rows_are_shown() -> None:
    assert shown("\n".join("abcdefghijkl"), 2, 1, 11, 2) == [
        " 2 | b",
        "   | ^",
        "11 | k",
        "   | ^ here",
    ]


def test_carets_stand_under_wide_characters_and_behind_tabs() -> None:
    assert shown("\t株式 x", 1, 5, 1, 6) == ["1 |     株式 x", "  |          ^ here"]
    assert shown("\t株式 x", 1, 2, 1, 4) == ["1 |     株式 x", "  |     ^^^^ here"]


@pytest.mark.parametrize("at", [1, 300, 599])
def test_a_wide_row_is_cut_around_the_place(at: int) -> None:
    text = "a" * (at - 1) + "X" + "a" * (600 - at)
    row, carets = shown(text, 1, at, 1, at + 1)
    assert len(row) < 140
    assert row[carets.index("^")] == "X"


def test_control_characters_do_not_reach_the_terminal() -> None:
    row, _ = shown("a\x1b[31mb\x00\u202ec\ud800", 1, 1, 1, 2)
    assert row == "1 | a␛[31mb␀�c�"


def test_a_place_without_its_text_is_still_named() -> None:
    one = Diagnostic("E0999", Severity.WARNING, "m", Label(Span("gone", 3, 1, 3, 2), "here"))
    assert render_text([one], {}) == "warning[E0999] m\n  --> gone:3:1 here\n"


def test_colour_adds_nothing_but_colour() -> None:
    sources = {"advisor/ADV1.policy": ADVISOR, "ipc/core.policy": CORE}
    coloured = render_text([OUTSIDE], sources, colour=True)
    assert "\x1b[1;31merror[E0401]\x1b[0m" in coloured
    plain = coloured
    for style in ("\x1b[1;31m", "\x1b[36m", "\x1b[0m"):
        plain = plain.replace(style, "")
    assert plain == render_text([OUTSIDE], sources)


def test_two_codes_cannot_share_an_id() -> None:
    with pytest.raises(ValueError, match="one id"):
        by_code(RANGE, Code("E0401", "another"))
