"""What holds a run folder together: the chain of its log and its two digests.

The *content* is what the same inputs have to give again: inputs, proposals, trades, blocks and what
is handed on, in any order of households; no timings, versions, platform or places. The *seal* is
over every byte of every file: `run.json` has the hash of each file but `seal.json`, which has that
of `run.json`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from policydsl.record.signing import Key

RECORD, LOG, SEAL = "run.json", "log.jsonl", "seal.json"
TRADES, PROPOSALS = "trades.csv", "proposals/"
EXPLANATIONS = "explanations/"
"""Answers that were asked for later: each is sealed by itself, to the seal of its run."""
SEAL_FORMAT = "policydsl-seal/1"
GENESIS = "0" * 64
NOT_REPRODUCED = ("risk_model",)
"""Of a proposal: where its risk numbers came from, which in a replay are the run's own tables."""


def sha256(content: bytes) -> str:
    """Hex digest of bytes."""
    return hashlib.sha256(content).hexdigest()


def dumped(document: object) -> bytes:
    """JSON as it stands in a run folder: sorted keys, two spaces, one newline at the end."""
    return (json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


# --- content -------------------------------------------------------------------------------------


def content_part(name: str, content: bytes) -> str:
    """The hash of what of a file has to come out again."""
    if name.startswith(PROPOSALS):
        with suppress(ValueError, AttributeError, RecursionError):  # else it is no proposal
            kept = {k: v for k, v in json.loads(content).items() if k not in NOT_REPRODUCED}
            return sha256(json.dumps(kept, sort_keys=True, ensure_ascii=False).encode())
    if name == TRADES:
        head, *rows = content.splitlines(keepends=True) or [b""]
        return sha256(head + b"".join(sorted(rows)))
    return sha256(content)


def content_parts(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """The hash of the content of each file of a run; `names` are those that its record lists.
    Raises OSError."""
    return {
        name: content_part(name, (folder / name).read_bytes())
        for name in sorted(set(names) - {RECORD, LOG, SEAL})
    }


def content_digest(parts: Mapping[str, str]) -> str:
    """One digest of the content of a run: equal where a replay came to the same."""
    return sha256(dumped(dict(parts)))


# --- the log and the seal ------------------------------------------------------------------------


def entry_hash(entry: Mapping[str, object]) -> str:
    """The hash of a log entry, its own `hash` left out."""
    rest = {name: value for name, value in entry.items() if name != "hash"}
    return sha256(json.dumps(rest, sort_keys=True).encode())


def record_hash(record: Mapping[str, Any]) -> str:
    """The hash of `run.json` that its log can hold: without the log's own hashes."""
    files = {name: digest for name, digest in record["files"].items() if name != LOG}
    rest = {name: value for name, value in record.items() if name != "log_head"}
    return sha256(dumped({**rest, "files": files}))


def log_bytes(entries: Sequence[Mapping[str, object]]) -> tuple[bytes, str]:
    """The log of some events: a line each with the hash of the one before; and the last."""
    lines, last = [], GENESIS
    for number, entry in enumerate(entries, 1):
        chained = {**entry, "sequence": number, "previous": last}
        last = entry_hash(chained)
        lines.append(json.dumps(chained | {"hash": last}, sort_keys=True))
    return ("\n".join(lines) + "\n").encode(), last


def seal_of(record: bytes) -> str:
    """The seal of a run with these bytes as its `run.json`."""
    return sha256(record)


def seal_document(record: bytes, key: Key | None = None) -> dict[str, object]:
    """What `seal.json` holds: the seal, signed where there is a key."""
    seal = seal_of(record)
    document: dict[str, object] = {"format": SEAL_FORMAT, "seal": seal}
    if key is not None:
        document["signature"] = {
            "algorithm": "ed25519",
            "public_key": key.public,
            "value": key.signed(seal),
        }
    return document


def sealed(
    folder: Path,
    body: Mapping[str, Any],
    files: Mapping[str, str],
    parts: Mapping[str, str],
    events: Sequence[Mapping[str, object]],
    key: Key | None = None,
) -> dict[str, Any]:
    """Write the log, `run.json` and `seal.json` over files that are there; returns the record.

    `files` are the hashes of the files and `parts` those of their content; `body` is the record
    without what follows from them, `events` the log without its chain and its end.
    """
    record = {**body, "content": content_digest(parts), "files": dict(files)}
    log, head = log_bytes([*events, {"event": "closed", "record_sha256": record_hash(record)}])
    (folder / LOG).write_bytes(log)
    record = {**record, "files": {**files, LOG: sha256(log)}, "log_head": head}
    written = dumped(record)
    (folder / RECORD).write_bytes(written)
    (folder / SEAL).write_bytes(dumped(seal_document(written, key)))
    return record


def resealed(folder: Path, key: Key | None = None) -> dict[str, Any]:
    """Seal a run folder as it is now: whoever changed it can do that too, but cannot sign it."""
    record = json.loads((folder / RECORD).read_bytes())
    contents = {name: (folder / name).read_bytes() for name in _run_files(folder)}
    files = {name: sha256(content) for name, content in contents.items()}
    parts = {name: content_part(name, content) for name, content in contents.items()}
    chained = ("hash", "previous", "sequence")
    events = []
    for line in (folder / LOG).read_text("utf-8").splitlines():
        event = {name: value for name, value in json.loads(line).items() if name not in chained}
        if event["event"] == "proposal":
            event["sha256"] = files[f"{PROPOSALS}{event['household']}.json"]
        if event["event"] != "closed":
            events.append(event)
    made = ("content", "files", "log_head")
    body = {name: value for name, value in record.items() if name not in made}
    return sealed(folder, body, files, parts, events, key)


def _run_files(folder: Path) -> list[str]:
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    made = (RECORD, LOG, SEAL)
    return [name for name in names if name not in made and not name.startswith(EXPLANATIONS)]
