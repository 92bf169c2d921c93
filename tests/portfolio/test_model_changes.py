"""Two tables of models compared: what came, went and moved, as written and opened, by day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from portfolio.model_changes import (
    EVER,
    Change,
    ModelTable,
    changed_on,
    model_changes,
    read_model_table,
)

HEAD = "model_id,component,weight,effective_from,rank,alternate_for\n"
EQUITY = "EQUITY,X,0.5,,,\nEQUITY,Y,0.5,,,\n"
CORE = "CORE,EQUITY,0.6,,,\nCORE,B,0.4,,,\n"


def state(path: Path, rows: str, name: str = "models.csv") -> ModelTable:
    file = path / name
    file.write_text(HEAD + rows, encoding="utf-8")
    table, findings = read_model_table(file)
    assert findings == ()
    assert table is not None
    return table


def changes(path: Path, before: str, after: str) -> tuple[Change, ...]:
    return model_changes(state(path, before, "old.csv"), state(path, after, "new.csv"))


def said(moved: object) -> list[tuple[str, str, str]]:
    assert isinstance(moved, tuple)
    return [(each.name, str(each.before), str(each.after)) for each in moved]


def test_the_same_says_nothing(tmp_path: Path) -> None:
    assert changes(tmp_path, EQUITY + CORE, CORE + EQUITY) == ()


def test_what_came_went_and_moved(tmp_path: Path) -> None:
    after = "CORE,EQUITY,0.7,,,\nCORE,Z,0.3,,,\n"
    (change,) = changes(tmp_path, EQUITY + CORE, EQUITY + after)
    assert (change.model_id, change.first, change.last) == ("CORE", EVER, None)
    assert said(change.written) == [
        ("B", "0.4", "None"),
        ("Z", "None", "0.3"),
        ("EQUITY", "0.6", "0.7"),
    ]
    assert said(change.flat) == [
        ("B", "0.4", "None"),
        ("Z", "None", "0.3"),
        ("X", "0.30", "0.35"),
        ("Y", "0.30", "0.35"),
    ]
    assert (change.through, change.came, change.went) == ((), False, False)


def test_a_nested_change_is_named_once(tmp_path: Path) -> None:
    """CORE is written as before: EQUITY brought its own change."""
    new = "EQUITY,X,1,2026-07-01,,\n"
    core, equity = changes(tmp_path, EQUITY + CORE, EQUITY + new + CORE)
    assert (core.model_id, core.written, core.through) == ("CORE", (), ("EQUITY",))
    assert said(core.flat) == [("X", "0.30", "0.6"), ("Y", "0.30", "None")]
    assert core.first == equity.first == date(2026, 7, 1)
    assert said(equity.written) == said(equity.flat) == [("X", "0.5", "1"), ("Y", "0.5", "None")]


def test_a_change_has_its_days(tmp_path: Path) -> None:
    """In July all is X; from August both states have Y alone."""
    later = "EQUITY,Y,1,2026-08-01,,\n"
    (change,) = changes(tmp_path, EQUITY + later, EQUITY + "EQUITY,X,1,2026-07-01,,\n" + later)
    assert (change.first, change.last) == (date(2026, 7, 1), date(2026, 7, 31))
    many = EQUITY + "EQUITY,X,1,2026-07-01,,\nEQUITY,Z,1,2026-07-10,,\n"
    first, second = changes(tmp_path, EQUITY, many)
    assert (first.first, first.last) == (date(2026, 7, 1), date(2026, 7, 9))
    assert (second.first, second.last) == (date(2026, 7, 10), None)


def test_versions_of_other_models_do_not_repeat_a_change(tmp_path: Path) -> None:
    other = "OTHER,X,1,,,\nOTHER,Y,1,2026-05-01,,\n"
    (change,) = changes(tmp_path, EQUITY + other, "EQUITY,X,1,,,\n" + other)
    assert (change.model_id, change.first, change.last) == ("EQUITY", EVER, None)


def test_models_that_are_new_or_gone(tmp_path: Path) -> None:
    gone, new = changes(tmp_path, "A,X,1,,,\n", "B,X,1,2026-07-01,,\n")
    assert (gone.model_id, gone.came, gone.went) == ("A", False, True)
    assert (new.model_id, new.came, new.went, new.first) == ("B", True, False, date(2026, 7, 1))


def test_alternates_are_compared_by_rank(tmp_path: Path) -> None:
    before = "A,X,1,,,\nA,Y,1,,2,X\nA,Z,1,,3,X\n"
    after = "A,X,1,,,\nA,Z,1,,2,X\n"
    (change,) = changes(tmp_path, before, after)
    (ranked,) = change.alternates
    assert (ranked.component, ranked.before, ranked.after) == ("X", ("Y", "Z"), ("Z",))
    assert change.written == change.flat == ()
    assert changes(tmp_path, before, "A,Z,0,,3,X\nA,Y,0,,2,X\nA,X,1,,,\n") == ()


def test_the_models_that_differ_on_a_day(tmp_path: Path) -> None:
    old = state(tmp_path, EQUITY + CORE, "old.csv")
    new = state(tmp_path, EQUITY + CORE + "EQUITY,X,1,2026-07-01,,\n", "new.csv")
    assert changed_on(old, new, date(2026, 6, 30)) == frozenset()
    assert changed_on(old, new, date(2026, 7, 1)) == {"CORE", "EQUITY"}


def test_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "models.csv").write_text("model_id,weight\nA,1\n", encoding="utf-8")
    table, findings = read_model_table(tmp_path)
    assert table is None
    assert [each.code for each in findings] == ["B0104"]
    (tmp_path / "models.csv").write_text(HEAD + "A,X,much,,,\n", encoding="utf-8")
    assert [each.code for each in read_model_table(tmp_path)[1]] == ["B0203"]


@pytest.mark.parametrize(
    ("rows", "code"), [("A,X,1.5,,,\n", "B0503"), ("A,B,1,,,\nB,A,1,,,\n", "B0501")]
)
def test_a_model_that_cannot_be_used_is_a_finding(tmp_path: Path, rows: str, code: str) -> None:
    old, new = state(tmp_path, EQUITY, "old.csv"), state(tmp_path, EQUITY + rows, "new.csv")
    assert model_changes(old, new) == ()
    assert [each.code for each in new.findings] == [code]
    assert old.findings == ()
