"""What becomes of losses beside shares bought lately, and of purchases beside losses, in a book.

    python -m bench.washes                    an invented book
    python -m bench.washes BOOK [POLICIES]    a book of yours, with policies of yours

`--households N` takes the first N households, `--json FILE` writes the figures for programs.

A wash group is counted where a taxable account holds a loss lot of it and somebody of the household
bought shares of it in the last 30 days that have replaced nothing yet. `with` are groups whose loss
is taken with all of these shares sold too, `beside` those of which they stay and wash a part,
`recent` those in which a recent lot itself is sold at a loss, `kept` those whose loss stays.
`excluded` counts positions of other accounts that could be bought, were there no loss of their
group taken today, and `blocked` those below their target that an earlier loss bars.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass, fields
from decimal import Decimal

from bench.over_a_book import book_arguments, counted, given_book, inputs_of
from bench.results import write_json
from policydsl.propose import Proposal
from policydsl.rebalance import proposals_of
from policydsl.tables import table

ZERO = Decimal(0)


@dataclass(frozen=True)
class Washes:
    """One household: wash groups, dollars of losses, positions."""

    household: str
    groups: int = 0
    with_them: int = 0
    beside: int = 0
    recent: int = 0
    kept: int = 0
    loss: float = 0.0
    disallowed: float = 0.0
    excluded: int = 0
    broken: int = 0
    blocked: int = 0


def washes_of(proposal: Proposal) -> Washes:
    """What the proposal does; `broken` counts purchases of a group of which a loss is taken, and
    purchases under a block: none, if the model and the check are right."""
    closing, compiled = proposal.closing, proposal.compiled
    if closing is None or compiled is None:
        return Washes(proposal.household.id)
    household, physics = closing.whole or closing.household, compiled.physics
    group_of = {name: each.wash_group for name, each in household.securities.items()}
    losses: dict[str, set[str]] = {}
    sellers: set[tuple[str, str]] = set()
    lost = disallowed = ZERO
    for sale in closing.sales:
        if closing.account(sale.account_id).taxable and sale.gain < 0:
            losses.setdefault(group_of[sale.security_id], set()).add(sale.lot.id)
            sellers.add((sale.account_id, group_of[sale.security_id]))
            lost, disallowed = lost - sale.gain, disallowed + closing.disallowed(sale)
    sold = closing.lot_shares_sold
    told = {"with_them": 0, "beside": 0, "recent": 0, "kept": 0}
    counted = [each for each in physics.losses.values() if each.recent]
    for group in counted:
        taken = losses.get(group.group, set())
        recent = {lot.lot_id for lot in group.recent}
        stay = any(sold.get(lot.lot_id, ZERO) < lot.shares for lot in group.recent)
        if taken & recent:
            told["recent"] += 1
        elif taken:
            told["beside" if stay else "with_them"] += 1
        else:
            told["kept"] += 1
    blocked = {block.wash_group for block in household.wash_blocks}
    bought = [buy for buy in closing.purchases if group_of[buy.security_id] in {*losses, *blocked}]
    can_buy = [p for p in physics.positions.values() if p.buy is not None]
    return Washes(
        household.id,
        len(counted),
        **told,
        loss=float(lost),
        disallowed=float(disallowed),
        excluded=sum(
            group_of[p.security_id] in losses
            and (p.account_id, group_of[p.security_id]) not in sellers
            for p in can_buy
        ),
        broken=len(bought),
        blocked=sum(group_of[p.security_id] in blocked and p.held < p.target for p in can_buy),
    )


def washes_table(found: Sequence[Washes]) -> str:
    """A line a household, and the totals."""
    header = (
        *("household", "groups", "with", "beside", "recent", "kept"),
        *("losses sold", "disallowed", "excluded", "bought all the same", "blocked"),
    )
    numbers = [each.name for each in fields(Washes)][1:]
    sums = tuple(sum(getattr(each, name) for each in found) for name in numbers)
    rows = [astuple(each) for each in found] + [("together", *sums)]
    return table(header, [tuple(map(_text, row)) for row in rows], "l" + "r" * len(numbers))


def _text(value: object) -> str:
    return f"{value:,.2f}" if isinstance(value, float) else str(value)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    given = book_arguments(__doc__).parse_args(arguments)
    with given_book(given) as book:
        inputs = inputs_of(book, given.policies)
        names = inputs.book.household_ids[: given.households]
        found = [washes_of(proposal) for proposal in proposals_of(inputs, names, counted)]
    print(washes_table(found), end="")
    write_json(given.json, [asdict(each) for each in found])


if __name__ == "__main__":
    main()
