"""A household that has no answer, held against the record: its status, and what it says of why.

That there is none takes solves, and is believed. What is said of it is not: accounts that may not
be traded, rules that cannot hold, and no field that only an answer has.
"""

from __future__ import annotations

from collections.abc import Collection

from compiler.portfolios import may_trade
from compiler.statements import HouseholdPolicy
from policydsl.document import Document, statements_document
from policydsl.propose import NO_POLICY_KEPT, Status, away, cannot_hold, not_traded
from policydsl.verification.conflicts import NOT_FOUND, conflict_differences, conflict_findings
from policydsl.verification.reasons import Said, held_against
from portfolio.household import Household

OF_CONFLICT = ("statements", "conflict", "conflicts", "gives_way", "faces")
"""What the document of a household without an answer may have beside what every document has."""
FAILED = "internal error: "
UNTOLD = {
    Status.EXCEPTION: ("exact check: ", "the search ended without trades after "),
    Status.INFEASIBLE: ("no room for rounding: ", NOT_FOUND),
}
"""How findings begin that only a solve can make, by status."""


def unsolved_differences(
    policy: HouseholdPolicy, household: Household, document: Document, of_any: Collection[str]
) -> Said:
    """(where, what) of the document of a household whose data are fit to be traded on; `of_any` are
    the fields that every document has."""
    status = document["status"]
    yield from surplus(document, (*of_any, *OF_CONFLICT))
    if document.get("statements") not in (None, statements_document(policy)):
        yield "", "its statements are not those of its policies"
    able = any(may_trade(account, policy) for account in household.accounts)
    if not able and status != (Status.EXCEPTION if policy.held else Status.DATA_HOLD):
        yield "", f"has the status {status}, and none of its accounts may be traded"
    if able and status == Status.DATA_HOLD:
        yield "", f"has the status {status}, and its data are not in doubt"
    if status != Status.INFEASIBLE and (document.get("conflict") or document.get("conflicts")):
        yield "", f"has rules that cannot hold, and the status {status}"
    yield from conflict_differences(policy, household, document)
    yield from _findings(policy, household, document, able=able)


def failed_differences(document: Document, of_any: Collection[str]) -> Said:
    """(where, what) of the document of a household that a mistake of the program left without an
    answer."""
    yield from surplus(document, of_any)
    if len(document["findings"]) != 1 or not document["findings"][0].startswith(FAILED):
        yield "", "has failed, and what it finds is not a mistake of the program"


def surplus(document: Document, allowed: Collection[str]) -> Said:
    """Fields of a document that nothing can be said of."""
    for name in sorted(document.keys() - {*allowed}):
        said = name.replace("_", " ")
        yield "", f"has the status {document['status']}, and what only an answer has: {said}"


def _findings(
    policy: HouseholdPolicy, household: Household, document: Document, *, able: bool
) -> Said:
    """What has to be found is found, and nothing else but what only a solve can say."""
    needed = [*not_traded(household, policy), *policy.remarks]
    begins = [*held_against(policy)]
    if able:
        needed += conflict_findings(policy, document)
        begins += UNTOLD.get(document["status"], ())
        begins += [f"{a.id} is left as it is: no order found" for a in household.accounts]
    else:
        needed += away(household)
    so = {*needed}
    scopes = {scope.statement.key: scope.statement for scope in policy.statements}
    for each in document.get("conflict") or ():
        statement = scopes.get(each["statement"])
        if statement is None:
            yield "", f"has {each['statement']} in the way, which is not in force"
            continue
        readings = cannot_hold(statement, each["stretch_dollars"])
        so |= readings
        if not readings & {*document["findings"]}:
            yield "", f"does not find: {min(readings)}"
    if document["status"] == Status.INFEASIBLE and not document.get("conflict"):
        needed.append(NO_POLICY_KEPT)
        so.add(NO_POLICY_KEPT)
    for said in needed:
        if said not in document["findings"]:
            yield "", f"does not find: {said}"
    for finding in document["findings"]:
        if finding not in so and not any(map(finding.startswith, begins)):
            yield "", f"finds what is not so: {finding}"
