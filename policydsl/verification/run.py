"""A run proved from its folder: hashes, the chained log, and each proposal against its trades.

Neither the optimisation model nor the solver is used: trades are read from `trades.csv`, put on the
opening positions of `inputs/book`, and held against every statement of `inputs/policies`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from policydsl.blocks import BLOCKS, blocks_csv
from policydsl.carried import STATE, Observed
from policydsl.document import Document
from policydsl.explanations.verify import verify_explanations
from policydsl.inputs import Inputs, recorded_inputs
from policydsl.orders import crowd_of
from policydsl.propose import Status
from policydsl.rebalance import handed_on
from policydsl.record.digests import LOG, PROPOSALS, RECORD, TRADES, dumped, sha256
from policydsl.record.effective_document import EFFECTIVE, effective_document
from policydsl.record.folder import REWRITTEN, TRADE_COLUMNS, proposal_facts
from policydsl.schemas import ProposalDocument, RunDocument
from policydsl.totals import totals
from policydsl.verification.folder import folder_differences, log_entries, read_document
from policydsl.verification.proposal import Difference, Row, row_orders, verify_proposal

COUNTED = (
    *("files", "log entries", "households", "trade rows", "checks", "tax years"),
    *("transactions left out", "lots not as told", "explanations"),
)


def verify_run(folder: Path, public: str = "") -> tuple[list[Difference], dict[str, int]]:
    """Every difference found, and how many files, log entries, households, trade rows, statements
    and taxpayers' years were held against each other; how many transactions no history could tell,
    how many lots the book states otherwise, and how many explanations are sealed. `public` is the
    key (hex) that the run has to be signed with. Raises nothing for what a folder holds."""
    counts = dict.fromkeys(COUNTED, 0)
    found = list(folder_differences(folder, public))
    record = read_document(folder, RECORD, RunDocument, [])
    if record is None:
        return found, counts
    counts["files"] = len(record["files"])
    documents = {
        household_id: document
        for household_id in record["households"]
        if (document := _proposal(folder, household_id, found)) is not None
    }
    found += _logged(folder, documents, counts)
    found += _inputs(record)
    if totals(list(documents.values())) != record["totals"]:
        found.append(Difference(RECORD, "its totals are not those of its proposals"))
    for name, document in documents.items():
        if document.get("risk_model", record["risk_model"]) != record["risk_model"]:
            found.append(Difference(name, "its risk model is not that of the run"))
    found += _trades(folder, record, documents, counts)
    return found, counts


def _proposal(folder: Path, household_id: str, found: list[Difference]) -> Document | None:
    name = f"{PROPOSALS}{household_id}.json"
    document = read_document(folder, name, ProposalDocument, found)
    if document is not None and document["household_id"] != household_id:
        found.append(Difference(name, f"is of household {document['household_id']}"))
        return None
    return document


def _logged(
    folder: Path, documents: Mapping[str, Document], counts: dict[str, int]
) -> Iterator[Difference]:
    """The log says of each proposal what it holds, in the order of the record."""
    entries = log_entries(folder)
    counts["log entries"] = len(entries)
    chained = ("event", "hash", "previous", "sequence", "sha256")
    logged = [
        {name: value for name, value in entry.items() if name not in chained}
        for entry in entries
        if entry.get("event") == "proposal"
    ]
    if logged != [proposal_facts(document) for document in documents.values()]:
        yield Difference(LOG, "names other proposals than the run holds")


def _inputs(record: Document) -> Iterator[Difference]:
    """Inputs that were copied as they were have the hashes that they were read with."""
    for part, hashes in record["inputs"].items():
        head = f"inputs/{part}/"
        copies = {
            name.removeprefix(head): digest
            for name, digest in record["files"].items()
            if name.startswith(head)
        }
        for name in sorted(copies.keys() | hashes.keys()):
            rewritten = part == "book" and Path(name).stem in REWRITTEN
            if copies.get(name) != hashes.get(name) and not rewritten:
                yield Difference(f"{head}{name}", "is not the file that was read")
    at = record["policies_at"]
    known = record["inputs"]["policies"]
    for name in () if at is None else at["dirty"]:
        if name not in known and not name.endswith(".policy"):
            yield Difference(RECORD, f"has {name} changed since its commit, which is no policy")
    if record["policy_revision"] != sha256(dumped(record["inputs"]["policies"])):
        yield Difference(RECORD, "its policy revision is not that of its policies")


def _trades(
    folder: Path, record: Document, documents: Mapping[str, Document], counts: dict[str, int]
) -> Iterator[Difference]:
    try:
        inputs = recorded_inputs(folder)
    except ValueError:
        yield Difference(f"inputs/{STATE}", "does not hold the state of a run")
        return
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
    seen: dict[str, Observed] = {}
    for household_id, document in documents.items():
        counts["households"] += 1
        if household_id not in inputs.book.household_ids:
            yield Difference(household_id, "is not in inputs/book")
            continue
        mine = [row for row in rows if row["household_id"] == household_id]
        yield from verify_proposal(inputs, document, mine, crowd, counts, seen)
    yield from _state(folder, inputs, seen)
    yield from _effective(folder, record, inputs, documents)
    yield from verify_explanations(folder, documents, inputs, counts)
    for row in rows:
        if row["household_id"] not in documents:
            yield Difference(TRADES, f"household {row['household_id']} was not run")


def _blocks(
    folder: Path, rows: Sequence[Row], documents: Sequence[Document]
) -> Iterator[Difference]:
    """The block view is what the trades come to."""
    try:
        if (folder / BLOCKS).read_bytes() != blocks_csv(rows, documents):
            yield Difference(BLOCKS, "is not what the trades come to")
    except OSError as error:
        yield Difference(BLOCKS, f"cannot be read: {error.strerror}")
    except ArithmeticError:
        yield Difference(BLOCKS, "cannot be told from trades that are no numbers")


def _effective(
    folder: Path, record: Document, inputs: Inputs, documents: Mapping[str, Document]
) -> Iterator[Difference]:
    """What held for each account is what its policies come to."""
    names = set()
    for household_id, document in documents.items():
        known = household_id in inputs.book.household_ids
        on_hold = household_id in inputs.book.households_on_hold
        if not known or on_hold or document["status"] == Status.FAILED:
            continue
        name = f"{EFFECTIVE}{household_id}.json"
        names.add(name)
        expected = effective_document(inputs.typed, inputs.book.household(household_id))
        path = folder / name
        if path.is_file() and path.read_bytes() != dumped(expected):
            yield Difference(name, "is not what its policies come to")
    stated = {name for name in record["files"] if name.startswith(EFFECTIVE)}
    for name in sorted(stated ^ names):
        yield Difference(name, "is missing" if name in names else "is of nobody who was solved")


def _state(folder: Path, inputs: Inputs, seen: Mapping[str, Observed]) -> Iterator[Difference]:
    """What the next run is told is what was seen of each household."""
    try:
        if (folder / STATE).read_bytes() != dumped(handed_on(inputs.carried, seen).document()):
            yield Difference(STATE, "is not what the trades leave outside the rules")
    except OSError as error:
        yield Difference(STATE, f"cannot be read: {error.strerror}")


def _same_inputs(record: Document, inputs: Inputs) -> Iterator[Difference]:
    # A set without a manifest is called as the folder is that it was read from.
    named = record["policies"] if inputs.policies.manifest is None else inputs.policies.name
    for what, stated, is_so in (
        ("day", record["as_of"], inputs.book.as_of.isoformat()),
        ("book", record["book"], inputs.book.name),
        ("policies", record["policies"], named),
    ):
        if stated != is_so:
            yield Difference(RECORD, f"its {what} is {stated}; its inputs say {is_so}")
    options, ran = record["options"], record["households"]
    if options.get("as_of", record["as_of"]) not in (None, record["as_of"]):
        yield Difference(
            RECORD, f"its day is {record['as_of']}, and {options['as_of']} was asked for"
        )
    asked = options["households"] or inputs.book.household_ids
    for household_id in sorted(set(asked) ^ set(ran)):
        run = "was not run" if household_id in asked else "was not asked for"
        yield Difference(RECORD, f"household {household_id} {run}")
    if len(ran) > len(set(ran)):
        yield Difference(RECORD, "names a household twice")


def _rows(folder: Path, found: list[Difference]) -> list[Row]:
    try:
        text = (folder / TRADES).read_bytes().decode()
        reader = csv.DictReader(io.StringIO(text), strict=True)
        rows: list[Row] = list(reader)
    except (OSError, ValueError, csv.Error) as error:
        found.append(Difference(TRADES, f"cannot be read: {error}"))
        return []
    if tuple(reader.fieldnames or ()) != TRADE_COLUMNS:
        found.append(Difference(TRADES, "has other columns than a run writes"))
        return []
    whole = [row for row in rows if None not in row and None not in row.values()]
    if len(whole) < len(rows):
        found.append(Difference(TRADES, "has rows with more or fewer cells than columns"))
    return whole
