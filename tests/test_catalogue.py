"""The rule catalogue: every rule is written, tried, and listed as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.catalogue import CATALOGUE, Row, rows, table
from compiler.check import check_policies
from compiler.policyset import load_policies

ROOT = Path(__file__).resolve().parent.parent
ENGLISH = ROOT.parent / "shared" / "catalogue" / "rules.md"


@pytest.fixture(scope="module")
def found() -> list[Row]:
    return rows()


@pytest.mark.long
def test_the_page_says_what_the_tests_show(found: list[Row]) -> None:
    assert (ROOT / "docs" / "catalogue.md").read_text() == table(found)


@pytest.mark.long
def test_every_rule_that_can_be_enforced_is_shown_to_bind(found: list[Row]) -> None:
    idle = [row.number for row in found if len(row.shown) < len(row.parts)]
    assert not idle


def test_the_catalogue_is_in_order() -> None:
    typed = check_policies(load_policies(CATALOGUE))
    assert not typed.diagnostics


def test_every_rule_of_the_catalogue_is_written() -> None:
    if not ENGLISH.is_file():
        pytest.skip("the catalogue in English is not on this machine")
    wanted = set(re.findall(r"(?m)^([A-Z]\d+) ", ENGLISH.read_text()))
    typed = check_policies(load_policies(CATALOGUE))
    written = {each.rule_id.partition(".")[0].upper() for each in typed.statements}
    assert written == wanted
