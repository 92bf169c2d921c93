"""The day after a run: its own inputs, of which some are other ones, and the run made of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from policydsl.compared import recorded_facing
from policydsl.day_to_day.attribution import causes_of
from policydsl.day_to_day.comparison import compared_runs
from policydsl.day_to_day.mixed import mixture
from policydsl.day_to_day.recorded import read_run
from policydsl.day_to_day.trade_changes import recorded_answer, solved_answer
from policydsl.rebalance import proposal_of
from tests.policydsl.runs import Row, policydsl, record, rows, write_rows
from tests.simulation.custodian import Custodian


@dataclass(frozen=True)
class Given:
    """What the next run is given; both folders may be changed."""

    book: Path
    policies: Path

    def table(self, name: str, change: Callable[[list[Row]], list[Row]]) -> None:
        path = self.book / f"{name}.csv"
        write_rows(path, change(rows(path)))

    def cell(self, table: str, column: str, value: str, **where: str) -> None:
        """Put a value into the rows of these cells."""
        hit = []

        def change(found: list[Row]) -> list[Row]:
            for row in found:
                if all(row[name] == cell for name, cell in where.items()):
                    row[column] = value
                    hit.append(row)
            return found

        self.table(table, change)
        assert hit, f"{table} has no such row"

    def says(self, file: str, old: str, new: str) -> None:
        """Other words in a policy file; no old ones: more of them."""
        path = self.policies / file
        text = path.read_text("utf-8") if path.exists() else ""
        assert old in text
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.replace(old, new, 1) if old else text + new, "utf-8")

    def on(self, day: date) -> None:
        """Another day, the closes those of the day before."""
        path = self.book / "book.toml"
        lines = path.read_text("utf-8").splitlines()
        kept = [line for line in lines if not line.startswith("as_of")]
        path.write_text("\n".join([*kept, f"as_of = {day}"]) + "\n", "utf-8")
        self.table("prices", lambda found: [row | {"date": f"{day}"} for row in found])

    def filled(self, run: Path, but: str = "") -> None:
        """The trades of the run are done at its closes, all but those of one security."""
        custodian = Custodian(self.book)
        custodian.open(date.fromisoformat(record(run)["as_of"]))
        closes = {row["security_id"]: row["close"] for row in rows(self.book / "prices.csv")}
        prices = {name: Decimal(close) for name, close in closes.items()}
        orders = rows(run / "trades.csv")
        custodian.fill((row for row in orders if row["security_id"] != but), prices)
        settings = (self.book / "book.toml").read_text("utf-8")
        custodian.write(self.book, prices)
        (self.book / "book.toml").write_text(settings, "utf-8")


Change = Callable[[Given], object]


def next_run(folder: Path, before: Path, *changes: Change, after: Path | None = None) -> Path:
    """A run of the inputs of another with changes made to them, and of the same households; after
    what the other was after, or what is named."""
    given = Given(folder / "book", folder / "policies")
    for name in ("book", "policies"):
        shutil.copytree(before / "inputs" / name, folder / name)
    for change in changes:
        change(given)
    named = [word for each in record(before)["households"] for word in ("--household", each)]
    if after is None and (before / "inputs" / "state.json").is_file():
        after = before / "inputs"
    since = [] if after is None else ["--after", after]
    words = ("--policies", given.policies, "--book", given.book, *since, *named)
    result = policydsl("rebalance", *words, "-o", folder / "run")
    assert result.exit_code == 0, result.output
    return folder / "run"


def assert_put_back(before: Path, after: Path, name: str) -> None:
    """All causes of the first run put into the second give the trades of the first."""
    a, b = read_run(before), read_run(after)
    found = compared_runs(a, b, [name])
    causes = causes_of(found, found.households[0])
    facing = recorded_facing(a.documents[name])
    answer = solved_answer(proposal_of(mixture(a, b).inputs(causes), name, facing))
    recorded = recorded_answer(a.documents[name])
    assert (answer.unlike(recorded), answer.measures) == ((), recorded.measures)
