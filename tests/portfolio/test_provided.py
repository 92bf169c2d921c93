"""A provider's models taken into a book: what is checked, what is written, what is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from portfolio.book import load_book
from portfolio.household import Model
from portfolio.provided import Intake, take_in

HEAD = (
    "model_id,name,provider,fee_bps,programs,effective_from,component,weight,rank,alternate_for\n"
)
ACME = (
    "ACME,Acme Core,Acme Research,25,etf;sma,2026-03-01,IDX1,0.6,,\n"
    "ACME,,,,,2026-03-01,IDX2,0,2,IDX1\n"
    "ACME,,,,,2026-03-01,ACME-BONDS,0.4,,\n"
    "ACME-BONDS,,,5,,2026-03-01,AGG1,1,,\n"
)
TOML = """
[[models]]
model_id = "ACME"
name = "Acme Core"
provider = "Acme Research"
fee_bps = 25
programs = ["etf", "sma"]
effective_from = 2026-03-01

[[models.components]]
component = "IDX1"
weight = 0.6
[[models.components]]
component = "IDX2"
weight = 0
rank = 2
alternate_for = "IDX1"
[[models.components]]
component = "ACME-BONDS"
weight = 0.4

[[models]]
model_id = "ACME-BONDS"
fee_bps = 5
effective_from = 2026-03-01
[[models.components]]
component = "AGG1"
weight = 1
"""


def offered(folder: Any, text: str, name: str = "acme.csv") -> Intake:
    path: Path = folder.path.parent / name
    path.write_text(text, encoding="utf-8")
    intake = take_in(path, folder.path, load_book(folder.path))
    for table, content in (intake.texts or {}).items():
        folder.write_text(table, content)
    return intake


def acme(folder: Any) -> Model:
    folder.set("households", "household_id", "H00004", model_id="ACME")
    folder.edit("accounts", lambda rows: [row.update(program="etf") for row in rows])
    book = folder.load(date(2026, 3, 6))
    assert book.findings == ()
    household = book.household("H00004")
    assert household.model_facts["ACME"].fee_bps == 25
    assert household.model_facts["ACME"].programs == {"etf", "sma"}
    assert household.model_facts["ACME-BONDS"].fee_bps == 5
    model: Model = household.models["ACME"]
    return model


@pytest.mark.parametrize(("text", "name"), [(HEAD + ACME, "acme.csv"), (TOML, "acme.toml")])
def test_models_are_taken_in(folder: Any, text: str, name: str) -> None:
    before = folder.text("models.csv").splitlines()
    intake = offered(folder, text, name)
    assert intake.findings == ()
    assert [each.model_id for each in intake.versions] == ["ACME", "ACME-BONDS"]
    after = folder.text("models.csv").splitlines()
    assert [line.split(",")[:5] for line in after[1 : len(before)]] == [
        line.split(",")[:5] for line in before[1:]
    ]
    model = acme(folder)
    assert {name: float(weight) for name, weight in model.weights.items()} == {
        "IDX1": 0.6,
        "AGG1": 0.4,
    }
    assert {name: float(weight) for name, weight in model.inside.items()} == {
        "ACME": 1,
        "ACME-BONDS": 0.4,
    }
    assert [choice.component for choice in model.places[0].choices] == ["IDX1", "IDX2"]
    again = offered(folder, text, name)
    assert (again.findings, again.texts) == ((), {})
    assert all(each.known for each in again.versions)


def test_a_ticker_means_its_security(folder: Any) -> None:
    folder.set("securities", "security_id", "IDX1", ticker="BROAD")
    offered(folder, HEAD + ACME.replace("IDX1", "BROAD"))
    assert acme(folder).weights.keys() == {"IDX1", "AGG1"}
    folder.set("securities", "security_id", "IDX2", ticker="BROAD")
    intake = offered(folder, HEAD + ACME.replace("IDX1", "BROAD").replace("ACME", "NEW"))
    assert "'BROAD' is the ticker of IDX1, IDX2" in [each.message for each in intake.findings]


def test_a_new_version_keeps_the_old_one_and_mends_the_facts(folder: Any) -> None:
    offered(folder, HEAD + ACME)
    new = HEAD + "ACME,,,30,,2026-03-05,IDX2,1,,\n"
    assert offered(folder, new).errors == 0
    book = folder.load(date(2026, 3, 6))
    folder.set("households", "household_id", "H00004", model_id="ACME")
    for day, names in ((date(2026, 3, 4), {"IDX1", "AGG1"}), (date(2026, 3, 6), {"IDX2"})):
        assert folder.load(day).household("H00004").models["ACME"].weights.keys() == names
    facts = book.household("H00004").model_facts["ACME"]
    assert (facts.name, facts.provider, facts.fee_bps) == ("Acme Core", "Acme Research", 30)


MISTAKES = [
    ("ACME,,,25,,2026-03-01,NOPE,1,,\n", "B0302", "no security or model is called 'NOPE'", 2),
    ("A,,,,,2026-03-01,B,1,,\nB,,,,,2026-03-01,A,1,,\n", "B0501", "A -> B -> A", 2),
    ("A,,,,,2026-03-01,IDX1,0.7,,\nA,,,,,2026-03-01,AGG1,0.7,,\n", "B0503", "add up to 1.4", 2),
    ("A,,,,,2026-03-01,IDX1,60,,\nA,,,,,2026-03-01,AGG1,40,,\n", "B0503", "add up to 100", 2),
    ("A,,,,,2026-03-01,IDX1,1,,\nA,,,,,2026-03-01,IDX1,0,,\n", "B0505", "is given twice", 3),
    ("A,,,,,someday,IDX1,1,,\n", "B0202", "`effective_from` 'someday'", 2),
    ("A,,,,,,IDX1,1,,\n", "B0201", "`effective_from` is empty", 2),
    ("A,,,x,,2026-03-01,IDX1,1,,\n", "B0203", "`fee_bps` 'x' is not a number", 2),
    ("A,,,5000,,2026-03-01,IDX1,1,,\n", "B0204", "`fee_bps` '5000' is out of range", 2),
    ("A,,,5,,2026-03-01,IDX1,1,,\nA,,,6,,2026-04-01,IDX1,1,,\n", "B0509", "'5' above, '6' here", 3),
    ("A,,,,,2026-03-01,B,1,,\nB,,,,,2026-04-01,IDX1,1,,\n", "B0506", "'B' starts after", 3),
]


@pytest.mark.parametrize(("rows", "code", "says", "line"), MISTAKES)
def test_a_mistake_is_one_finding_and_nothing_is_written(
    folder: Any, rows: str, code: str, says: str, line: int
) -> None:
    before = folder.text("models.csv")
    intake = offered(folder, HEAD + rows)
    (found,) = intake.findings
    assert (found.code, found.line, found.file) == (code, line, "acme.csv")
    assert says in found.message
    assert (intake.errors, intake.texts) == (1, None)
    assert folder.text("models.csv") == before
    assert not (folder.path / "model_facts.csv").exists()


@pytest.mark.parametrize(
    ("day", "weight", "says"),
    [
        ("2026-02-01", "1", "goes back: the book has one of 2026-03-01 already"),
        ("2026-03-01", "0.9", "goes back: the book has another"),
    ],
)
def test_versions_do_not_go_back(folder: Any, day: str, weight: str, says: str) -> None:
    offered(folder, HEAD + ACME)
    intake = offered(folder, HEAD + f"ACME-BONDS,,,,,{day},AGG1,{weight},,\n")
    assert [says in each.message for each in intake.findings if each.code == "B0508"] == [True]


def test_all_mistakes_are_found_in_one_run(folder: Any) -> None:
    rows = (
        "A,,,x,,2026-03-01,B,0.7,,\nA,,,,,2026-03-01,NOPE,0.7,,\nB,,,,,2026-03-01,A,1,,\n"
        "C,,,,,2026-03-01,IDX1,0.5,,\nC,,,,,2026-03-01,AGG1,0.5,,\nC,,,,,2026-03-01,IDX2,0.5,2,\n"
    )
    codes = [each.code for each in offered(folder, HEAD + rows).findings]
    assert sorted(codes) == ["B0203", "B0302", "B0501", "B0503", "B0507"]


def test_what_is_wrong_with_the_book_is_not_said_of_the_file(folder: Any) -> None:
    folder.add("models", model_id="OLD", component="NOPE", weight="1.5")
    intake = offered(folder, HEAD + ACME)
    assert intake.findings == ()


def test_a_component_without_a_price_is_a_warning(folder: Any) -> None:
    folder.add(
        "securities",
        **dict(folder.rows("securities")[-1]) | {"security_id": "NEW", "ticker": "NEW"},
    )
    intake = offered(folder, HEAD + "A,,,,,2026-04-01,NEW,1,,\n")
    assert [(each.code, each.severity.value) for each in intake.findings] == [("B0401", "warning")]
    assert intake.texts is not None


@pytest.mark.parametrize(
    ("text", "name", "code"),
    [
        ("[[models]\n", "a.toml", "B0103"),
        ("models = 3\n", "a.toml", "B0103"),
        ('[[models]]\nmodel_id = "A"\n', "a.toml", "B0103"),
        ("model_id,component\nA,IDX1\n", "a.csv", "B0104"),
        ("", "a.csv", "B0103"),
    ],
)
def test_a_file_of_another_shape(folder: Any, text: str, name: str, code: str) -> None:
    intake = offered(folder, text, name)
    assert {each.code for each in intake.findings} == {code}
    assert intake.texts is None


def test_a_mistake_in_toml_has_its_line(folder: Any) -> None:
    intake = offered(folder, TOML.replace('"AGG1"', '"NOPE"'), "acme.toml")
    (found,) = intake.findings
    assert TOML.splitlines()[(found.line or 0) - 1] == "[[models.components]]"
    assert (found.code, found.line) == ("B0302", 26)


def test_a_key_that_nobody_reads_is_a_warning(folder: Any) -> None:
    intake = offered(folder, TOML.replace("fee_bps = 5\n", "fee_bps = 5\nhaircut = 1\n"), "a.toml")
    assert [(each.code, each.column) for each in intake.findings] == [("B0208", "haircut")]
    assert intake.texts
