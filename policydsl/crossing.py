"""Orders of different clients that would meet in one run, and whose give way.

Each household is solved alone, so orders meet only once all are. Where a rule prevents cross trades
and a security is bought by one client and sold by another, one side of it stays: the sales where
one of them raises cash that an account lacks today, else the side of more dollars, the sales where
both are equal. The clients of the other side are solved again with that side of that security
barred by the rule, until nothing crosses. No bar is lifted meanwhile and each round adds one, so
the rounds end; nothing depends on the order of the households.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from decimal import Decimal

from compiler.coverage import covers
from compiler.directives.cross_trades import OPPOSITE, CrossTrades, client_groups
from compiler.statements import HouseholdPolicy, InForce, Meeting, Side, Statement
from policydsl.propose import GivenUp, Proposal
from portfolio.household import Account, Household

Facing = Mapping[str, frozenset[Meeting]]
"""By statement key: the orders of other clients that a household's may not meet."""
Again = Callable[[str, Facing], Proposal]
"""Proposes once more for a household that faces these orders."""


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """One order of a run; `amount` in dollars."""

    household: Household
    account: Account
    security_id: str
    side: Side
    amount: Decimal

    @property
    def client(self) -> str:
        return self.household.id

    @property
    def raises_cash(self) -> bool:
        """Whether it is a sale of an account that lacks cash for today."""
        missing = self.household.to_raise.get(self.account.id, Decimal(0))
        return self.side == "sell" and missing > 0


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


Crowd = Mapping[tuple[str, Meeting], Set[str]]
"""The clients behind each side of each security, by what `across` names and whose they are."""


def crowd_of(orders: Iterable[Order]) -> dict[tuple[str, Meeting], set[str]]:
    """Who trades what on which side in a run."""
    found: dict[tuple[str, Meeting], set[str]] = {}
    for order in orders:
        for across, group in client_groups(order.household, order.account).items():
            if group is not None:
                meeting = group, order.security_id, order.side
                found.setdefault((across, meeting), set()).add(order.client)
    return found


def facing_of(
    policy: HouseholdPolicy, household: Household, crowd: Crowd
) -> dict[str, frozenset[Meeting]]:
    """What a household's orders must not meet of all the others in a run, its own left out."""
    return {
        scope.statement.key: frozenset(
            meeting
            for (across, meeting), clients in crowd.items()
            if (across, meeting[0]) in groups and len(clients) > (household.id in clients)
        )
        for scope in about_crossing(policy)
        for groups in [groups_of(scope, household)]
    }


def groups_of(scope: InForce, household: Household) -> set[tuple[str, str]]:
    """Whose clients' orders those of the household may not meet, by what `across` names."""
    directive = cross_trades_of(scope.statement)
    return {
        (directive.across, group)
        for account in household.accounts
        if account.id in scope.accounts
        and (group := directive.group(household, account)) is not None
    }


def orders_of(proposal: Proposal) -> Iterator[Order]:
    """The orders of a proposal, by account, security and side."""
    closing = proposal.closing
    if closing is None:
        return
    sold = {(sale.account_id, sale.security_id) for sale in closing.sales}
    for (account_id, security_id), amount in sorted(closing.orders.items()):
        side: Side = "sell" if (account_id, security_id) in sold else "buy"
        yield Order(proposal.household, closing.account(account_id), security_id, side, amount)


def cross_trades_of(statement: Statement) -> CrossTrades:
    """What a statement about cross trades says."""
    assert isinstance(statement.directive, CrossTrades)
    return statement.directive


# --- who gives way --------------------------------------------------------------------------------


def kept_apart(proposals: Sequence[Proposal], again: Again) -> tuple[Proposal, ...]:
    """The proposals of a run after those that may not cross have given way; in the same order.

    Whoever is solved again knows of every side that stays so far, so as not to turn to trades that
    would have to give way next.
    """
    found = {proposal.household.id: proposal for proposal in proposals}
    facing: dict[str, dict[str, frozenset[Meeting]]] = {}
    gave: dict[str, set[GivenUp]] = {}
    stays: Stays = {}
    while given := _given_up(found, stays):
        crowd = crowd_of(order for proposal in found.values() for order in orders_of(proposal))
        for client, orders in sorted(given.items()):
            gave.setdefault(client, set()).update(orders)
            mine = facing.setdefault(client, {})
            for met in (_meetings(orders), _staying(found[client], stays, crowd)):
                for key, meetings in met.items():
                    mine[key] = mine.get(key, frozenset()) | meetings
        for client in sorted(given):
            solved = again(client, facing[client])
            found[client] = replace(solved, gives_way=tuple(sorted(gave[client])))
    for client in sorted(gave):
        released = _released(found[client], gave[client], found, again)
        # An account of the household that no rule binds may meet somebody whom one does.
        if not _given_up(found | {client: released}, dict(stays)):
            found[client] = released
    return tuple(found[proposal.household.id] for proposal in proposals)


def _released(
    proposal: Proposal, gave: Set[GivenUp], found: Mapping[str, Proposal], again: Again
) -> Proposal:
    """The proposal of a household that gave way to orders of which some are no longer made: solved
    once more, against all orders of others as they stand, so that none of its own that a rule binds
    can meet one."""
    crowd = crowd_of(order for other in found.values() for order in orders_of(other))
    known = facing_of(proposal.policy, proposal.household, crowd)
    still = {up for up in gave if _meetings([up])[up.key] <= known.get(up.key, frozenset())}
    if still == gave:
        return proposal
    rules = (scope.statement.key for scope in about_crossing(proposal.policy, notes=False))
    solved = again(proposal.household.id, {key: known[key] for key in rules})
    if solved.closing is None:
        return proposal
    return replace(solved, gives_way=tuple(sorted(still)))


Stays = dict[tuple[str, str, str], Side]
"""The side that stays, by statement key, whose clients, and security: decided once in a run."""


def _given_up(proposals: Mapping[str, Proposal], stays: Stays) -> dict[str, set[GivenUp]]:
    """Client to the orders that have to give way. What is decided is added to `stays`."""
    orders = [order for _, proposal in sorted(proposals.items()) for order in orders_of(proposal)]
    scopes = {
        (client, scope.statement.key): scope
        for client, proposal in proposals.items()
        for scope in about_crossing(proposal.policy, notes=False)
    }
    statements = {scope.statement.key: scope.statement for scope in scopes.values()}
    given: dict[str, set[GivenUp]] = {}
    gone: set[Order] = set()
    for statement in sorted(statements.values(), key=lambda each: (each.authority.rank, each.key)):
        key = statement.key
        still = (order for order in orders if order not in gone)
        for (group, security_id), mine in _by_group(statement, still).items():
            bound = {order for order in mine if _bound(scopes.get((order.client, key)), order)}
            for order in _giving_way(mine, bound, (key, group, security_id), stays):
                up = GivenUp(key, group, security_id, order.side)
                given.setdefault(order.client, set()).add(up)
                gone.add(order)
    return given


def _meetings(orders: Iterable[GivenUp]) -> dict[str, frozenset[Meeting]]:
    """What orders that were given up would have met, by statement key."""
    found: dict[str, set[Meeting]] = {}
    for up in orders:
        found.setdefault(up.key, set()).add((up.among, up.security_id, OPPOSITE[up.side]))
    return {key: frozenset(meetings) for key, meetings in found.items()}


def _staying(proposal: Proposal, stays: Stays, crowd: Crowd) -> dict[str, frozenset[Meeting]]:
    """The orders of other clients on sides that stay, by the statements of a household."""
    return {
        key: frozenset(meeting for meeting in met if stays.get((key, *meeting[:2])) == meeting[2])
        for key, met in facing_of(proposal.policy, proposal.household, crowd).items()
    }


def _by_group(statement: Statement, orders: Iterable[Order]) -> dict[tuple[str, str], list[Order]]:
    """Orders that could meet: of one security, among the clients that the statement names."""
    found: dict[tuple[str, str], list[Order]] = {}
    for order in orders:
        group = cross_trades_of(statement).group(order.household, order.account)
        if group is not None:
            found.setdefault((group, order.security_id), []).append(order)
    return dict(sorted(found.items()))


def _bound(scope: InForce | None, order: Order) -> bool:
    """Whether the statement holds for the order."""
    if scope is None or order.account.id not in scope.accounts:
        return False
    security = order.household.securities[order.security_id]
    return covers(scope, order.household, order.account, security)


def _giving_way(
    orders: Sequence[Order],
    bound: Set[Order],
    what: tuple[str, str, str],
    stays: Stays,
) -> list[Order]:
    """The orders of one security that give way. One that is bound by the statement always does so
    to one that is not: nothing could bar the other."""
    free = _clients(order for order in orders if order not in bound)
    mine = [order for order in orders if order in bound]
    gone = [order for order in mine if _meets(order, free)]
    left = [order for order in mine if not _meets(order, free)]
    clients = _clients(left)
    meeting = [order for order in left if _meets(order, clients)]
    if not meeting:
        return gone
    if what not in stays:
        worth = {side: sum(o.amount for o in left if o.side == side) for side in OPPOSITE}
        needed = any(order.raises_cash for order in meeting)
        stays[what] = "buy" if worth["buy"] > worth["sell"] and not needed else "sell"
    return gone + [order for order in meeting if order.side != stays[what]]


def _clients(orders: Iterable[Order]) -> dict[Side, set[str]]:
    """Who stands on each side."""
    found: dict[Side, set[str]] = {"buy": set(), "sell": set()}
    for order in orders:
        found[order.side].add(order.client)
    return found


def _meets(order: Order, clients: Mapping[Side, set[str]]) -> bool:
    """Whether another client stands on the other side."""
    others = clients[OPPOSITE[order.side]]
    return len(others) > (order.client in others)
