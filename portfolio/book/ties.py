"""What depends on a doubtful thing: drafts become findings with the accounts they hold back.

The book is a graph: an account depends on its household, its tax entity, its model and the
securities it holds; a model on its components; a fund on its constituents. A doubt about a node
freezes every account from which the node can be reached; where a *value* is in doubt, the
households of those that hold it directly have no known value and are on hold. A doubt that is
about no account at all stops the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import networkx as nx

from portfolio.book.draft import WHOLE_BOOK, Draft, Reach, Subject
from portfolio.book.files import Tables, TextTable
from portfolio.book.references import ids, split_tags
from portfolio.book.versions import versions
from portfolio.findings import Finding
from portfolio.models import unusable_models

HOLDS, CONSTITUENT, OTHER = "holds", "constituent", "other"


@dataclass(frozen=True)
class Ties:
    """Who belongs to whom, and the graph with edges from what depends to what it depends on.

    The graph is built only when there is an error to follow. `unusable` are securities and models
    in doubt: a model does not depend on one that an alternate stands in for.
    """

    tables: Tables
    unusable: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def accounts(self) -> frozenset[str]:
        """All account ids."""
        return ids(self.tables, "accounts")

    @cached_property
    def households(self) -> frozenset[str]:
        """All household ids."""
        return ids(self.tables, "households")

    @cached_property
    def household_of(self) -> Mapping[str, str]:
        """Account to household, as the book says it."""
        return self._pairs("accounts", "account_id", "household_id")

    @cached_property
    def entity_of(self) -> Mapping[str, str]:
        """Account to tax entity, as the book says it."""
        return self._pairs("accounts", "account_id", "tax_entity_id")

    @cached_property
    def household_of_entity(self) -> Mapping[str, str]:
        """Tax entity to household, as the book says it."""
        return self._pairs("tax_entities", "tax_entity_id", "household_id")

    @cached_property
    def graph(self) -> nx.DiGraph:
        """The graph of dependence over `Subject` nodes; the attribute `how` marks its edges."""
        graph = nx.DiGraph()
        self._add_accounts(graph)
        self._add_entities(graph)
        self._add("transactions", "account", "account_id", OTHER, graph)
        self._add("lots", "account", "account_id", HOLDS, graph)
        self._add("constituents", "security", "fund_id", CONSTITUENT, graph)
        self._add_models(graph)
        return graph

    @cached_property
    def graph_without_funds(self) -> nx.DiGraph:
        """The graph in which a fund does not depend on its constituents."""
        kept = [(a, b) for a, b, how in self.graph.edges(data="how") if how != CONSTITUENT]
        return self.graph.edge_subgraph(kept)

    def _add_accounts(self, graph: nx.DiGraph) -> None:
        own = self._pairs("accounts", "account_id", "model_id")
        shared = self._pairs("households", "household_id", "model_id")
        for account in sorted(self.accounts):
            node = Subject("account", account)
            graph.add_node(node)
            household = self.household_of.get(account)
            model = own.get(account) or shared.get(household or "")
            for kind, name in (
                ("household", household),
                ("tax_entity", self.entity_of.get(account)),
                ("model", model),
            ):
                if name is not None:
                    graph.add_edge(node, Subject(kind, name), how=OTHER)

    def _add_entities(self, graph: nx.DiGraph) -> None:
        for entity, household in self.household_of_entity.items():
            graph.add_edge(
                Subject("tax_entity", entity), Subject("household", household), how=OTHER
            )
        known = ids(self.tables, "tax_entities")
        for entity, text in self._pairs("tax_entities", "tax_entity_id", "wash_linked_to").items():
            for linked in split_tags(text):
                # A known one's own mistakes are no doubt about this one.
                if linked not in known:
                    graph.add_edge(
                        Subject("tax_entity", entity), Subject("tax_entity", linked), how=OTHER
                    )

    def _add_models(self, graph: nx.DiGraph) -> None:
        if "models" not in self.tables:
            return
        models = ids(self.tables, "models")
        given, _ = versions(self.tables["models"])
        every = {
            name: [part for version in by_day.values() for part in version.parts]
            for name, by_day in given.items()
        }
        unusable = unusable_models(every, self.unusable)
        for name, parts in every.items():
            for part in parts:
                usable = [each for each in part.ranked if each not in unusable]
                for component in filter(None, usable or part.ranked):
                    kind = "model" if component in models else "security"
                    graph.add_edge(Subject("model", name), Subject(kind, component), how=OTHER)

    def _add(self, table: str, kind: str, column: str, how: str, graph: nx.DiGraph) -> None:
        for owner, security in self._distinct(table, column, "security_id"):
            graph.add_edge(Subject(kind, owner), Subject("security", security), how=how)

    def _distinct(self, table: str, left: str, right: str) -> Iterator[tuple[str, str]]:
        read = self.tables.get(table)
        pairs = [] if read is None else zip(read.texts(left), read.texts(right), strict=True)
        for first, second in dict.fromkeys(pairs):
            if first is not None and second is not None:
                yield first, second

    def _pairs(self, table: str, key: str, value: str) -> dict[str, str]:
        return dict(self._distinct(table, key, value))


def in_doubt(drafts: Iterable[Draft], tables: Tables) -> dict[str, str]:
    """Securities and models that errors are about, and funds that hold such securities, each with
    the first reason."""
    doubts: dict[str, str] = {}
    seen_through: dict[str, str] = {}
    for draft in drafts:
        for subject in draft.subjects:
            if draft.reach is not Reach.NOTHING and subject.kind in ("security", "model"):
                doubts.setdefault(subject.id, f"{draft.code}, {draft.message}")
                if draft.through_funds and subject.kind == "security":
                    seen_through.setdefault(subject.id, doubts[subject.id])
    holders = list(Ties(tables)._distinct("constituents", "fund_id", "security_id"))
    while seen_through:
        found = {fund: seen_through[name] for fund, name in holders if name in seen_through}
        seen_through = {fund: why for fund, why in found.items() if fund not in doubts}
        doubts |= seen_through
    return doubts


def conclude(
    drafts: Iterable[Draft], tables: Tables, unusable: Mapping[str, str]
) -> tuple[Finding, ...]:
    """Findings with lines and effects, in the order of files, lines and columns; `unusable` are
    securities and models with the reasons."""
    ties = Ties(tables, unusable)
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
        known = subject.id in ties.accounts or subject.id in ties.households
        stops |= subject.kind in ("account", "household") and not dependents and not known
    return accounts, households, stops


def _dependents(subject: Subject, ties: Ties, through_funds: bool) -> set[str]:
    graph = ties.graph if through_funds else ties.graph_without_funds
    if subject not in graph:
        return {subject.id} & ties.accounts if subject.kind == "account" else set()
    reached = nx.ancestors(graph, subject) | {subject}
    return {node.id for node in reached if node.kind == "account"} & ties.accounts


def _held(subject: Subject, dependents: set[str], reach: Reach, ties: Ties) -> set[str]:
    # Where it is not known whose an account is, the household that pays its tax is in doubt too.
    held = {
        ties.household_of_entity.get(ties.entity_of.get(account, ""), "")
        for account in dependents
        if ties.household_of.get(account) not in ties.households
    }
    if reach is Reach.VALUE and subject.kind == "household":
        held.add(subject.id)
    elif reach is Reach.VALUE and subject.kind == "account":
        held.add(ties.household_of.get(subject.id, ""))
    elif reach is Reach.VALUE and subject.kind == "security" and subject in ties.graph:
        edges = ties.graph.in_edges(subject, data="how")
        held |= {ties.household_of.get(owner.id, "") for owner, _, how in edges if how == HOLDS}
    return held & ties.households
