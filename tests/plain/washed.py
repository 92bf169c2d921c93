"""What of the losses of a run wash sales disallow, share by share, for the second exact check.

26 USC 1091: a loss is disallowed as far as shares of the same wash group are bought, by anybody of
the household and in any account, within 30 days, and kept. Losses of one day are gone through by
account, security, day acquired and lot, and so are what replaces them, those bought first before
others (Treas. Reg. 1.1091-1(b), (c)); each share replaces one (1.1091-1(e)), and the rest of a lot
none of that lot (Rev. Rul. 56-602).
"""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

from tests.plain.finished import TODAY, ZERO, Finished, Row, cents

WINDOW = timedelta(days=30)


def disallowed(state: Finished) -> dict[str, Fraction]:
    """Dollars of the loss on each lot that is sold, in cents."""
    found: dict[str, Fraction] = {}
    for group in {each.wash_group for each in state.home.securities.values()}:
        left = _replacements(state, group)
        for row in _losses(state, group):
            missing = row.shares
            for name in left:
                taken = min(left[name], missing) if name != row.lot.id else ZERO
                left[name] -= taken
                missing -= taken
            washed = cents(_lost(row) * (row.shares - missing) / row.shares)
            found[row.lot.id] = min(washed, max(-row.gain, ZERO))
    return found


def _losses(state: Finished, group: str) -> list[Row]:
    """Sales at a loss in taxable accounts, in the order of the law."""
    rows = [
        row
        for row in state.sales
        if state.home.securities[row.lot.security_id].wash_group == group
        and row.account.taxable
        and _lost(row) > 0
    ]
    return sorted(rows, key=lambda r: (r.account.id, r.lot.security_id, r.lot.acquired, r.lot.id))


def _lost(row: Row) -> Fraction:
    """Dollars, the basis not rounded."""
    basis = Fraction(row.lot.basis) * row.shares / Fraction(row.lot.shares)
    return basis + row.cost - row.amount


def _replacements(state: Finished, group: str) -> dict[str, Fraction]:
    """Shares bought in the last 30 days and kept, by lot, and those of the run."""
    lots = [lot for account in state.home.accounts for lot in account.lots]
    young = [
        lot
        for lot in sorted(lots, key=lambda each: (each.acquired, each.id))
        if state.home.securities[lot.security_id].wash_group == group
        and TODAY - lot.acquired <= WINDOW
    ]
    kept = {lot.id: max(Fraction(lot.shares) - state.sold.get(lot.id, ZERO), ZERO) for lot in young}
    bought = {
        f"{owner} {name} today": shares
        for (owner, name), shares in state.bought.items()
        if state.home.securities[name].wash_group == group
    }
    return kept | bought
