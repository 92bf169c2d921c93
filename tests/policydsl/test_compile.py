"""`policydsl compile`: the model of a household in four formats, its names as in the policy."""

from __future__ import annotations

import json
import re
from pathlib import Path

import highspy
import pytest

from tests.policydsl.runs import POLICIES, policydsl


def compiled(book: Path, out: Path, household: str = "H00001") -> dict[str, int]:
    result = policydsl(
        "compile", "--policies", POLICIES, "--book", book, "--household", household,
        "-o", out, "--format", "json",
    )  # fmt: skip
    assert (result.exit_code, result.stderr) == (0, "")
    found: dict[str, int] = json.loads(result.stdout)
    return found


@pytest.mark.parametrize("ending", ["lp", "mps", "nl", "json"])
def test_each_format_is_written(small_book: Path, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"model.{ending}"
    counts = compiled(small_book, out)
    assert out.stat().st_size > 1000
    assert counts["variables"] > 100
    assert counts["statements"] > 20


def test_names_read_as_policy(small_book: Path, tmp_path: Path) -> None:
    compiled(small_book, tmp_path / "model.lp")
    text = (tmp_path / "model.lp").read_text()
    for part in ("ipc_cash", "ipc_sectors", "Utilities", "firm_wash_sales", "h00001_values"):
        assert re.search(part.replace("_", "."), text), part
    assert re.search(r"sell\(H00001_TX_\w+_L\d+\)", text)


def test_json_gives_each_row_its_statement(small_book: Path, tmp_path: Path) -> None:
    counts = compiled(small_book, tmp_path / "model.json")
    model = json.loads((tmp_path / "model.json").read_text())
    owners = {row["statement"] for row in model["rows"]}
    assert {"physics", "ipc.sectors", "firm.wash_sales"} <= owners
    assert len(model["rows"]) == counts["constraints"]
    columns = {column["name"] for column in model["columns"]}
    assert all(set(row["coefficients"]) <= columns for row in model["rows"])
    assert any(column["square"] > 0 for column in model["columns"])


def test_the_written_model_is_the_one_that_is_handed_over(small_book: Path, tmp_path: Path) -> None:
    """HiGHS reads the file back: as many rows and columns, and the same coefficients in sum."""
    compiled(small_book, tmp_path / "model.lp", "H00004")
    compiled(small_book, tmp_path / "model.json", "H00004")
    model = json.loads((tmp_path / "model.json").read_text())
    engine = highspy.Highs()
    engine.setOptionValue("output_flag", False)
    assert engine.readModel(str(tmp_path / "model.lp")) != highspy.HighsStatus.kError
    read = engine.getLp()
    used = [
        c for c in model["columns"] if any(c["name"] in r["coefficients"] for r in model["rows"])
    ]
    assert read.num_col_ >= len(used)
    assert read.num_row_ == len(model["rows"])
    written = sum(abs(a) for row in model["rows"] for a in row["coefficients"].values())
    assert sum(abs(a) for a in read.a_matrix_.value_) == pytest.approx(written, rel=1e-9)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--household", "H9", "-o", "m.lp"), "has no household H9"),
        (("--household", "H00001", "-o", "m.txt"), "should end in one of"),
        (("--household", "H00001"), "Missing option '-o'"),
        (("-o", "m.lp"), "Missing option '--household'"),
    ],
)
def test_wrong_usage(
    small_book: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    result = policydsl("compile", "--policies", POLICIES, "--book", small_book, *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_book_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    result = policydsl(
        "compile", "--policies", POLICIES, "--book", tmp_path, "--household", "H1",
        "-o", tmp_path / "m.lp",
    )  # fmt: skip
    assert (result.exit_code, result.stdout) == (1, "")
    assert "error[B0" in result.stderr
