"""A run proved from its folder: hashes, the chained log, and the exact check on its trades.

Neither the optimisation model nor the solver is used: trades are read from `trades.csv`, put on the
opening positions of `inputs/book`, and held against every statement of `inputs/policies`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from compiler.assumptions import assumptions_for
from compiler.closing import Closing, Purchase, Sale, cents, purchase_of, sale_of
from compiler.exact_check import exact_breaches
from compiler.layers import household_policy
from compiler.statements import HouseholdPolicy
from policydsl.measures import tax_measures
from policydsl.propose import empty_closing
from policydsl.rebalance import Inputs, read_inputs
from policydsl.run_folder import GENESIS, TRADE_COLUMNS, entry_hash, sha256
from portfolio.household import Household

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """Something in a run that does not hold: where, and what."""

    where: str
    what: str


def verify_run(folder: Path) -> tuple[list[Difference], dict[str, int]]:
    """Every difference found, and what was counted: files, log entries, households, trades,
    statements checked. Raises nothing for what a folder holds."""
    counts = dict.fromkeys(("files", "log entries", "households", "trade rows", "checks"), 0)
    try:
        record = json.loads((folder / "run.json").read_bytes())
        files, households = dict(record["files"]), list(record["households"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        return [Difference("run.json", f"cannot be read: {error}")], counts
    found = [*_files(folder, files, counts), *_log(folder, record, counts)]
    inputs = read_inputs(folder / "inputs" / "book", folder / "inputs" / "policies")
    if inputs.book.stopped:
        return [*found, Difference("inputs/book", "can no longer be run")], counts
    rows = _rows(folder, found)
    counts["trade rows"] = len(rows)
    for household_id in households:
        counts["households"] += 1
        mine = [row for row in rows if row["household_id"] == household_id]
        found += _household(folder, inputs, household_id, mine, counts)
    for row in rows:
        if row["household_id"] not in households:
            found.append(Difference("trades.csv", f"household {row['household_id']} was not run"))
    return found, counts


def _files(folder: Path, files: Mapping[str, str], counts: dict[str, int]) -> Iterator[Difference]:
    """Each file has the content that the record states, and no file is unknown to it."""
    for name, expected in sorted(files.items()):
        counts["files"] += 1
        path = folder / name
        if not path.is_file():
            yield Difference(name, "is missing")
        elif sha256(path.read_bytes()) != expected:
            yield Difference(name, "is not the file that was written")
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    for name in sorted(present - set(files) - {"run.json"}):
        yield Difference(name, "was not part of the run")


def _log(folder: Path, record: Mapping[str, Any], counts: dict[str, int]) -> Iterator[Difference]:
    """Each entry carries the hash of the one before, and the record that of the last."""
    previous = GENESIS
    try:
        lines = (folder / "log.jsonl").read_text("utf-8").splitlines()
        for number, line in enumerate(lines, 1):
            counts["log entries"] += 1
            entry = json.loads(line)
            broken = entry["previous"] != previous or entry["hash"] != entry_hash(entry)
            if broken or entry["sequence"] != number:
                yield Difference(f"log.jsonl:{number}", "the chain of hashes is broken")
                return
            previous = entry["hash"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        yield Difference("log.jsonl", f"cannot be read: {error}")
        return
    if previous != record.get("log_head"):
        yield Difference("log.jsonl", "does not end where the record says")


def _rows(folder: Path, found: list[Difference]) -> list[dict[str, str]]:
    try:
        text = (folder / "trades.csv").read_bytes().decode()
    except (OSError, ValueError) as error:
        found.append(Difference("trades.csv", f"cannot be read: {error}"))
        return []
    reader = csv.DictReader(io.StringIO(text))
    if tuple(reader.fieldnames or ()) != TRADE_COLUMNS:
        found.append(Difference("trades.csv", "has other columns than a run writes"))
        return []
    return [row for row in reader if None not in row and None not in row.values()]


def _household(
    folder: Path, inputs: Inputs, household_id: str, rows: list[Row], counts: dict[str, int]
) -> Iterator[Difference]:
    try:
        document = json.loads((folder / "proposals" / f"{household_id}.json").read_bytes())
        household = inputs.book.household(household_id)
    except (OSError, ValueError, KeyError) as error:
        yield Difference(household_id, f"cannot be read: {error}")
        return
    policy = household_policy(inputs.typed, household)
    if document.get("status") != "proposed":
        if rows:
            yield Difference(household_id, f"has trades, and the status {document.get('status')}")
        return
    closing = yield from _closing(household, policy, rows)
    if closing is None:
        return
    counts["checks"] += len(policy.statements)
    for breach in exact_breaches(policy, closing):
        yield Difference(household_id, breach.message)
    if tax_measures(closing) != document.get("tax"):
        yield Difference(household_id, "its tax is not what its trades come to")
    stated = sum(len(trade["lots"]) or 1 for trade in document["trades"])
    if stated != len(rows):
        yield Difference(household_id, f"states {stated} trade rows; trades.csv has {len(rows)}")


def _closing(
    household: Household, policy: HouseholdPolicy, rows: list[Row]
) -> Generator[Difference, None, Closing | None]:
    """The trades of `rows` on the opening positions; yields what does not fit."""
    accounts = {account.id: account for account in household.accounts}
    lots = {lot.id: lot for account in household.accounts for lot in account.lots}
    sales: list[Sale] = []
    purchases: list[Purchase] = []
    for row in rows:
        where = f"{household.id} {row['trade_id']}"
        try:
            account, shares = accounts[row["account_id"]], Decimal(row["shares"])
            cost = Decimal(str(assumptions_for(policy, account.id).trading_cost))
            if row["side"] == "buy":
                security_id = row["security_id"]
                trade: Sale | Purchase = purchase_of(household, account, security_id, shares, cost)
                purchases.append(trade)  # type: ignore[arg-type]
                stated = {"amount": trade.amount, "cost": trade.cost}
            else:
                lot = lots[row["lot_id"]]
                if lot.account_id != account.id:
                    raise KeyError(row["lot_id"])
                sale = sale_of(household, account, lot, shares, cost)
                sales.append(sale)
                stated = {
                    "amount": sale.amount,
                    "cost": sale.cost,
                    "realized_gain": cents(sale.gain),
                }
            for name, value in stated.items():
                if Decimal(row[name]) != value:
                    yield Difference(where, f"{name} is {row[name]}, should be {value}")
        except (KeyError, InvalidOperation) as error:
            yield Difference(where, f"names something the book does not have: {error}")
            return None
    return empty_closing(household, policy, tuple(sales), tuple(purchases))
