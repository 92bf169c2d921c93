"""The run folder: what a run was given, what it proposed, and a chained log that shows tampering.

`inputs/book` is a book of its own: the as-of slice of the one that was run, with the latest close
of each security and the risk numbers that were used, so that a run can be checked and repeated
from its folder alone.
"""

from __future__ import annotations

import csv
import io
import json
import platform
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

from compiler.closing import cents
from compiler.policyset import PolicySet
from policydsl import __version__
from policydsl.document import Document, plain
from policydsl.record.digests import (
    PROPOSALS,
    TRADES,
    content_part,
    dumped,
    seal_of,
    sealed,
    sha256,
)
from policydsl.record.policy_revision import policies_at
from policydsl.record.signing import Key
from policydsl.source import source_hash
from portfolio.book import Book
from portfolio.household import Risk
from solver.search import Budget

TRADE_COLUMNS = (
    "trade_id",
    "household_id",
    "account_id",
    "security_id",
    "ticker",
    "side",
    "shares",
    "price",
    "amount",
    "cost",
    "lot_id",
    "term",
    "realized_gain",
    "rules",
)
REWRITTEN = ("book", "prices", "factors", "exposures", "specific")
"""Files of `inputs/book` that are not copies: the day, the latest closes, the risk numbers used."""
RUN_FORMAT = "policydsl-run/1"


@dataclass
class RunFolder:
    """A run folder being written. `files` maps each file written to its sha256, `parts` to that of
    its content; `record` is what `run.json` says once the run is closed."""

    folder: Path
    key: Key | None = None
    files: dict[str, str] = field(default_factory=dict)
    parts: dict[str, str] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)
    _trades: list[bytes] = field(default_factory=list)
    _events: list[dict[str, object]] = field(default_factory=list)
    _policies_at: dict[str, object] | None = None

    def write(self, name: str, content: bytes) -> None:
        """Write one file of the run and remember its hashes."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.files[name] = sha256(content)
        self.parts[name] = content_part(name, content)

    def log(self, event: str, **facts: object) -> None:
        """Append to the log, which is chained when the run is closed."""
        self._events.append({"event": event, **facts})

    def inputs(self, book: Book, source: Path, policies: PolicySet, policy_folder: Path) -> None:
        """Copy the as-of slice of the book and the policies."""
        for name in sorted(book.input_hashes):
            if Path(name).stem not in REWRITTEN:
                self.write(f"inputs/book/{name}", (source / name).read_bytes())
        self.write("inputs/book/book.toml", _settings(book))
        self.write("inputs/book/prices.csv", _prices(book))
        for name, table in _risk_tables(book.risk).items():
            self.write(f"inputs/book/{name}.csv", table)
        for name in sorted(policies.hashes):
            self.write(f"inputs/policies/{name}", (policy_folder / name).read_bytes())
        self._policies_at = policies_at(policy_folder, policies.hashes)
        self.log("inputs", files=len(self.files), as_of=book.as_of.isoformat())

    def proposal(self, document: Document) -> None:
        """Write one household's proposal and keep its trade rows."""
        name = f"{PROPOSALS}{document['household_id']}.json"
        self.write(name, dumped(document))
        self._trades.append(csv_lines(trade_rows(document)))
        self.log("proposal", sha256=self.files[name], **proposal_facts(document))

    def close(self, summary: Mapping[str, Any]) -> None:
        """Write the trade file, the log, `run.json` and, last, the seal."""
        self.write(TRADES, b"".join([csv_lines([TRADE_COLUMNS]), *self._trades]))
        body = {
            **summary,
            "format": RUN_FORMAT,
            "policies_at": self._policies_at,
            **engine(),
        }
        events = self._events
        self.record = sealed(self.folder, body, self.files, self.parts, events, self.key)

    @property
    def digests(self) -> dict[str, str]:
        """The content and the seal of the closed run."""
        return {"content": self.record["content"], "seal": seal_of(dumped(self.record))}


def proposal_facts(document: Document) -> dict[str, object]:
    """What the log says of a proposal besides the hash of its file."""
    return {
        "household": document["household_id"],
        "status": document["status"],
        "trades": len(document.get("trades", [])),
    }


def engine() -> dict[str, dict[str, Any]]:
    """What a record says of the program that made it, as this one is now."""
    parameters = {"search": asdict(Budget())}
    return {"parameters": parameters, "versions": versions(), "platform": machine()}


def made_with(record: Mapping[str, Any]) -> dict[str, str]:
    """The same as names and words: versions, platform, and what bounded the search."""
    bounds = {
        f"search {name}": f"{most:g}" for name, most in record["parameters"]["search"].items()
    }
    return {**record["versions"], **record["platform"], **bounds}


def versions() -> dict[str, str]:
    """What a record's answer depends on besides its inputs."""
    packages = ("highspy", "clarabel", "pyomo", "numpy", "scipy", "lark")
    return {
        "policydsl": __version__,
        "source": source_hash(),
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }


def machine() -> dict[str, str]:
    """What a record was made on."""
    return {"system": platform.system(), "machine": platform.machine()}


def trade_rows(document: Document) -> list[list[str]]:
    """A proposal's rows of `trades.csv`: one a purchase, one a lot sold."""
    rows = []
    for trade in document.get("trades", []):
        head = [trade["trade_id"], document["household_id"]]
        head += [trade[name] for name in ("account_id", "security_id", "ticker", "side")]
        rules = ";".join(trade["rules"])
        for part in trade["lots"] or [trade]:
            sizes = [part["shares"], trade["price"], part["amount"], part["cost"]]
            lot = ["", "", ""]
            if trade["lots"]:
                gain = plain(cents(Decimal(part["realized_gain"])))
                lot = [part["lot_id"], part["term"], gain]
            rows.append([*head, *sizes, *lot, rules])
    return rows


def csv_bytes(header: Iterable[str], rows: Iterable[Iterable[str]]) -> bytes:
    """A CSV table with unix line ends."""
    return csv_lines([header, *rows])


def csv_lines(rows: Iterable[Iterable[str]]) -> bytes:
    """Rows of a CSV table, each with a unix line end."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def fresh_folder(folder: Path, key: Key | None = None, reads: Iterable[Path] = ()) -> RunFolder:
    """An empty run folder, to be signed where there is a key; an earlier run there is replaced,
    anything else is not touched.

    Raises FileExistsError where the folder holds something that is no run, or what is yet to be
    read.
    """
    for path in reads:
        if folder.resolve() in (path.resolve(), *path.resolve().parents):
            raise FileExistsError(f"{folder} holds {path}, which is read: name another folder")
    if folder.exists():
        if not folder.is_dir() or (any(folder.iterdir()) and not (folder / "run.json").exists()):
            raise FileExistsError(f"{folder} exists and is not a run folder")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return RunFolder(folder, key)


def _settings(book: Book) -> bytes:
    lines = [
        f"name = {json.dumps(book.name)}",
        f"as_of = {book.as_of.isoformat()}",
        'currency = "USD"',
        f"calendar = {json.dumps(book.calendar)}",
        f"settlement_days = {book.settlement_days}",
        f"tax_year = {book.tax_year}",
    ]
    return ("\n".join(lines) + "\n").encode()


def _prices(book: Book) -> bytes:
    rows = [
        [book.price_days[name].isoformat(), name, plain(price)]
        for name, price in sorted(book.prices.items())
    ]
    return csv_bytes(("date", "security_id", "close"), rows)


def _risk_tables(risk: Risk) -> dict[str, bytes]:
    """The factor model used, as book tables: uncorrelated factors of unit variance."""
    factors = [f"f{k:03d}" for k in range(risk.loadings.shape[1])]
    exposures = [
        [name, factor, repr(float(risk.loadings[i, k]))]
        for i, name in enumerate(risk.securities)
        for k, factor in enumerate(factors)
    ]
    specific = [[name, repr(float(risk.specific[i]))] for i, name in enumerate(risk.securities)]
    return {
        "factors": csv_bytes(
            ("factor_a", "factor_b", "covariance"), [[f, f, "1"] for f in factors]
        ),
        "exposures": csv_bytes(("security_id", "factor", "exposure"), exposures),
        "specific": csv_bytes(("security_id", "variance"), specific),
    }
