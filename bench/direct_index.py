"""What one line does: a fund replaced by what it holds, whole and in a sample of names.

    python -m bench.direct_index                       an invented book of 24 households, 300 stocks
    python -m bench.direct_index BOOK [POLICIES]       a book of yours, with policies of yours

For each household whose taxable accounts of `--from` dollars follow a model with a fund that the
book opens: as it is, with the line, and with at most `--names N ...` holdings beside it.
`--household ID` takes these households alone, `--households N` the first N, `--json FILE` writes
the figures for programs. The shipped mandate of funds is left out: it bars the names that the line
asks for.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from pathlib import Path

from bench.over_a_book import QUARTER_END, book_arguments, given_book, inputs_of
from bench.results import write_json
from compiler.check import check_policies
from policydsl.checking import known_securities
from policydsl.document import proposal_document
from policydsl.inputs import Inputs, with_file
from policydsl.propose import Proposal
from policydsl.rebalance import proposals_of
from policydsl.tables import dollars, percent, table
from policydsl.totals import totals
from portfolio.household import TAXABLE, Account, Household

SWAP = """policy bench.swap "One line"
layer ipc

rule bench.swap "Large taxable accounts hold the index directly"
    when account.taxable and account.value at least ${least:,}
    replace {funds} with constituents
"""
SAMPLE = """
rule bench.sample "No more names than these"
    when account.taxable and account.value at least ${least:,}
    keep holdings at most {names}
"""
MANDATE = "program/etf.policy"


@dataclass(frozen=True, slots=True)
class Figures:
    """One household under one set of policies. Names and lots are those of its swapped accounts
    after the trades; tracking error is the household's, a fraction a year; tax in dollars, that of
    the run; the gap in bp of household value; seconds from policy to proposal."""

    household: str
    held: str
    status: str
    names: int
    lots: int
    tracking_error: float
    tax: float
    trades: int
    gap: float
    seconds: float


def swapped(household: Household, least: Decimal) -> dict[str, Account]:
    """The accounts that the line is for, by id."""
    return {
        account.id: account
        for account in household.accounts
        if account.type in TAXABLE
        and not account.held_away
        and household.value(account) >= least
        and _funds(household, account)
    }


def _funds(household: Household, account: Account) -> set[str]:
    model = household.models.get(account.model_id)
    weights = {} if model is None else model.weights
    return {household.securities[name].ticker for name in weights if name in household.constituents}


def without_mandate(inputs: Inputs) -> Inputs:
    """The inputs without the mandate of funds."""
    files = tuple(file for file in inputs.policies.files if file.path != MANDATE)
    policies = replace(inputs.policies, files=files)
    book = inputs.book
    typed = check_policies(policies, book.attributes, known_securities(book), book.as_of)
    return replace(inputs, policies=policies, typed=typed)


def measured(
    inputs: Inputs, ids: Sequence[str], least: int, counts: Sequence[int]
) -> Iterator[Figures]:
    """Every household as it is, swapped, and sampled."""
    households = {each: inputs.book.household(each) for each in ids}
    for household_id, household in households.items():
        accounts = swapped(household, Decimal(least))
        if not accounts:
            continue
        funds = sorted(set().union(*(_funds(household, each) for each in accounts.values())))
        line = SWAP.format(least=least, funds=", ".join(f'"{fund}"' for fund in funds))
        yield _figures(inputs, household_id, "fund", frozenset(accounts))
        yield _figures(_with(inputs, line), household_id, "index", frozenset(accounts))
        for names in counts:
            sampled = _with(inputs, line + SAMPLE.format(least=least, names=names))
            yield _figures(sampled, household_id, f"at most {names}", frozenset(accounts))


def _with(inputs: Inputs, text: str) -> Inputs:
    with tempfile.TemporaryDirectory() as away:
        path = Path(away) / "swap.policy"
        path.write_text(text, encoding="utf-8")
        return with_file(inputs, path)


def _figures(inputs: Inputs, household_id: str, held: str, accounts: frozenset[str]) -> Figures:
    started = time.perf_counter()
    (proposal,) = proposals_of(inputs, [household_id])
    document, trades = proposal_document(proposal)
    seconds = time.perf_counter() - started
    tax = Decimal(str(totals([document])["tax_change"]))
    return Figures(
        household=household_id,
        held=held,
        status=proposal.status.value,
        names=_names(proposal, accounts),
        lots=_lots(proposal, accounts),
        tracking_error=document.get("tracking_error", {}).get("after", float("nan")),
        tax=float(tax),
        trades=len(trades),
        gap=float(document.get("gap", {}).get("bp", float("nan"))),
        seconds=seconds,
    )


def _names(proposal: Proposal, accounts: frozenset[str]) -> int:
    closing = proposal.closing
    if closing is None:
        return 0
    held = closing.shares_after.items()
    return sum(shares > 0 and account in accounts for (account, _), shares in held)


def _lots(proposal: Proposal, accounts: frozenset[str]) -> int:
    """Lots that are left, and one for each purchase."""
    closing = proposal.closing
    if closing is None:
        return 0
    sold = closing.lot_shares_sold
    lots = (lot for a in closing.household.accounts if a.id in accounts for lot in a.lots)
    bought = sum(purchase.account_id in accounts for purchase in closing.purchases)
    return bought + sum(lot.shares > sold.get(lot.id, Decimal(0)) for lot in lots)


def text(found: Sequence[Figures]) -> str:
    """The table that people read."""
    header = ("household", "holds", "names", "lots", "TE", "tax", "trades", "gap, bp", "seconds")
    rows = [
        (
            each.household,
            each.held if each.status in ("proposed", "no_action") else each.status,
            str(each.names),
            str(each.lots),
            percent(each.tracking_error),
            dollars(each.tax),
            str(each.trades),
            f"{each.gap:.2f}",
            f"{each.seconds:.1f}",
        )
        for each in found
    ]
    return table(header, rows, "llrrrrrrr")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = book_arguments(__doc__)
    parser.add_argument("--household", action="append", metavar="ID")
    parser.add_argument("--from", dest="least", type=int, default=250_000, metavar="DOLLARS")
    parser.add_argument("--names", type=int, nargs="*", default=[60], metavar="N")
    given = parser.parse_args(arguments)
    with given_book(given, securities=300, seed=1, as_of=QUARTER_END) as book:
        inputs = without_mandate(inputs_of(book, given.policies))
        ids = given.household or inputs.book.household_ids[: given.households]
        found = list(measured(inputs, ids, given.least, given.names))
    print(text(found))
    write_json(given.json, [asdict(each) for each in found])


if __name__ == "__main__":
    main()
