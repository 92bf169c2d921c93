"""`policydsl models import`: what it prints and writes, and what it leaves alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.policydsl.runs import policydsl, rows

HEAD = "model_id,name,provider,fee_bps,programs,effective_from,component,weight\n"


@pytest.fixture
def book(tmp_path: Path, small_book: Path) -> Path:
    shutil.copytree(small_book, tmp_path / "book")
    return tmp_path / "book"


def offered(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "acme.csv"
    path.write_text(HEAD + text, encoding="utf-8")
    return path


def test_a_model_is_written_and_followed_from_its_day(tmp_path: Path, book: Path) -> None:
    file = offered(tmp_path, "ACME,Acme,Research,25,etf,2026-04-15,IDX1,1\n")
    found = policydsl("models", "import", file, "--book", book)
    assert found.exit_code == 0, found.output
    assert found.output == (
        "ACME from 2026-04-15: 1 component; Research, 25 bps a year, for etf\n"
        f"{book}: wrote model_facts.csv and models.csv\n"
    )
    assert rows(book / "models.csv")[-1]["model_id"] == "ACME"
    assert not [path.name for path in book.iterdir() if path.name.endswith(".new")]
    assert policydsl("book", "check", book).exit_code == 0
    again = policydsl("models", "import", file, "--book", book)
    assert again.output.endswith(f"(the book has it)\n{book}: no change\n")


def test_a_mistake_writes_nothing_and_is_1(tmp_path: Path, book: Path) -> None:
    before = (book / "models.csv").read_bytes()
    file = offered(tmp_path, "ACME,,,,,2026-04-15,NOPE,0.5\n")
    found = policydsl("models", "import", file, "--book", book, "--format", "json")
    assert found.exit_code == 1
    told = json.loads(found.stdout)
    assert told["written"] == []
    assert sorted((each["code"], each["line"]) for each in told["findings"]) == [
        ("B0302", 2),
        ("B0504", 2),
    ]
    assert told["versions"][0]["components"] == [
        {"component": "NOPE", "weight": "0.5", "alternates": []}
    ]
    assert (book / "models.csv").read_bytes() == before
    assert not (book / "model_facts.csv").exists()
    found = policydsl("models", "import", file, "--book", book)
    assert found.output.endswith(f"1 error, 1 warning\nnothing is written to {book}\n")


def test_warnings_are_mistakes_where_asked(tmp_path: Path, book: Path) -> None:
    file = offered(tmp_path, "ACME,,,,,2026-04-15,IDX1,0.5\n")
    assert policydsl("models", "import", file, "--book", book, "--strict").exit_code == 1
    assert not any(row["model_id"] == "ACME" for row in rows(book / "models.csv"))
    assert policydsl("models", "import", file, "--book", book).exit_code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "models.csv cannot be read"),
        ("", "models.csv is not CSV"),
        ("a,b\n1,2\n", "the table has no column `weight`"),
    ],
)
def test_a_folder_without_models_is_no_book_to_take_them_into(
    tmp_path: Path, text: str | None, said: str
) -> None:
    book = tmp_path / "book"
    book.mkdir()
    if text is not None:
        (book / "models.csv").write_text(text, encoding="utf-8")
    before = list(book.iterdir())
    file = offered(tmp_path, "ACME,,,,,2026-04-15,IDX1,1\n")
    found = policydsl("models", "import", file, "--book", book)
    assert found.exit_code == 1
    assert said in found.output
    assert found.output.endswith(f"nothing is written to {book}\n")
    assert list(book.iterdir()) == before


def test_models_in_parquet_are_wrong_usage(tmp_path: Path, book: Path) -> None:
    (book / "models.csv").rename(book / "models.parquet")
    file = offered(tmp_path, "ACME,,,,,2026-04-15,IDX1,1\n")
    found = policydsl("models", "import", file, "--book", book)
    assert found.exit_code == 2
    assert "taken in as CSV only" in found.stderr
