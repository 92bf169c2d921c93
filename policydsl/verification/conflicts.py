"""What a proposal says of rules that cannot be kept together, held against the record.

That they cannot, and that the changes would do, takes solves; that the rules are in force, the
facts are those of the household and the findings are what the sets come to, does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from compiler.statements import HouseholdPolicy, InForce
from policydsl.document import Document
from policydsl.propose import empty_closing
from portfolio.household import Household

NOT_FOUND = "what is in the way was not found: "
Scopes = Mapping[str, InForce]


def conflict_differences(
    policy: HouseholdPolicy, household: Household, document: Document
) -> Iterator[tuple[str, str]]:
    """(where, what) of the conflicts of a household that does not follow from its record."""
    found = document.get("conflicts")
    if found is None:
        return
    scopes = {scope.statement.key: scope for scope in policy.statements}
    for key in sorted({key for each in found["sets"] for key in each["statements"]}):
        if key not in scopes:
            yield "", f"has {key} in the way, which is not in force"
    opening = empty_closing(household, policy)
    for fact in found["facts"]:
        scope = scopes.get(fact["statement"])
        if scope is None or fact["says"] not in scope.directive.stands(
            scope, opening.seen_by(scope)
        ):
            yield "", f"has a fact in the way that is none: {fact['says']}"


def conflict_findings(policy: HouseholdPolicy, document: Document) -> Iterator[str]:
    """The findings that the conflicts of a document come to; nothing where a statement of them is
    not in force."""
    found = document.get("conflicts")
    scopes = {scope.statement.key: scope for scope in policy.statements}
    if found is None or not found["sets"]:
        return
    smallest, *others = found["sets"]
    changes = [change for each in found["relaxations"][:1] for change in each["changes"]]
    if not {*smallest["statements"], *(change["statement"] for change in changes)} <= scopes.keys():
        return
    said = "; ".join(_said(scopes[key]) for key in smallest["statements"])
    more = f"; {len(others)} more such {'set' if len(others) == 1 else 'sets'}" if others else ""
    head = "cannot be kept together" if len(smallest["rules"]) > 1 else "cannot be kept"
    yield f"{head}: {said}{more}"
    if changes:
        yield f"would do: {'; '.join(_change(change, scopes) for change in changes)}"


def _said(scope: InForce) -> str:
    return f"{scope.directive.sentence()} ({_place(scope)})"


def _change(change: Document, scopes: Scopes) -> str:
    scope = scopes[change["statement"]]
    if change["how"] == "amount":
        return f"{change['instead']} ({_place(scope)})"
    if change["how"] == "exempt":
        return f"${Decimal(change['dollars']):,.2f} exempt from {_said(scope)}"
    return f"without {_said(scope)}"


def _place(scope: InForce) -> str:
    statement = scope.statement
    return f"{statement.rule_id}, {statement.path}:{statement.line}"
