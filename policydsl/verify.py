"""A run proved from its folder: hashes, the chained log, and each proposal against its trades.

Neither the optimisation model nor the solver is used: trades are read from `trades.csv`, put on the
opening positions of `inputs/book`, and held against every statement of `inputs/policies`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import InvalidOperation
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from policydsl.blocks import BLOCKS, blocks_csv
from policydsl.document import Document
from policydsl.orders import crowd_of
from policydsl.rebalance import Inputs, recorded_inputs, totals
from policydsl.run_folder import (
    GENESIS,
    REWRITTEN,
    TRADE_COLUMNS,
    dumped,
    entry_hash,
    proposal_facts,
    record_hash,
    sha256,
)
from policydsl.schemas import Part, ProposalDocument, RunDocument
from policydsl.verify_proposal import Difference, Row, row_orders, verify_proposal

COUNTED = (
    *("files", "log entries", "households", "trade rows", "checks", "tax years"),
    *("transactions left out", "lots not as told"),
)


def verify_run(folder: Path) -> tuple[list[Difference], dict[str, int]]:
    """Every difference found, and how many files, log entries, households, trade rows, statements
    and taxpayers' years were held against each other; how many transactions no history could tell,
    and how many lots the book states otherwise. Raises nothing for what a folder holds."""
    counts = dict.fromkeys(COUNTED, 0)
    found: list[Difference] = []
    record = _document(folder, "run.json", RunDocument, found)
    if record is None:
        return found, counts
    documents = {
        household_id: document
        for household_id in record["households"]
        if (document := _proposal(folder, household_id, found)) is not None
    }
    found += _files(folder, record["files"], counts)
    found += _log(folder, record, documents, counts)
    found += _inputs(record)
    if totals(list(documents.values())) != record["totals"]:
        found.append(Difference("run.json", "its totals are not those of its proposals"))
    found += _trades(folder, record, documents, counts)
    return found, counts


def _document(
    folder: Path, name: str, contract: type[Part], found: list[Difference]
) -> Document | None:
    """A JSON document of the run that keeps its contract; None, and why, if it does not."""
    try:
        content = (folder / name).read_bytes()
        contract.model_validate_json(content)
    except OSError as error:
        found.append(Difference(name, f"cannot be read: {error.strerror}"))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        found.append(Difference(name, f"is not what a run writes: {place}: {first['msg']}"))
    else:
        document: Document = json.loads(content)
        return document
    return None


def _proposal(folder: Path, household_id: str, found: list[Difference]) -> Document | None:
    name = f"proposals/{household_id}.json"
    document = _document(folder, name, ProposalDocument, found)
    if document is not None and document["household_id"] != household_id:
        found.append(Difference(name, f"is of household {document['household_id']}"))
        return None
    return document


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


def _log(
    folder: Path,
    record: Document,
    documents: Mapping[str, Document],
    counts: dict[str, int],
) -> Iterator[Difference]:
    """Each entry carries the hash of the one before, and the record that of the last."""
    try:
        lines = (folder / "log.jsonl").read_text("utf-8").splitlines()
        entries = [json.loads(line) for line in lines]
        previous = GENESIS
        for number, entry in enumerate(entries, 1):
            counts["log entries"] += 1
            broken = entry["previous"] != previous or entry["hash"] != entry_hash(entry)
            if broken or entry["sequence"] != number:
                yield Difference(f"log.jsonl:{number}", "the chain of hashes is broken")
                return
            previous = entry["hash"]
        logged = [_facts(entry) for entry in entries if entry["event"] == "proposal"]
        closed = entries[-1]["record_sha256"]
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        yield Difference("log.jsonl", f"cannot be read: {error}")
        return
    if previous != record["log_head"]:
        yield Difference("log.jsonl", "does not end where the record says")
    if closed != record_hash(record):
        yield Difference("run.json", "is not the record that was written")
    expected = [
        proposal_facts(document) | {"sha256": record["files"].get(f"proposals/{name}.json")}
        for name, document in documents.items()
    ]
    if logged != expected:
        yield Difference("log.jsonl", "names other proposals than the run holds")


def _facts(entry: Mapping[str, Any]) -> dict[str, object]:
    chained = ("event", "hash", "previous", "sequence")
    return {name: value for name, value in entry.items() if name not in chained}


def _inputs(record: Document) -> Iterator[Difference]:
    """Inputs that were copied as they were have the hashes that they were read with."""
    for part, hashes in record["inputs"].items():
        for name, stated in hashes.items():
            copied = record["files"].get(f"inputs/{part}/{name}", stated)
            if copied != stated and not (part == "book" and Path(name).stem in REWRITTEN):
                yield Difference(f"inputs/{part}/{name}", "is not the file that was read")
    if record["policy_revision"] != sha256(dumped(record["inputs"]["policies"])):
        yield Difference("run.json", "its policy revision is not that of its policies")


def _trades(
    folder: Path, record: Document, documents: Mapping[str, Document], counts: dict[str, int]
) -> Iterator[Difference]:
    inputs = recorded_inputs(folder)
    if inputs.book.stopped:
        yield Difference("inputs/book", "can no longer be run")
        return
    yield from _same_inputs(record, inputs)
    found: list[Difference] = []
    rows = _rows(folder, found)
    yield from found
    counts["trade rows"] = len(rows)
    yield from _blocks(folder, rows, list(documents.values()))
    crowd = crowd_of(row_orders(inputs.book, rows))
    for household_id, document in documents.items():
        counts["households"] += 1
        if household_id not in inputs.book.household_ids:
            yield Difference(household_id, "is not in inputs/book")
            continue
        mine = [row for row in rows if row["household_id"] == household_id]
        yield from verify_proposal(inputs, document, mine, crowd, counts)
    for row in rows:
        if row["household_id"] not in documents:
            yield Difference("trades.csv", f"household {row['household_id']} was not run")


def _blocks(
    folder: Path, rows: Sequence[Row], documents: Sequence[Document]
) -> Iterator[Difference]:
    """The block view is what the trades come to."""
    try:
        if (folder / BLOCKS).read_bytes() != blocks_csv(rows, documents):
            yield Difference(BLOCKS, "is not what the trades come to")
    except OSError as error:
        yield Difference(BLOCKS, f"cannot be read: {error.strerror}")
    except InvalidOperation:
        yield Difference(BLOCKS, "cannot be told from trades that are no numbers")


def _same_inputs(record: Document, inputs: Inputs) -> Iterator[Difference]:
    for what, stated, is_so in (
        ("day", record["as_of"], inputs.book.as_of.isoformat()),
        ("book", record["book"], inputs.book.name),
        ("policies", record["policies"], inputs.policies.name),
    ):
        if stated != is_so:
            yield Difference("run.json", f"its {what} is {stated}; its inputs say {is_so}")


def _rows(folder: Path, found: list[Difference]) -> list[Row]:
    try:
        text = (folder / "trades.csv").read_bytes().decode()
        reader = csv.DictReader(io.StringIO(text), strict=True)
        rows: list[Row] = list(reader)
    except (OSError, ValueError, csv.Error) as error:
        found.append(Difference("trades.csv", f"cannot be read: {error}"))
        return []
    if tuple(reader.fieldnames or ()) != TRADE_COLUMNS:
        found.append(Difference("trades.csv", "has other columns than a run writes"))
        return []
    whole = [row for row in rows if None not in row and None not in row.values()]
    if len(whole) < len(rows):
        found.append(Difference("trades.csv", "has rows with more or fewer cells than columns"))
    return whole
