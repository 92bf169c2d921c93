"""`policydsl book check|synth|schema`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policydsl.cli import cli


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], prog_name="policydsl")


@pytest.fixture
def book(tmp_path: Path) -> Path:
    folder = tmp_path / "book"
    made = run("book", "synth", folder, "--households", "3", "--securities", "15", "--seed", "4")
    assert made.exit_code == 0
    assert made.stdout == f"{folder}: 3 households, 15 stocks, as of 2026-03-31, seed 4\n"
    return folder


def test_an_invented_book_is_sound(book: Path) -> None:
    result = run("book", "check", book)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("synthetic, as of 2026-03-31: 3 households\n")
    assert result.stdout.endswith("0 errors, 0 warnings\n")


def test_the_same_options_give_the_same_bytes(book: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    run("book", "synth", again, "--households", "3", "--securities", "15", "--seed", "4")
    names = sorted(path.name for path in book.iterdir())
    assert names == sorted(path.name for path in again.iterdir())
    assert all((book / name).read_bytes() == (again / name).read_bytes() for name in names)


def test_an_earlier_book_is_written_over_and_other_files_are_not(
    book: Path, tmp_path: Path
) -> None:
    assert run("book", "synth", book, "--securities", "15").exit_code == 0
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    assert run("book", "synth", tmp_path / "mine").exit_code == 2
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_options_out_of_range_are_wrong_usage(tmp_path: Path) -> None:
    for option, value in (
        ("--households", "0"),
        ("--securities", "2"),
        ("--seed", "-1"),
        ("--as-of", "2026-02-30"),
    ):
        assert run("book", "synth", tmp_path / "b", option, value).exit_code == 2


def test_a_broken_book_gives_findings(book: Path) -> None:
    lots = book / "lots.csv"
    lots.write_text(lots.read_text().replace(",H", ",X", 0) + "L,NOBODY,ZZZ,2020-13-01,-5,1,,,\n")
    result = run("book", "check", book, "--format", "json")
    found = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (1, "")
    assert found["errors"] == len(found["findings"]) >= 1
    assert all(each["file"] == "lots.csv" for each in found["findings"])


@pytest.mark.parametrize("table", ["book.toml", "accounts.csv", "prices.csv", "lots.csv"])
@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe", b'a,b\n"', None], ids=str)
def test_a_damaged_table_gives_no_traceback(book: Path, table: str, content: bytes | None) -> None:
    if content is None:
        (book / table).unlink()
    else:
        (book / table).write_bytes(content)
    result = run("book", "check", book)
    assert (result.exit_code, result.stderr) == (1, "")
    assert "error[B0" in result.stdout


def test_a_book_that_is_not_there_is_a_finding(tmp_path: Path) -> None:
    result = run("book", "check", tmp_path / "nowhere")
    assert (result.exit_code, result.stderr) == (1, "")
    assert "error[B0" in result.stdout


def test_the_contract_is_printed_as_json_schema() -> None:
    schema = json.loads(run("book", "schema").stdout)
    assert "accounts" in json.dumps(schema)
