"""A run made again from its own inputs: what comes out otherwise, where first, and why.

The causes are those that a run folder can tell: a version that is another one, an input or a policy
file that is not the one that was read, a statement that says something else than the proposals say
it did, an opening that is not the one they began with.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policydsl.document import Document
from policydsl.elsewhere import elsewhere
from policydsl.inputs import recorded_inputs
from policydsl.rebalance import outcomes, write_run
from policydsl.record.digests import NOT_REPRODUCED, PROPOSALS, RECORD, content_parts
from policydsl.record.folder import REWRITTEN, engine, fresh_folder, made_with
from policydsl.record.waiting import Waiting
from policydsl.schemas import ProposalDocument
from policydsl.verification.folder import read_document
from policydsl.verification.proposal import Difference

TOLD_FIRST = ("statements", "assumptions", "accounts", "tax", "status", "findings", "trades")
"""Fields of a proposal in the order in which the first difference is looked for: what the optimiser
was given before what it made of it."""
OPENING = ("value", "before", "type")
BEFORE_RUN = ("rates", "filing", "before", "short_before", "long_before", "carried_before")


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a replay comes out otherwise: `kind` is version, input, policy or opening."""

    kind: str
    what: str


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay came to. `first` is the first difference, field by field; `causes` are there
    even where nothing differs: another version need not matter."""

    households: int
    differences: tuple[Difference, ...]
    first: Difference | None
    causes: tuple[Cause, ...]


def replayed(run: Path, processes: int = 1) -> Replay:
    """Run a folder again that is as it was sealed."""
    record: Document = json.loads((run / RECORD).read_bytes())
    names = record["households"]
    inputs = recorded_inputs(run)
    causes = [*_versions(record), *_files(record)]
    if inputs.book.stopped:
        stopped = Difference("inputs/book", "can no longer be run")
        return Replay(0, (stopped,), stopped, tuple(causes))
    first = content_parts(run, record["files"])
    with tempfile.TemporaryDirectory() as scratch, Waiting() as waiting:
        again = fresh_folder(Path(scratch) / "run")
        done = outcomes(inputs, names, waiting, elsewhere=elsewhere(processes))
        write_run(again, inputs, done, {}, 0.0)
        other = {
            name
            for name in first.keys() | again.parts.keys()
            if first.get(name) != again.parts.get(name)
        }
        proposals = [f"{PROPOSALS}{name}.json" for name in names]
        changed = {
            name: (_document(run, name), _document(again.folder, name))
            for name in proposals
            if name in other
        }
    ordered = [*changed, *sorted(other - changed.keys())]
    found = tuple(Difference(name, "comes out otherwise when it is run again") for name in ordered)
    causes += [cause for pair in changed.values() for cause in _of_proposal(*pair)]
    return Replay(len(names), found, _first(found, changed), tuple(dict.fromkeys(causes)))


def _document(folder: Path, name: str) -> Document:
    """A proposal as far as it has to come out again; nothing where it is none."""
    document = read_document(folder, name, ProposalDocument, []) or {}
    return {field: part for field, part in document.items() if field not in NOT_REPRODUCED}


# --- the first difference -------------------------------------------------------------------------


def _first(
    found: tuple[Difference, ...], changed: Mapping[str, tuple[Document, Document]]
) -> Difference | None:
    for difference in found:
        pair = changed.get(difference.where)
        if pair is None:
            return difference
        ranked = {name: rank for rank, name in enumerate(TOLD_FIRST)}
        fields = sorted(pair[0].keys() | pair[1].keys(), key=lambda n: (ranked.get(n, 99), n))
        for name in fields:
            for path, then, now in differing(pair[0].get(name), pair[1].get(name), name):
                return Difference(
                    f"{difference.where} {path}", f"{_said(then)} then, {_said(now)} now"
                )
    return None


def differing(then: Any, now: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """The places, in order, at which two documents do not say the same."""
    if isinstance(then, dict) and isinstance(now, dict):
        for name in sorted(then.keys() | now.keys()):
            yield from differing(then.get(name), now.get(name), f"{path}.{name}")
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for number, pair in enumerate(zip(then, now, strict=True)):
            yield from differing(*pair, f"{path}.{number}")
    elif then != now:
        yield path, then, now


def _both(then: Any, now: Any) -> str:
    return f"{_said(then)} then, {_said(now)} now"


def _said(part: Any) -> str:
    if isinstance(part, list):
        return f"{len(part)} of them"
    return "nothing" if part is None else json.dumps(part, ensure_ascii=False)[:80]


# --- causes --------------------------------------------------------------------------------------


def _versions(record: Document) -> Iterator[Cause]:
    """Programs, libraries, machines and bounds of the search that are not those of the record."""
    then, now = made_with(record), made_with(engine())
    for name in sorted(then.keys() | now.keys()):
        if then.get(name) != now.get(name):
            said = f"{name} {then.get(name, 'unknown')} then, {now.get(name, 'unknown')} now"
            yield Cause("version", said)


def _files(record: Document) -> Iterator[Cause]:
    """Copies of inputs that are not the files that were read."""
    for part, hashes in record["inputs"].items():
        for name, stated in hashes.items():
            copied = record["files"].get(f"inputs/{part}/{name}")
            if copied != stated and not (part == "book" and Path(name).stem in REWRITTEN):
                kind = "policy" if part == "policies" else "input"
                yield Cause(kind, f"inputs/{part}/{name} is not the file that was read")


def _of_proposal(then: Document, now: Document) -> Iterator[Cause]:
    """What the two say that the optimiser was given."""
    said, says = then.get("statements", {}), now.get("statements", {})
    for key in sorted(said.keys() | says.keys()):
        if said.get(key) != says.get(key):
            place = says.get(key) or said[key]
            words = [each[key]["says"] if key in each else "nothing" for each in (said, says)]
            changed = "" if words[0] == words[1] else f": {words[0]!r} then, {words[1]!r} now"
            where = f"inputs/policies/{place['file']}:{place['line']}"
            yield Cause("policy", f"{key} is not as it was ({where}){changed}")
    for field, named, parts in (("accounts", "account", OPENING), ("tax", "taxpayer", BEFORE_RUN)):
        before, after = (_by_id(each.get(field, {})) for each in (then, now))
        for name in sorted(before.keys() & after.keys()):
            for part in parts:
                for path, old, new in differing(
                    before[name].get(part), after[name].get(part), part
                ):
                    what = f"{named} {name} began otherwise: {path} {_both(old, new)}"
                    yield Cause("opening", f"{what} (inputs/book)")
                    break


def _by_id(parts: Any) -> Mapping[str, Any]:
    return parts if isinstance(parts, dict) else {each["account_id"]: each for each in parts}
