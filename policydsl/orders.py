"""Orders as the other clients of a run meet them, and what rules about cross trades say of them.

What a run keeps of a household is its standing: its orders, the rules it is under and whose clients
it is among. Neither the household nor what solved it is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from decimal import Decimal

from compiler.coverage import covers
from compiler.directives.cross_trades import CrossTrades, client_groups
from compiler.statements import HouseholdPolicy, InForce, Meeting, Side, Statement
from policydsl.propose import GivenUp, Proposal
from portfolio.household import Household

Facing = Mapping[str, frozenset[Meeting]]
"""By statement key: the orders of other clients that a household's may not meet."""
Group = tuple[str, str]
"""Whose clients: what `across` names, and which of them."""
Crowd = Mapping[tuple[str, Meeting], Set[str]]
"""The clients behind each side of each security, by what `across` names and whose they are."""


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """One order of a run; `amount` in dollars. `groups` are whose clients its account is among, by
    what `across` names; `under` the statements (keys) about cross trades that hold for it, notes
    included. One that `raises_cash` is a sale of an account that lacks cash for today."""

    client: str
    account_id: str
    security_id: str
    side: Side
    amount: Decimal
    groups: Mapping[str, str | None]
    under: frozenset[str] = frozenset()
    raises_cash: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What a run has to know of a household to keep its orders from those of others. `rules` and
    `notes` are the statements about cross trades that hold for it, `faces` by statement key whose
    clients' orders its own may not meet, `among` all whose client it is."""

    client: str
    solved: bool
    orders: tuple[Order, ...]
    rules: tuple[Statement, ...]
    notes: tuple[Statement, ...]
    faces: Mapping[str, Set[Group]]
    among: frozenset[Group]
    gives_way: tuple[GivenUp, ...]


def standing_of(proposal: Proposal) -> Standing:
    """What others in the run have to know of a proposal."""
    household, policy = proposal.household, proposal.policy
    return Standing(
        household.id,
        proposal.closing is not None,
        tuple(_orders_of(proposal)),
        tuple(scope.statement for scope in about_crossing(policy, notes=False)),
        tuple(note.statement for note in policy.notes if isinstance(note.directive, CrossTrades)),
        _faced(policy, household),
        frozenset(groups_of(household)),
        proposal.gives_way,
    )


def _orders_of(proposal: Proposal) -> Iterator[Order]:
    """The orders of a proposal, by account, security and side."""
    closing, household = proposal.closing, proposal.household
    if closing is None:
        return
    scopes = list(about_crossing(proposal.policy))
    sold = {(sale.account_id, sale.security_id) for sale in closing.sales}
    groups = {each.id: client_groups(household, each) for each in closing.household.accounts}
    for (account_id, security_id), amount in sorted(closing.orders.items()):
        side: Side = "sell" if (account_id, security_id) in sold else "buy"
        account, security = closing.account(account_id), household.securities[security_id]
        under = frozenset(
            scope.statement.key
            for scope in scopes
            if account_id in scope.accounts and covers(scope, household, account, security)
        )
        raises = side == "sell" and household.to_raise.get(account_id, Decimal(0)) > 0
        yield Order(
            household.id, account_id, security_id, side, amount, groups[account_id], under, raises
        )


# --- what a policy says of it ---------------------------------------------------------------------


def with_facing(policy: HouseholdPolicy, facing: Facing) -> HouseholdPolicy:
    """The policy whose statements about cross trades know the orders that theirs may not meet."""

    def told(scope: InForce) -> InForce:
        met = facing.get(scope.statement.key)
        return scope if met is None else replace(scope, facing=met)

    return replace(
        policy,
        statements=tuple(told(scope) for scope in policy.statements),
        notes=tuple(told(note) for note in policy.notes),
    )


def about_crossing(policy: HouseholdPolicy, *, notes: bool = True) -> Iterator[InForce]:
    """The statements about cross trades that hold for a household."""
    for scope in (*policy.statements, *(policy.notes if notes else ())):
        if isinstance(scope.directive, CrossTrades):
            yield scope


def cross_trades_of(statement: Statement) -> CrossTrades:
    """What a statement about cross trades says."""
    assert isinstance(statement.directive, CrossTrades)
    return statement.directive


def groups_of(household: Household) -> Iterator[Group]:
    """Whose client a household is, account by account."""
    for account in household.accounts:
        for across, group in client_groups(household, account).items():
            if group is not None:
                yield across, group


def _faced(policy: HouseholdPolicy, household: Household) -> dict[str, Set[Group]]:
    """Whose clients' orders those of the household may not meet, by statement key."""
    return {scope.statement.key: _kept_from(scope, household) for scope in about_crossing(policy)}


def _kept_from(scope: InForce, household: Household) -> frozenset[Group]:
    """Whose clients a statement keeps the household's orders from."""
    directive = cross_trades_of(scope.statement)
    return frozenset(
        (directive.across, group)
        for account in household.accounts
        if account.id in scope.accounts
        and (group := directive.group(household, account)) is not None
    )


# --- who meets whom -------------------------------------------------------------------------------


def crowd_of(orders: Iterable[Order]) -> dict[tuple[str, Meeting], set[str]]:
    """Who trades what on which side in a run."""
    found: dict[tuple[str, Meeting], set[str]] = {}
    for order in orders:
        for across, group in order.groups.items():
            if group is not None:
                meeting = group, order.security_id, order.side
                found.setdefault((across, meeting), set()).add(order.client)
    return found


def crowd_in(standings: Iterable[Standing]) -> dict[tuple[str, Meeting], set[str]]:
    """Who trades what on which side, of these households."""
    return crowd_of(order for standing in standings for order in standing.orders)


def facing_in(crowd: Crowd, standing: Standing) -> dict[str, frozenset[Meeting]]:
    """What a household's orders must not meet of all the others in a run, its own left out."""
    return _met(crowd, standing.client, standing.faces)


def facing_of(
    policy: HouseholdPolicy, household: Household, crowd: Crowd
) -> dict[str, frozenset[Meeting]]:
    """The same of a household that is at hand."""
    return _met(crowd, household.id, _faced(policy, household))


def _met(
    crowd: Crowd, client: str, faces: Mapping[str, Set[Group]]
) -> dict[str, frozenset[Meeting]]:
    return {
        key: frozenset(
            meeting
            for (across, meeting), clients in crowd.items()
            if (across, meeting[0]) in groups and len(clients) > (client in clients)
        )
        for key, groups in faces.items()
    }
