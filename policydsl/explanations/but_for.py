"""But for a rule: what a household's answer would have been had the rule not been there.

The policies are read and merged without it, the model is built and solved anew, and the two answers
are laid side by side. Where the rule bounds the same objective, the answers compare in dollars of
it, and what lies within both gaps together is no effect that could be measured. A rule that moves
the objective itself (a price, a target, a payment), or stands in the way of what comes before it (a
limit to be cured, a soft rule), leaves nothing to compare in dollars: other trades are the effect.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from compiler.check import TypedPolicies
from compiler.directives.base import Family
from policydsl.compared import recorded_facing
from policydsl.document import Document, statements_document
from policydsl.explanations.sides import Side, differences, kept_alike, side, solved_side
from policydsl.explanations.without import waivers_of, with_rule_hard, without_rule
from policydsl.inputs import Inputs
from policydsl.rebalance import proposal_of

NOTHING = ("none", "not measurable")
"""Effects that are none, as far as can be proved."""
BOUNDING = (Family.RESTRICTION, Family.LIMIT)
"""Families that say what is allowed, and nothing of what it is worth."""


def but_for(inputs: Inputs, document: Document, rule_id: str) -> Document:
    """The answer without a rule beside the recorded one of a household's document; `inputs` are
    those of its run."""
    changed, removed = without_rule(inputs, rule_id)
    proposal = proposal_of(changed, document["household_id"], recorded_facing(document))
    household = inputs.book.household(document["household_id"])
    there, here = statements_document(proposal.policy), document.get("statements") or {}
    returns = more_statements(there, here)
    leaves = more_statements(here, there)
    before = side(document)
    after, solved = solved_side(proposal)
    bounds_only = bounding(inputs.typed, leaves) and bounding(changed.typed, returns)
    same = bounds_only and targets(document) == targets(solved) and kept_alike(before, after)
    return {
        "removed": [asdict(each) for each in removed],
        "waivers": [asdict(each) for each in waivers_of(inputs.typed, household, rule_id)],
        "returns": returns,
        "leaves": leaves,
        "as_it_was": before,
        "without": after,
        "differences": differences(before, after),
        "same_objective": same,
        "effect": effect(before, after, same_objective=same),
    }


def softs(inputs: Inputs, document: Document) -> list[Document]:
    """Soft rules that the trades leave broken, each with the answer had it been hard."""
    found = []
    before = side(document)
    hard: dict[str, Side] = {}
    for broken in document["soft_broken"]:
        rule_id = broken["rule_id"]
        if rule_id not in hard:
            changed = with_rule_hard(inputs, rule_id)
            proposal = proposal_of(changed, document["household_id"], recorded_facing(document))
            hard[rule_id], _ = solved_side(proposal)
        apart = differences(before, hard[rule_id])
        found.append({**broken, "if_hard": hard[rule_id], "differences": apart})
    return found


def effect(before: Side, after: Side, *, same_objective: bool) -> str:
    """What the rule did: `status`, `trades`, `not measurable` or `none`."""
    if "trades" not in before or "trades" not in after:
        return "status" if before["status"] != after["status"] else "none"
    if not differences(before, after)["trades"]:
        return "none"
    apart = abs(Decimal(after["objective"]) - Decimal(before["objective"]))
    within = apart <= Decimal(before["gap"]) + Decimal(after["gap"])
    return "not measurable" if same_objective and within else "trades"


def more_statements(some: dict[str, Document], others: dict[str, Document]) -> dict[str, Document]:
    """Statements of the first that the others lack, or do not have for the same accounts."""
    found = {}
    for key, statement in some.items():
        known = set(others[key]["accounts"]) if key in others else set()
        accounts = [name for name in statement["accounts"] if name not in known]
        if accounts:
            found[key] = statement | {"accounts": accounts}
    return found


def bounding(typed: TypedPolicies, keys: Collection[str]) -> bool:
    """Whether these statements only bound what is optimised."""
    return all(each.directive.family in BOUNDING for each in typed.statements if each.key in keys)


def targets(document: Document) -> dict[str, Any]:
    """What of each account's target is not its published model."""
    return {each["account_id"]: each["target"] for each in document.get("accounts", ())}
