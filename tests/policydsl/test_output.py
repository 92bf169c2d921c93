"""Words for people: counts, and progress that appears on a terminal only."""

from __future__ import annotations

import io

import pytest

from policydsl import progress
from policydsl.output import counted
from policydsl.progress import followed


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("number", "noun", "words"),
    [(0, "error", "0 errors"), (1, "error", "1 error"), (1200, "policy", "1,200 policies")],
)
def test_counts_read_as_people_write_them(number: int, noun: str, words: str) -> None:
    assert counted(number, noun) == words


def test_items_pass_unchanged_and_nothing_is_shown_off_a_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert list(followed(iter("abc"), 3, "letters")) == ["a", "b", "c"]
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("patience", "shown"), [(3600.0, False), (0.0, True)])
def test_a_terminal_sees_a_bar_past_the_time_of_patience(
    patience: float, shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setattr(progress, "PATIENCE", patience)
    assert list(followed(iter("abc"), 3, "letters")) == ["a", "b", "c"]
    assert ("letters" in terminal.getvalue()) is shown
