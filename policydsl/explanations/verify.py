"""Sealed explanations held against the run that they belong to, without solving anything.

What an answer would have been without a rule no reader can know; but that the file is the one that
was sealed, for this run, that one side of it is the record, and that everything else in it follows
from both sides and the policies, is proved here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from compiler.policyset import load_policies
from policydsl.digests import EXPLANATIONS
from policydsl.document import Document
from policydsl.explanations.but_for import effect
from policydsl.explanations.sealed import NotSealedError, opened
from policydsl.explanations.sides import differences, side
from policydsl.explanations.without import lines_of
from policydsl.verify_proposal import Difference


def verify_explanations(
    folder: Path, documents: Mapping[str, Document], counts: dict[str, int]
) -> Iterator[Difference]:
    """What in the files under `explanations/` does not follow from the record and the policies;
    `documents` are the run's proposals by household. Adds to `counts["explanations"]`. A file that
    is not what was sealed for this run is left to `folder_differences`."""
    for path in sorted((folder / EXPLANATIONS).rglob("*.json")):
        counts["explanations"] += 1
        name = path.relative_to(folder).as_posix()
        try:
            explanation = opened(path.read_bytes())
        except (OSError, NotSealedError):
            continue
        document = documents.get(explanation["question"]["household_id"])
        if document is None:
            yield Difference(name, "is of a household that the run does not have")
            continue
        for what in _wrong(folder, explanation, document):
            yield Difference(name, what)


def _wrong(folder: Path, explanation: Document, document: Document) -> Iterator[str]:
    question, answer = explanation["question"], explanation["answer"]
    before, after = _present(answer["as_it_was"]), _present(answer["without"])
    if before != side(document):
        yield "its answer as it was is not that of the run"
        return
    if _present(answer["differences"]) != differences(before, after):
        yield "its differences are not those of its two answers"
    if answer["effect"] != effect(before, after, same_objective=answer["same_objective"]):
        yield "what it says the rule did does not follow from its two answers"
    statements = document.get("statements") or {}
    for key, left in answer["leaves"].items():
        stated = statements.get(key)
        if stated is None or {**left, "accounts": []} != {**stated, "accounts": []}:
            yield f"{key}, which it says was in force, is not so in the run"
    own = {key for key, each in statements.items() if each["rule_id"] == question["rule_id"]}
    if not own <= answer["leaves"].keys():
        yield f"it leaves {question['rule_id']} in force"
    policies = load_policies(folder / "inputs" / "policies")
    if answer["removed"] != [asdict(each) for each in lines_of(policies, question["rule_id"])]:
        yield f"the lines that it left out are not those of {question['rule_id']}"


def _present(part: Document) -> Document:
    """Without the fields that a contract lets stand empty."""
    return {name: value for name, value in part.items() if value is not None}
