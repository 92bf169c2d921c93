"""Orders of different clients that would meet in one run, and whose give way.

Each household is solved alone, so orders meet only once all are. Where a rule prevents cross trades
and a security is bought by one client and sold by another, one side of it stays: the sales where
one of them raises cash that an account lacks today, else the side of more dollars, the sales where
both are equal. The clients of the other side are solved again with that side of that security
barred by the rule, until nothing crosses. No bar is lifted meanwhile and each round adds one, so
the rounds end; nothing depends on the order of the households.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Protocol, TypeVar

from compiler.directives.cross_trades import OPPOSITE
from compiler.statements import Meeting, Side, Statement
from policydsl.orders import (
    Crowd,
    Facing,
    Order,
    Standing,
    cross_trades_of,
    crowd_in,
    facing_in,
)
from policydsl.propose import GivenUp


class Party(Protocol):
    """What is kept of a household."""

    @property
    def standing(self) -> Standing: ...


Kept = TypeVar("Kept", bound=Party)
Again = Callable[[str, Facing, tuple[GivenUp, ...]], Kept]
"""Proposes once more for a household that faces these orders, and gives way to some."""


def kept_apart(parties: Sequence[Kept], again: Again[Kept]) -> tuple[Kept, ...]:
    """What is kept of a run after those that may not cross have given way; in the same order.

    Whoever is solved again knows of every side that stays so far, so as not to turn to trades that
    would have to give way next.
    """
    found = {party.standing.client: party for party in parties}
    facing: dict[str, dict[str, frozenset[Meeting]]] = {}
    gave: dict[str, set[GivenUp]] = {}
    stays: Stays = {}
    while given := _given_up(_standings(found), stays):
        crowd = crowd_in(_standings(found))
        for client, orders in sorted(given.items()):
            gave.setdefault(client, set()).update(orders)
            mine = facing.setdefault(client, {})
            for met in (_meetings(orders), _staying(found[client].standing, stays, crowd)):
                for key, meetings in met.items():
                    mine[key] = mine.get(key, frozenset()) | meetings
        for client in sorted(given):
            found[client] = again(client, facing[client], tuple(sorted(gave[client])))
    for client in sorted(gave):
        released = _released(found[client], gave[client], crowd_in(_standings(found)), again)
        # An account of the household that no rule binds may meet somebody whom one does.
        if not _given_up(_standings(found | {client: released}), dict(stays)):
            found[client] = released
    return tuple(found[party.standing.client] for party in parties)


def _standings(found: Mapping[str, Party]) -> list[Standing]:
    return [party.standing for _, party in sorted(found.items())]


def _released(party: Kept, gave: Set[GivenUp], crowd: Crowd, again: Again[Kept]) -> Kept:
    """What is kept of a household that gave way to orders of which some are no longer made: solved
    once more, against all orders of others as they stand, so that none of its own that a rule binds
    can meet one."""
    standing = party.standing
    known = facing_in(crowd, standing)
    still = {up for up in gave if _meetings([up])[up.key] <= known.get(up.key, frozenset())}
    if still == gave:
        return party
    faced = {rule.key: known[rule.key] for rule in standing.rules}
    solved = again(standing.client, faced, tuple(sorted(still)))
    return solved if solved.standing.solved else party


Stays = dict[tuple[str, str, str], Side]
"""The side that stays, by statement key, whose clients, and security: decided once in a run."""


def _given_up(standings: Sequence[Standing], stays: Stays) -> dict[str, set[GivenUp]]:
    """Client to the orders that have to give way. What is decided is added to `stays`."""
    orders = [order for standing in standings for order in standing.orders]
    statements = {rule.key: rule for standing in standings for rule in standing.rules}
    given: dict[str, set[GivenUp]] = {}
    gone: set[Order] = set()
    for statement in sorted(statements.values(), key=lambda each: (each.authority.rank, each.key)):
        key = statement.key
        still = (order for order in orders if order not in gone)
        for (group, security_id), mine in _by_group(statement, still).items():
            bound = {order for order in mine if key in order.under}
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


def _staying(standing: Standing, stays: Stays, crowd: Crowd) -> dict[str, frozenset[Meeting]]:
    """The orders of other clients on sides that stay, by the statements of a household."""
    return {
        key: frozenset(meeting for meeting in met if stays.get((key, *meeting[:2])) == meeting[2])
        for key, met in facing_in(crowd, standing).items()
    }


def _by_group(statement: Statement, orders: Iterable[Order]) -> dict[tuple[str, str], list[Order]]:
    """Orders that could meet: of one security, among the clients that the statement names."""
    found: dict[tuple[str, str], list[Order]] = {}
    across = cross_trades_of(statement).across
    for order in orders:
        group = order.groups[across]
        if group is not None:
            found.setdefault((group, order.security_id), []).append(order)
    return dict(sorted(found.items()))


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
