"""Answers that were solved for after the run, kept beside it under `explanations/`.

Each names the run that it belongs to by its seal (the sha256 of `run.json`), and carries a hash of
its own. The record does not change.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import ValidationError

from policydsl.document import Document
from policydsl.explanations.contract import ExplanationDocument
from policydsl.record.digests import EXPLANATIONS, RECORD, dumped, seal_of, sha256
from policydsl.record.folder import versions

FORM = 1
NAMED = ("household_id", "rule_id", "trade_id")


class NotSealedError(ValueError):
    """A file under `explanations/` that is not what was sealed there for this run."""


def place(question: Mapping[str, str]) -> str:
    """The file of a question, relative to the run folder."""
    names = [quote(question[key], safe="") for key in NAMED if key in question]
    return f"{EXPLANATIONS}{'/'.join([question['kind'], *names])}.json"


def own_hash(document: Mapping[str, Any]) -> str:
    """The hash that an explanation carries: of all but itself."""
    return sha256(dumped({key: value for key, value in document.items() if key != "sha256"}))


def sealed(run: Path, question: Mapping[str, str], answer: Document) -> Document:
    """The document of an answer, written into the run folder where that can be written to."""
    document: Document = {
        "form": FORM,
        "question": dict(question),
        "run": run_hash(run),
        "versions": versions(),
        "answer": answer,
    }
    document["sha256"] = own_hash(document)
    path = run / place(question)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.write_bytes(dumped(document))
        new.replace(path)
    return document


def read_sealed(run: Path, question: Mapping[str, str]) -> Document | None:
    """What was sealed for a question, None where nothing was. Raises NotSealedError."""
    path = run / place(question)
    if not path.is_file():
        return None
    document = opened(path.read_bytes())
    if document["run"] != run_hash(run) or document["question"] != dict(question):
        raise NotSealedError(f"{place(question)} is not of this run, or of another question")
    return document


def opened(content: bytes) -> Document:
    """An explanation that keeps its contract and its hash. Raises NotSealedError."""
    try:
        ExplanationDocument.model_validate_json(content)
        document: Document = json.loads(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise NotSealedError(f"is not an explanation: {where}: {first['msg']}") from error
    if dumped(document) != content or document["sha256"] != own_hash(document):
        raise NotSealedError("is not the explanation that was sealed")
    return document


def run_hash(run: Path) -> str:
    """The seal of the run."""
    return seal_of((run / RECORD).read_bytes())
