"""A run folder held to its hashes: the seal, every file, the chain of the log, the content.

No policy is read and nothing is worked out, so that this is quick: whatever byte of whatever file
is another, and whatever file is missing, added, moved or a link, is found here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from policydsl.document import Document
from policydsl.explanations.sealed import NotSealedError, opened, place
from policydsl.record.digests import (
    EXPLANATIONS,
    GENESIS,
    LOG,
    PROPOSALS,
    RECORD,
    SEAL,
    content_digest,
    content_parts,
    dumped,
    entry_hash,
    record_hash,
    seal_of,
    sha256,
)
from policydsl.record.signing import signature_holds
from policydsl.schemas import Part, RunDocument, SealDocument
from policydsl.verification.proposal import Difference


def folder_differences(folder: Path, public: str = "") -> Iterator[Difference]:
    """What of a run folder is not as it was sealed; with a public key (hex), also whether its
    holder signed it. They come one by one: who only asks whether there are any takes the first."""
    found: list[Difference] = []
    record = read_document(folder, RECORD, RunDocument, found)
    seal = read_document(folder, SEAL, SealDocument, found)
    yield from found
    if seal is not None:
        yield from _seal(folder, seal, public)
    if record is None:
        return
    if dumped(record) != (folder / RECORD).read_bytes():
        yield Difference(RECORD, "is not written as a run writes it")
    yield from _files(folder, record["files"])
    yield from _log(folder, record)
    try:
        content = content_digest(content_parts(folder, record["files"]))
    except (OSError, ValueError):
        return  # said of the file by its hash, or that it is missing: no file has such a name
    if content != record["content"]:
        yield Difference(RECORD, "its content is not that of its files")


def read_document(
    folder: Path, name: str, contract: type[Part], found: list[Difference]
) -> Document | None:
    """A JSON document of the run that keeps its contract; None, and why, if it does not."""
    try:
        content = (folder / name).read_bytes()
        contract.model_validate_json(content)
        document: Document = json.loads(content)
    except OSError as error:
        found.append(Difference(name, f"cannot be read: {error.strerror}"))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        found.append(Difference(name, f"is not what a run writes: {place}: {first['msg']}"))
    except (ValueError, RecursionError) as error:
        found.append(Difference(name, f"is not what a run writes: {error}"))
    else:
        return document
    return None


def signature_of(folder: Path) -> Document | None:
    """The signature of a run, unchecked; None where it has none or its seal cannot be read."""
    seal = read_document(folder, SEAL, SealDocument, [])
    found: Document | None = None if seal is None else seal.get("signature")
    return found


def digests_of(folder: Path) -> dict[str, str]:
    """`content` and `seal` as they are now, as far as they can be told."""
    found = {}
    record = read_document(folder, RECORD, RunDocument, [])
    if record is not None:
        with suppress(OSError, ValueError):
            found["content"] = content_digest(content_parts(folder, record["files"]))
        found["seal"] = seal_of((folder / RECORD).read_bytes())
    return found


def _seal(folder: Path, seal: Document, public: str) -> Iterator[Difference]:
    """The seal is that of the record, and signed as it says, by whom it should be."""
    if dumped(seal) != (folder / SEAL).read_bytes():
        yield Difference(SEAL, "is not written as a run writes it")
    try:
        if seal["seal"] != seal_of((folder / RECORD).read_bytes()):
            yield Difference(RECORD, "is not the record that was sealed")
    except OSError:
        return  # said of the record
    signature = seal.get("signature")
    if signature is None:
        if public:
            yield Difference(SEAL, "is not signed")
        return
    if not signature_holds(signature["public_key"], seal["seal"], signature["value"]):
        yield Difference(SEAL, "its signature is not that of its seal")
    if public and signature["public_key"] != public:
        yield Difference(SEAL, "is signed with another key than the one given")


def _files(folder: Path, files: Mapping[str, str]) -> Iterator[Difference]:
    """Each file has the content that the record states, and nothing is there besides."""
    present, folders = set(), set()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            yield Difference(name, "is a link")
        elif path.is_dir():
            folders.add(name)
        else:
            present.add(name)
    for name, expected in sorted(files.items()):
        if name not in present:
            yield Difference(name, "is missing")
        elif sha256((folder / name).read_bytes()) != expected:
            yield Difference(name, "is not the file that was written")
    for name in sorted(present - set(files) - {RECORD, SEAL}):
        if name.startswith(EXPLANATIONS):
            yield from _explanation(folder, name)
        else:
            yield Difference(name, "was not part of the run")
    holding = {str(parent) for name in present for parent in Path(name).parents}
    for name in sorted(folders - holding):
        yield Difference(name, "is an empty folder, which was not part of the run")


def _explanation(folder: Path, name: str) -> Iterator[Difference]:
    """An answer that was asked for after the run is as it was sealed, and sealed to this run."""
    try:
        explanation = opened((folder / name).read_bytes())
        if explanation["run"] != seal_of((folder / RECORD).read_bytes()):
            yield Difference(name, "is an explanation of another run")
        elif place(explanation["question"]) != name:
            yield Difference(name, "answers another question than its name says")
    except (OSError, NotSealedError) as error:
        yield Difference(name, str(error))


def _log(folder: Path, record: Document) -> Iterator[Difference]:
    """Each entry carries the hash of the one before, and the record that of the last."""
    try:
        content = (folder / LOG).read_bytes()
        entries = [json.loads(line) for line in content.decode().splitlines()]
        previous = GENESIS
        for number, entry in enumerate(entries, 1):
            broken = entry["previous"] != previous or entry["hash"] != entry_hash(entry)
            if broken or entry["sequence"] != number:
                yield Difference(f"{LOG}:{number}", "the chain of hashes is broken")
                return
            previous = entry["hash"]
        closed = entries[-1]["record_sha256"]
        logged = [
            (f"{PROPOSALS}{entry['household']}.json", entry["sha256"])
            for entry in entries
            if entry["event"] == "proposal"
        ]
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        yield Difference(LOG, f"cannot be read: {error}")
        return
    if previous != record["log_head"]:
        yield Difference(LOG, "does not end where the record says")
    if closed != record_hash(record):
        yield Difference(RECORD, "is not the record that was written")
    proposed = {name: each for name, each in record["files"].items() if name.startswith(PROPOSALS)}
    if len(logged) != len(proposed) or dict(logged) != proposed:
        yield Difference(LOG, "names other proposals than the run holds")


def log_entries(folder: Path) -> list[Document]:
    """The entries of the log. Raises nothing: what cannot be read is said by
    `folder_differences`."""
    try:
        lines = (folder / LOG).read_bytes().decode().splitlines()
        return [entry for entry in map(json.loads, lines) if isinstance(entry, dict)]
    except (OSError, ValueError, RecursionError):
        return []
