"""Commands as a user gives them, and what they leave in a run folder."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from policydsl.cli import cli

ROOT = Path(__file__).resolve().parents[2]
POLICIES = ROOT / "policies"
SHARED = ROOT.parent / "shared" / "books"

Document = dict[str, Any]
Row = dict[str, str]


def policydsl(*words: str | Path, typed: str = "") -> Result:
    said = [str(word) for word in words]
    return CliRunner().invoke(cli, said, input=typed, prog_name="policydsl")


def rebalanced(
    run: Path,
    book: Path,
    policies: Path = POLICIES,
    households: Iterable[str] = (),
    more: Iterable[str | Path] = (),
) -> Path:
    """A run of the book, or of the households named; its folder."""
    named = [word for each in households for word in ("--household", each)]
    result = policydsl(
        "rebalance", "--policies", policies, "--book", book, *named, *more, "-o", run
    )
    assert result.exit_code == 0, result.output
    return run


def key_pair(folder: Path, name: str, private: object = None) -> tuple[Path, Path]:
    """A new key in two PEM files."""
    key = private or Ed25519PrivateKey.generate()
    assert isinstance(key, Ed25519PrivateKey | ec.EllipticCurvePrivateKey)
    pem = serialization.Encoding.PEM
    mine, theirs = folder / f"{name}.pem", folder / f"{name}.pub"
    mine.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    theirs.write_bytes(
        key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return mine, theirs


def edited_policies(folder: Path, *edits: tuple[str, str, str]) -> Path:
    """A copy of the shipped policies; an edit is (file, old text, new text), old "" to append."""
    shutil.copytree(POLICIES, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for name, old, new in edits:
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{name} has no {old!r}"
        path.write_text(text.replace(old, new, 1) if old else text + new, encoding="utf-8")
    return folder


def line_of(file: Path, text: str) -> int:
    lines = file.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def record(run: Path) -> Document:
    found: Document = json.loads((run / "run.json").read_text(encoding="utf-8"))
    return found


def proposal(run: Path, household: str) -> Document:
    path = run / "proposals" / f"{household}.json"
    found: Document = json.loads(path.read_text(encoding="utf-8"))
    return found


def proposals(run: Path) -> list[Document]:
    return [proposal(run, household) for household in record(run)["households"]]


def rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def trade_rows(run: Path) -> list[Row]:
    return rows(run / "trades.csv")


def write_rows(path: Path, table: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)


def amounts(run: Path, side: str = "") -> dict[str, float]:
    """Dollars by order, of one side or of both."""
    found: dict[str, float] = {}
    for row in trade_rows(run):
        if side in ("", row["side"]):
            found[row["trade_id"]] = found.get(row["trade_id"], 0.0) + float(row["amount"])
    return found


def held_after(run: Path, book: Path, account: str) -> dict[str, float]:
    """Shares by security once the run's trades are done."""
    shares: dict[str, float] = {}
    for lot in rows(book / "lots.csv"):
        if lot["account_id"] == account:
            held = shares.get(lot["security_id"], 0.0)
            shares[lot["security_id"]] = held + float(lot["shares"])
    for row in trade_rows(run):
        if row["account_id"] == account:
            sign = 1 if row["side"] == "buy" else -1
            held = shares.get(row["security_id"], 0.0)
            shares[row["security_id"]] = held + sign * float(row["shares"])
    return {name: count for name, count in shares.items() if abs(count) > 1e-9}


def words_of(text: str) -> str:
    """Text with its line breaks undone."""
    return re.sub(r"\s+", " ", text)
