"""Cash of each account in the model: no overdraft, and the payments that the book asks for.

A payment of the book is the client's instruction: it stands below the hard rules. What they keep
from being raised is missing, and said; it makes nothing infeasible.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.registry import PHYSICS, Cure
from portfolio.flows import flows_due
from portfolio.household import Account

if TYPE_CHECKING:
    from compiler.physics import Physics


def add_cash(physics: Physics) -> None:
    """No account is overdrawn by its purchases, costs and the flows due. One that payments of the
    book would overdraw is overdrawn no further, and is brought as near to zero as rules allow.

    Where rounded trades have overdrawn an account before (`improved`), its sales leave the room for
    rounding that its cash of today does not have.
    """
    no_overdraft = physics.tableau.block("physics").rows("no_overdraft")
    for account in physics.accounts:
        closing = physics.closing_cash(account)
        if not closing.columns:
            continue
        # What a policy has the account pay is a rule's to raise: a shortfall is then its own.
        asked = sum(
            physics.bp(flow.amount)
            for flow in flows_due(physics.household)
            if flow.source and flow.account_id == account.id
        )
        there = physics.opening_cash(account) - asked
        wanted = min(0.0, physics.bp(account.cash + account.unsettled_cash))
        room = physics.reserve if PHYSICS in physics.improved else 0.0
        if there >= wanted:
            least = max(min(physics.reserve, there), min(there, 0.0) + room)
            no_overdraft.at_least(account.id, closing, least + asked)
            continue
        no_overdraft.at_least(account.id, closing, there + asked + room)
        _raise(physics, account, wanted - there, wanted + asked + physics.reserve)


def _raise(physics: Physics, account: Account, short: float, least: float) -> None:
    """Bring the account's cash to `least`, but for what cannot be raised of what it is `short`."""
    block = physics.tableau.block("physics")
    missing = block.column("missing", account.id, 0.0, short + physics.reserve)
    paid = physics.closing_cash(account).more(missing)
    payments = block.rows("payments")
    payments.spare[payments.at_least(account.id, paid, least)] = physics.reserve
    physics.cures.append(Cure(missing, PHYSICS, f"{account.id} payments of the book", short))
