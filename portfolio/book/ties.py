"""What depends on a doubtful thing: drafts become findings with the accounts they hold back.

The book is a graph: an account depends on its household, its tax entity, its model and the
securities it holds; a model on its components; a fund on its constituents. A doubt about a node
freezes every account from which the node can be reached; where a *value* is in doubt, the
households of those that hold it directly have no known value and are on hold. A doubt that is
about no account at all stops the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import networkx as nx

from portfolio.book.draft import WHOLE_BOOK, Draft, Reach, Subject
from portfolio.book.files import TextTable
from portfolio.book.references import Tables
from portfolio.findings import Finding

HOLDS, CONSTITUENT, OTHER = "holds", "constituent", "other"


@dataclass(frozen=True)
class Ties:
    """The graph of dependence with edges from what depends to what it depends on."""

    graph: nx.DiGraph
    household_of: Mapping[str, str]
    entity_household_of: Mapping[str, str]
    entity_of: Mapping[str, str]
    households: frozenset[str]
    _without_funds: nx.DiGraph = field(repr=False)


def tie(tables: Tables) -> Ties:
    """Builds the graph from whatever could be read."""
    graph = nx.DiGraph()
    accounts = tables.get("accounts")
    household_of = _pairs(accounts, "account_id", "household_id")
    entity_of = _pairs(accounts, "account_id", "tax_entity_id")
    model_of_household = _pairs(tables.get("households"), "household_id", "model_id")
    own_model = _pairs(accounts, "account_id", "model_id")
    entity_households = _pairs(tables.get("tax_entities"), "tax_entity_id", "household_id")
    for account in accounts.texts("account_id") if accounts else ():
        if account is None:
            continue
        graph.add_node(Subject("account", account))
        household = household_of.get(account)
        model = own_model.get(account) or model_of_household.get(household or "")
        _depend(graph, "account", account, "household", household)
        _depend(graph, "account", account, "tax_entity", entity_of.get(account))
        _depend(graph, "account", account, "model", model)
    for entity, household in entity_households.items():
        _depend(graph, "tax_entity", entity, "household", household)
    _depend_all(graph, tables, "transactions", ("account", "account_id"), OTHER)
    _depend_all(graph, tables, "lots", ("account", "account_id"), HOLDS)
    _depend_all(graph, tables, "constituents", ("security", "fund_id"), CONSTITUENT)
    _depend_on_components(graph, tables)
    seen = [(a, b) for a, b, how in graph.edges(data="how") if how != CONSTITUENT]
    return Ties(
        graph,
        household_of,
        entity_households,
        entity_of,
        frozenset(model_of_household) | _ids(tables.get("households"), "household_id"),
        graph.edge_subgraph(seen).copy(),
    )


def _ids(table: TextTable | None, column: str) -> frozenset[str]:
    return frozenset() if table is None else frozenset(filter(None, table.texts(column)))


def _pairs(table: TextTable | None, key: str, value: str) -> dict[str, str]:
    if table is None:
        return {}
    rows = zip(table.texts(key), table.texts(value), strict=True)
    return {left: right for left, right in rows if left is not None and right is not None}


def _depend(
    graph: nx.DiGraph, kind: str, name: str, on_kind: str, on: str | None, how: str = OTHER
) -> None:
    if on is not None:
        graph.add_edge(Subject(kind, name), Subject(on_kind, on), how=how)


def _depend_all(
    graph: nx.DiGraph, tables: Tables, name: str, owner: tuple[str, str], how: str
) -> None:
    table = tables.get(name)
    if table is None:
        return
    kind, column = owner
    pairs = zip(table.texts(column), table.texts("security_id"), strict=True)
    for left, right in dict.fromkeys(pairs):
        if left is not None:
            _depend(graph, kind, left, "security", right, how)


def _depend_on_components(graph: nx.DiGraph, tables: Tables) -> None:
    table = tables.get("models")
    if table is None:
        return
    models = _ids(table, "model_id")
    pairs = zip(table.texts("model_id"), table.texts("component"), strict=True)
    for model, component in dict.fromkeys(pairs):
        if model is not None:
            kind = "model" if component in models else "security"
            _depend(graph, "model", model, kind, component)


def conclude(drafts: Iterable[Draft], ties: Ties, tables: Tables) -> tuple[Finding, ...]:
    """Findings with lines and effects, in the order of files, lines and columns."""
    lines = {table.file: table for table in tables.values()}
    findings = [_finding(draft, ties, lines) for draft in drafts]
    files = {table.file: position for position, table in enumerate(tables.values(), start=1)}
    return tuple(
        sorted(
            findings,
            key=lambda found: (
                files.get(found.file, 0),
                found.file,
                found.line or 0,
                found.column or "",
                found.code,
                found.message,
            ),
        )
    )


def _finding(draft: Draft, ties: Ties, tables: Mapping[str, TextTable]) -> Finding:
    accounts, households, stops = _effects(draft, ties)
    account = draft.account_id
    household = draft.household_id or ties.household_of.get(account or "")
    line = None
    if draft.row is not None and draft.file in tables:
        line = tables[draft.file].line(draft.row)
    return Finding(
        draft.code,
        draft.severity,
        draft.file,
        line,
        draft.column,
        draft.value,
        draft.expected,
        draft.message,
        account,
        household,
        tuple(sorted(accounts)),
        tuple(sorted(households)),
        stops,
    )


def _effects(draft: Draft, ties: Ties) -> tuple[set[str], set[str], bool]:
    """(accounts frozen, households on hold, whether the run stops)."""
    if draft.reach is Reach.NOTHING:
        return set(), set(), False
    if WHOLE_BOOK in draft.subjects:
        return set(), set(), True
    accounts: set[str] = set()
    households: set[str] = set()
    stops = False
    for subject in draft.subjects:
        dependents = _dependents(subject, ties, draft.through_funds)
        accounts |= dependents
        households |= _held(subject, dependents, draft.reach, ties)
        known = subject.id in ties.household_of or subject.id in ties.households
        stops |= subject.kind in ("account", "household") and not dependents and not known
    return accounts, households, stops


def _dependents(subject: Subject, ties: Ties, through_funds: bool) -> set[str]:
    graph = ties.graph if through_funds else ties._without_funds
    if subject not in graph:
        return set()
    reached = nx.ancestors(graph, subject) | {subject}
    return {node.id for node in reached if node.kind == "account" and _is_account(node, ties)}


def _is_account(node: Subject, ties: Ties) -> bool:
    return node.id in ties.household_of or node.id in ties.entity_of


def _held(subject: Subject, dependents: set[str], reach: Reach, ties: Ties) -> set[str]:
    held: set[str] = set()
    if subject.kind == "household" and subject.id not in ties.households:
        # Whose the account is, is unknown; the household that pays its tax is the likeliest.
        held = {
            ties.entity_household_of.get(ties.entity_of.get(account, ""), "")
            for account in dependents
        }
    elif reach is Reach.VALUE and subject.kind == "household":
        held = {subject.id}
    elif reach is Reach.VALUE and subject.kind == "account":
        held = {ties.household_of.get(subject.id, "")}
    elif reach is Reach.VALUE and subject.kind == "security" and subject in ties.graph:
        held = {
            ties.household_of.get(owner.id, "")
            for owner, _, how in ties.graph.in_edges(subject, data="how")
            if how == HOLDS
        }
    return held & ties.households
