"""The same facts for an auditor: places, layers, authors and hashes, every number as recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policydsl.explanations.sealed import place
from policydsl.tables import table

Document = Mapping[str, Any]


def provenance(
    document: Document, record: Document, seal: str, explanations: Sequence[Document]
) -> Iterator[str]:
    """The run, the rules that the explanations are about, each explanation and its two sides."""
    yield f"run sealed {seal}"
    yield f"policies {record['policies']} {record['policy_revision']}"
    yield _versions("run with", record["versions"])
    named = {each["question"].get("rule_id") for each in explanations}
    yield _rules(document, record, named)
    for each in explanations:
        yield f"{place(each['question'])} {each['sha256']}"
        if each["versions"] != record["versions"]:
            yield _versions("solved with", each["versions"])
        if each["question"]["kind"] == "but-for":
            yield _but_for(each["answer"])


def _versions(lead: str, versions: Mapping[str, str]) -> str:
    return f"{lead} " + ", ".join(f"{name} {number}" for name, number in versions.items())


def _rules(document: Document, record: Document, named: set[str | None]) -> str:
    rows = [
        (
            statement["rule_id"],
            statement["layer"],
            statement["owner"],
            f"{statement['file']}:{statement['line']}",
            record["files"].get(f"inputs/policies/{statement['file']}", "-"),
            statement["because"],
        )
        for statement in document["statements"].values()
        if statement["rule_id"] in named
    ]
    header = ("rule", "layer", "owner", "place", "sha256 of the file", "because")
    return table(header, rows) if rows else ""


def _but_for(answer: Document) -> str:
    """Left out, back in force, and both sides number by number."""
    lines = [f"  effect: {answer['effect']}"]
    lines += [
        f"  left out: {each['file']}:{each['line']}-{each['end_line']} {each['text']}"
        for each in answer["removed"]
    ]
    lines += [
        f"  in force again: {key} {each['file']}:{each['line']} {each['says']}"
        for key, each in answer["returns"].items()
    ]
    before, after = answer["as_it_was"], answer["without"]
    rows: list[Sequence[str]] = [("  status", str(before["status"]), str(after["status"]), "")]
    if answer["differences"]:
        apart = answer["differences"]
        for name in ("objective", "tracking_error", "model_tracking_error", "drift"):
            rows.append((f"  {name}", *(str(each[name]) for each in (before, after, apart))))
        rows.append(("  gap", str(before["gap"]), str(after["gap"]), ""))
        for taxpayer, year in after["tax"].items():
            for name in ("tax", "cost"):
                was, change = before["tax"][taxpayer][name], apart["tax"].get(taxpayer, {})
                rows.append(
                    (f"  {name} of {taxpayer}", was, year[name], str(change.get(name, "0")))
                )
        for name, change in apart["trades"].items():
            sides = [each["trades"].get(name, {}).get("shares", "0") for each in (before, after)]
            rows.append((f"  shares of {name}", *sides, change["shares"]))
    return "\n".join(lines) + "\n" + table(("", "as it was", "without", "apart"), rows, "lrrr")
