"""Two runs of the benchmarks of joint targets, look-through and netting, row by row."""

import json
from datetime import date
from pathlib import Path

import pytest

from bench import direct_index, joint, netting
from bench.compare import EARLIER, Row, comparison, main, paired, rows_of
from portfolio.synth import synthesise


def _row(household: str, seconds: float, gap: float) -> Row:
    return Row("joint: joint", household, seconds, gap)


def test_a_row_is_worse_beyond_a_fifth_and_beyond_the_goal() -> None:
    earlier = [_row("A", 1.0, 0.1), _row("B", 1.0, 0.1), _row("C", 1.0, 0.001), _row("D", 1, 0)]
    later = [_row("A", 1.19, 0.11), _row("B", 1.21, 0.13), _row("C", 0.5, 0.015), _row("E", 9, 9)]
    a, b, c = paired(earlier, later)
    assert (a.slower, a.wider) == (False, False)
    assert (b.slower, b.wider) == (True, True)
    assert (c.slower, c.wider) == (False, False)
    assert "no row" in comparison([a, c])
    listed = comparison([a, b, c]).partition("\n\n")[2].splitlines()[1:]
    assert [line.split()[2] for line in listed] == ["B"]


def test_what_the_benchmarks_write_is_read_and_recorded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = tmp_path / "book"
    synthesise(book, households=6, securities=24, seed=3, as_of=date(2026, 3, 31))
    joint.main([str(book), "--households", "1", "--json", str(tmp_path / "j")])
    netting.main([str(book), "--households", "2", "--json", str(tmp_path / "n")])
    direct_index.main([str(book), "--from", "1000", "--names", "--json", str(tmp_path / "d")])
    files = [str(tmp_path / name) for name in "jnd"]
    main([*files, "--record", str(tmp_path / "record")])
    rows = rows_of(json.loads((tmp_path / "record").read_text(encoding="utf-8")))
    assert {row.kind.partition(":")[0] for row in rows} == {"joint", "netting", "look-through"}
    assert all(row.seconds > 0 and row.gap >= 0 for row in rows)
    capsys.readouterr()
    main([*files, "--earlier", str(tmp_path / "record")])
    assert "no row is more than 1.2 times worse" in capsys.readouterr().out


def test_the_earlier_figures_can_be_read() -> None:
    rows = rows_of(json.loads(EARLIER.read_text(encoding="utf-8")))
    assert {row.kind.partition(":")[0] for row in rows} == {"joint", "netting", "look-through"}
    assert len({(row.kind, row.household) for row in rows}) == len(rows)


def test_other_figures_are_refused(tmp_path: Path) -> None:
    (tmp_path / "other").write_text('[{"rules": 10}]', encoding="utf-8")
    with pytest.raises(SystemExit, match="not figures"):
        main([str(tmp_path / "other")])
