"""The JSON of a run keeps the published schema, and the schema is the one the program reads by."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from policydsl.explanations.contract import schema_text as explanation_schema
from policydsl.schemas import DOCUMENTS, ProposalDocument, RunDocument, schema_text
from tests.policydsl.runs import ROOT, Document, proposals, record


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_schema_files_are_the_generated_ones(
    name: str, golden: Callable[[Path, str], None]
) -> None:
    golden(ROOT / "docs" / "schemas" / f"{name}.schema.json", schema_text(name))


def test_the_schema_of_an_explanation_is_the_generated_one(
    golden: Callable[[Path, str], None],
) -> None:
    golden(ROOT / "docs" / "schemas" / "explanation.schema.json", explanation_schema())


def test_a_real_run_keeps_them(small_run: Path) -> None:
    RunDocument.model_validate_json((small_run / "run.json").read_bytes())
    for path in (small_run / "proposals").iterdir():
        ProposalDocument.model_validate_json(path.read_bytes())


def test_every_field_of_a_solved_proposal_is_used(small_run: Path) -> None:
    """A field that nothing writes would be a promise nobody keeps."""
    written = {name for document in proposals(small_run) for name in document}
    assert set(ProposalDocument.model_fields) - written == {"conflict"}
    assert set(RunDocument.model_fields) == set(record(small_run))


@pytest.mark.parametrize(
    "change",
    [
        {"status": "maybe"},
        {"extra": 1},
        {"household_id": None},
        {"as_of": "31.3.2026"},
        {"still_broken_dollars": "much"},
        {"gap": {"dollars": 1.0}},
        {"statements": {"a": {}}},
    ],
)
def test_what_is_no_proposal_does_not_pass(small_run: Path, change: Document) -> None:
    document = proposals(small_run)[0] | change
    with pytest.raises(ValidationError):
        ProposalDocument.model_validate_json(json.dumps(document))
