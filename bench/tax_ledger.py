"""The tax of a run by the model and by the ledger, and what its trades wash by the history library.

    python -m bench.tax_ledger                    an invented book
    python -m bench.tax_ledger BOOK [POLICIES]    a book of yours, with policies of yours
    python -m bench.tax_ledger RUN                a run, solved again from its own inputs

`--households N` takes the first N households, `--json FILE` writes the figures for programs.

`model` is the objective's tax term, pieces and regions as the solver has them, at what the trade
rows realise in cents; `ledger` is 26 USC 1222, 1211 and 1212 in decimals over the year that the
history of transactions and trades comes to. Both are tax less the value of losses carried on, that
before the run taken off. `rounding` is what the term has at the solver's own amounts instead,
before each row is rounded to cents: where gains are sold to the very end of a region, a cent of it
may cross the line, and `beyond` says how far.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path

from bench.over_a_book import book_arguments, counted, given_book, inputs_of
from bench.results import write_json
from compiler.closing import Closing, Sale, cents
from policydsl.inputs import Inputs, recorded_inputs
from policydsl.propose import Proposal
from policydsl.rebalance import proposals_of
from policydsl.tables import dollars, table
from policydsl.tax_replay import Replayed, replayed
from policydsl.verification.tax import forbidden
from portfolio.household import TaxEntity
from portfolio.tax import netting, ordinary_limit
from portfolio.tax.replacements import recent_purchases
from solver.netting import read_netting
from solver.structure import RegionColumns

ZERO = Decimal(0)
MOST_OF_A_ROW = 0.015
"""Dollars by which rounding moves a row's gain: half a cent of amount, cost and basis each."""

Nets = Mapping[str, tuple[Decimal, Decimal]]
"""Short and long dollars by taxpayer, losses carried in taken off."""


@dataclass(frozen=True)
class Region:
    """The region that the solver chose for a taxpayer, those that hold its nets by law, the dollars
    by which these nets lie beyond the chosen one, and how many rows were rounded to make them."""

    chosen: str
    law: tuple[str, ...]
    beyond: float
    rows: int


@dataclass(frozen=True)
class Ledger:
    """One household. Dollars; `losses` and `washed` positive. `held` counts lots bought lately and
    kept of wash groups that are sold at a loss, `off` is in cents, model less ledger."""

    household: str
    status: str
    trades: int
    losses: float
    held: int
    washed: float
    forbidden: float
    model: float
    ledger: float
    off: float
    rounding: float
    regions: Mapping[str, Region]

    @property
    def elsewhere(self) -> list[str]:
        """Taxpayers for whom the model chose a region that the law's netting does not give, and
        that rounding to cents does not explain."""
        return [
            name
            for name, region in self.regions.items()
            if region.chosen not in region.law and region.beyond > MOST_OF_A_ROW * region.rows
        ]


def ledger_of(inputs: Inputs, proposal: Proposal) -> Ledger:
    """A household's figures; zeros where nothing was solved. Raises HistoryError for trades that
    its history does not allow."""
    closing, solution, compiled = proposal.closing, proposal.solution, proposal.compiled
    household = proposal.household
    if closing is None or solution is None or compiled is None:
        return Ledger(household.id, proposal.status.value, 0, 0.0, 0, *[0.0] * 6, {})
    stated = inputs.book.household(household.id)
    found = replayed(inputs.book.tax_history(household.id), stated, closing)
    tax, nets = ZERO, {}
    for entity_id, entity in closing.household.tax_entities.items():
        short, long = closing.realized(entity_id, after=True)
        nets[entity_id] = short - entity.carry_short, long - entity.carry_long
        added = found.years[entity_id]
        tax += netting(entity, entity.ytd_short + added.short, entity.ytd_long + added.long).cost
        tax -= netting(entity, entity.ytd_short, entity.ytd_long).cost
    model = model_tax(proposal, nets)
    return Ledger(
        household.id,
        proposal.status.value,
        len({(trade.account_id, trade.security_id) for trade in closing.trades}),
        float(-sum((s.gain for s in _losses(closing)), ZERO)),
        _held(closing),
        float(sum((each.amount for each in found.washed), ZERO)),
        float(_forbidden(proposal, found)),
        model,
        float(tax),
        100 * (model - float(tax)),
        solution.terms["tax"].value(solution.x) * compiled.physics.unit - model,
        dict(_regions(proposal, closing, nets)),
    )


def model_tax(proposal: Proposal, nets: Nets) -> float:
    """The model's own tax term in dollars at exact nets."""
    assert proposal.solution is not None
    assert proposal.compiled is not None
    solution, unit = proposal.solution, proposal.compiled.physics.unit
    x = solution.x.copy()
    for region in _chosen(proposal):
        short, long = nets[region.entity]
        x[[region.short, region.long]] = float(short) / unit, float(long) / unit
    placed = read_netting(solution.program, solution.structure).placed(x)
    return solution.terms["tax"].value(placed) * unit


def _chosen(proposal: Proposal) -> Iterator[RegionColumns]:
    """The region that the solver chose for each taxpayer."""
    assert proposal.solution is not None
    x = proposal.solution.x
    for function in proposal.solution.structure.regions:
        yield next(region for region in function if x[region.chosen] > 0.5)


def _regions(proposal: Proposal, closing: Closing, nets: Nets) -> Iterator[tuple[str, Region]]:
    assert proposal.solution is not None
    assert proposal.compiled is not None
    solution, unit = proposal.solution, proposal.compiled.physics.unit
    functions = read_netting(solution.program, solution.structure).functions
    for region, pieces in zip(_chosen(proposal), functions, strict=True):
        short, long = nets[region.entity]
        piece = next(each for each in pieces if each.region == region)
        entity = closing.household.tax_entities[region.entity]
        yield (
            entity.id,
            Region(
                region.name,
                regions_of(entity, short, long),
                unit * piece.outside(float(short) / unit, float(long) / unit),
                len(closing.sales),
            ),
        )


def regions_of(entity: TaxEntity, short: Decimal, long: Decimal) -> tuple[str, ...]:
    """The regions of the netting that hold nets: one, or several that meet there and agree."""
    both, limit = short + long, ordinary_limit(entity.filing)
    inside = {
        "gains": short >= 0 and long >= 0,
        "short_loss": short <= 0 <= both,
        "long_loss": long <= 0 <= both,
        "net_loss": -limit <= both <= 0,
        "carried_loss": both <= -limit,
    }
    return tuple(name for name, holds in inside.items() if holds)


def _losses(closing: Closing) -> Iterator[Sale]:
    return (s for s in closing.sales if closing.account(s.account_id).taxable and s.gain < 0)


def _held(closing: Closing) -> int:
    household = closing.whole or closing.household
    groups = {household.securities[sale.security_id].wash_group for sale in _losses(closing)}
    sold = closing.lot_shares_sold
    return sum(
        lot.wash_group in groups and sold.get(lot.lot_id, ZERO) < lot.shares
        for lot in recent_purchases(household)
    )


def _forbidden(proposal: Proposal, found: Replayed) -> Decimal:
    """Dollars of loss that are washed although a rule forbids it, each once."""
    washed = {each: each.amount for _, each in forbidden(proposal.policy, found)}
    return sum(washed.values(), ZERO)


def ledger_table(found: Sequence[Ledger]) -> str:
    """A line a household, the totals, and what has to be shown."""
    header = (
        *("household", "status", "trades", "losses sold", "replacements held", "washed"),
        *("forbidden", "model", "ledger", "off, cents", "rounding", "beyond", "region"),
    )
    rows = [
        (
            each.household,
            each.status,
            str(each.trades),
            dollars(each.losses),
            str(each.held),
            f"{each.washed:,.2f}",
            f"{each.forbidden:,.2f}",
            _to_the_cent(each.model),
            _to_the_cent(each.ledger),
            f"{each.off:.4f}",
            f"{each.rounding:,.2f}",
            f"{max((region.beyond for region in each.regions.values()), default=0.0):,.3f}",
            ", ".join(region.chosen for region in each.regions.values()),
        )
        for each in found
    ]
    sums = [sum(getattr(each, n) for each in found) for n in ("washed", "forbidden", "model")]
    rows.append(
        (
            *("together", "", str(sum(each.trades for each in found))),
            dollars(sum(each.losses for each in found)),
            str(sum(each.held for each in found)),
            *(f"{value:,.2f}" for value in sums),
            f"{sum(each.ledger for each in found):,.2f}",
            f"{max((abs(each.off) for each in found), default=0.0):.4f}",
            f"{sum(each.rounding for each in found):,.2f}",
            "",
            "",
        )
    )
    return table(header, rows, "ll" + "r" * 10 + "l") + verdict(found)


def _to_the_cent(amount: float) -> str:
    """Halves up, where floats are a hair to either side of one."""
    return f"{cents(Decimal(f'{amount:.6f}')):,}"


def verdict(found: Sequence[Ledger]) -> str:
    """What the figures come to, in words."""
    off = [each.household for each in found if abs(each.off) >= 0.5]
    washed = [each.household for each in found if each.forbidden]
    elsewhere = [name for each in found for name in each.elsewhere]
    taxpayers = sum(len(each.regions) for each in found)
    return (
        f"{len(found)} households, {taxpayers} taxpayers that trade: "
        f"a wash sale that a rule forbids in {_named(washed)}; model and ledger a cent apart or "
        f"more in {_named(off)}; another region of the netting than the law's for "
        f"{_named(elsewhere)}\n"
    )


def _named(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def _inputs(given: Path, policies: Path) -> tuple[Inputs, Sequence[str]]:
    """Of a book, or of a run folder, and the households meant."""
    if (given / "run.json").is_file():
        return recorded_inputs(given), json.loads((given / "run.json").read_bytes())["households"]
    inputs = inputs_of(given, policies)
    return inputs, inputs.book.household_ids


def ledgers(inputs: Inputs, names: Sequence[str]) -> list[Ledger]:
    """The households named, in their order."""
    return [ledger_of(inputs, proposal) for proposal in proposals_of(inputs, names, counted)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    given = book_arguments(__doc__).parse_args(arguments)
    with given_book(given) as book:
        inputs, names = _inputs(book, given.policies)
        found = ledgers(inputs, names[: given.households])
    print(ledger_table(found), end="")
    write_json(given.json, [asdict(each) for each in found])


if __name__ == "__main__":
    main()
