"""Findings as a whole: every code tried, every page written, texts for people and programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from portfolio.book import Book
from portfolio.findings import CODES, render_findings
from tests.portfolio import (
    test_broken_cells,
    test_broken_files,
    test_broken_ids,
    test_broken_market,
)
from tests.portfolio.breaking import change_lot

Golden = Callable[[Path, str], None]
TRIED = (test_broken_cells, test_broken_files, test_broken_ids, test_broken_market)


def test_every_code_is_tried() -> None:
    elsewhere = {"B0308", "B0405", "B0406", "B0508", "B0509", "B0601", "B0701", "B0702"}
    assert {case.code for module in TRIED for case in module.MISTAKES} | elsewhere == set(CODES)


def test_a_sound_book_has_no_findings(sound: Book) -> None:
    assert sound.findings == ()
    assert not sound.stopped
    assert not sound.households_on_hold


def break_four_things(folder: Any) -> None:
    change_lot(folder, "H00004-TX", shares="-5")
    folder.set("households", "household_id", "H00005", model_id="TYPO")
    folder.set("accounts", "account_id", "H00002-TX", type="tx")
    folder.add("models", model_id="A", component="B", weight="1")
    folder.add("models", model_id="B", component="A", weight="1")


def test_all_mistakes_are_found_in_one_run(folder: Any) -> None:
    break_four_things(folder)
    findings = folder.load().findings
    assert [found.code for found in findings] == ["B0306", "B0205", "B0204", "B0501"]


def test_findings_as_people_read_them(folder: Any, golden: Golden) -> None:
    break_four_things(folder)
    folder.edit("accounts", lambda rows: [row.update(desk="7") for row in rows])
    text = render_findings(folder.load().findings)
    golden(Path(__file__).with_name("findings.txt"), text)


def test_findings_as_programs_read_them(folder: Any) -> None:
    change_lot(folder, "H00004-TX", shares="-5")
    (found,) = folder.load().findings
    assert json.loads(json.dumps(found.to_json())) == {
        "code": "B0204",
        "severity": "error",
        "file": "lots.csv",
        "line": found.line,
        "column": "shares",
        "value": "-5",
        "expected": "a number above 0",
        "message": "`shares` '-5' is out of range",
        "account_id": "H00004-TX",
        "household_id": "H00004",
        "accounts": ["H00004-TX"],
        "households": ["H00004"],
        "stops": False,
        "page": "docs/errors/B0204.md",
    }


def test_findings_come_in_the_same_order_every_time(folder: Any) -> None:
    break_four_things(folder)
    assert folder.load().findings == folder.load().findings
