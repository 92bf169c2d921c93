"""A rule taken out of its files as text, and what a run without those lines comes to."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from policydsl.explanations.inquiry import Inquiry
from tests.policydsl.runs import proposal, proposals, rebalanced, record

BLOCK = re.compile(r"(rule|default|note|set|waive|define) ([\w.]+)")


def without_lines(folder: Path, rule_id: str) -> int:
    """Delete the blocks of a rule, and the `set`s and waivers of it, from every file's text."""
    deleted = 0
    for path in sorted(folder.rglob("*.policy")):
        kept, skip = [], False
        for line in path.read_text("utf-8").splitlines():
            if line and not line.startswith((" ", "#")):
                head = BLOCK.match(line)
                skip = head is not None and head[1] != "define" and head[2] == rule_id
                deleted += skip
            if not skip:
                kept.append(line)
        path.write_text("\n".join(kept) + "\n", "utf-8")
    return deleted


def rules_in_force(run: Path) -> dict[str, list[str]]:
    """The households of each rule of a run."""
    found: dict[str, list[str]] = {}
    for document in proposals(run):
        for statement in document.get("statements", {}).values():
            names = found.setdefault(statement["rule_id"], [])
            names += [] if document["household_id"] in names else [document["household_id"]]
    return found


def compared(run: Path, book: Path, policies: Path, rule_id: str, scratch: Path) -> Iterator[str]:
    """The pairs of a rule, each held against an independent run; the effect of each."""
    edited = Path(shutil.copytree(policies, scratch / "policies"))
    assert without_lines(edited, rule_id) >= 1
    other = rebalanced(scratch / "run", book, edited, record(run)["households"])
    inquiry = Inquiry(run)
    for household in rules_in_force(run)[rule_id]:
        answer = inquiry.but_for(proposal(run, household), rule_id)["answer"]
        without, told = proposal(other, household), answer["without"]
        assert without["status"] == told["status"]
        assert told["trades"] == {
            trade["trade_id"]: {"shares": trade["shares"], "amount": trade["amount"]}
            for trade in without["trades"]
        }, (household, rule_id)
        assert told["tracking_error"] == without["tracking_error"]["after"]
        assert told["tax"] == {
            name: {"tax": year["tax_after"], "cost": year["cost_after"]}
            for name, year in without["tax"].items()
        }
        left = set(answer["as_it_was"]["cash"])
        assert left == {each["account_id"] for each in without["accounts"]}
        assert answer["leaves"].keys() - without["statements"].keys() == answer["leaves"].keys()
        assert answer["returns"].keys() <= without["statements"].keys()
        yield answer["effect"]
