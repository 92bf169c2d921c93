"""The trade rationale of a household: what was proposed, what it changes, and why; or why not."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from policydsl.output import counted
from policydsl.reports.asked import asked_section
from policydsl.reports.cited import Cited
from policydsl.reports.clashes import clashes
from policydsl.reports.figures import money, percent
from policydsl.reports.holdings import by_asset_class, by_sector, measured
from policydsl.reports.no_trades import NO_TRADES, without_answer
from policydsl.reports.not_done import not_done
from policydsl.reports.orders import proofs, total, trades_section
from policydsl.reports.pages import (
    Beside,
    Block,
    Measure,
    Measures,
    Page,
    Paragraph,
    Row,
    Section,
    Words,
    row,
    table,
)
from policydsl.reports.pictures import Change, before_and_after
from policydsl.reports.record import Record
from policydsl.reports.watched import approvals, cash_ahead, findings, reported

Document = dict[str, Any]
SHOWN = {
    "proposed": "trades are proposed",
    "no_action": "no trades: nothing is worth trading",
    "exception": "no trades: something of its own stands in the way",
    "infeasible": "no trades: its rules cannot hold together",
    "data_hold": "no trades: its data are doubtful",
    "failed": "no trades: the program failed",
}


def household_page(record: Record, document: Document, *, auditor: bool) -> Page:
    """A page of one household of a run."""
    cited = Cited(document.get("statements") or {}, auditor)
    name = document["household_id"]
    under = (f"{document['name']} · {SHOWN[document['status']]} · as of {document['as_of']}",)
    return Page(
        f"trades-{name}",
        f"Trade rationale: {name}",
        (under,),
        tuple(_blocks(record, document, cited)),
        foot(record),
    )


def _blocks(record: Record, document: Document, cited: Cited) -> Iterator[Block]:
    if "trades" not in document:
        yield from without_answer(document, cited)
        return
    closing = record.closing(document)
    yield Paragraph(summary(document), "lead")
    yield Measures(tuple(measures(document)))
    before_all = (
        approvals(document, cited),
        findings(document),
        clashes(document, cited),
    )
    yield from (each for each in before_all if each is not None)
    yield Section(
        "before-and-after", "Before and after", tuple(_before_and_after(document, closing))
    )
    names = {key: each.name for key, each in closing.household.securities.items()}
    if document["trades"]:
        yield trades_section(document, cited, names)
    after_all = (
        not_done(document, cited),
        asked_section(record, document, cited),
        reported(document, cited),
        cash_ahead(document),
    )
    yield from (each for each in after_all if each is not None)
    yield Section("assumptions", "Assumptions and proof", tuple(_assumed(document)))
    yield cited.section(document["trades"])
    if cited.auditor and document["trades"]:
        yield proofs(document, cited)


def summary(document: Document) -> Words:
    """The proposal in two sentences, every number of it the record's."""
    trades = document["trades"]
    if not trades:
        return (NO_TRADES["no_action"].means,)
    error = document["tracking_error"]
    sold, bought = (
        [trade for trade in trades if trade["side"] == side] for side in ("sell", "buy")
    )
    gain = taxable_gain(document)
    change = tax_change(document)
    orders = [
        f"{counted(len(some), what)} of {money(total(some, 'amount'))}"
        for some, what in ((sold, "sale"), (bought, "purchase"))
        if some
    ]
    verb = "brings" if len(trades) == 1 else "bring"
    said = (
        f"{' and '.join(orders)} {verb} tracking error from {percent(error['before'])} to "
        f"{percent(error['after'])} a year. "
    )
    if gain:
        said += f"Taxable accounts realise a net {'loss' if gain < 0 else 'gain'} of "
        said += f"{money(abs(gain))}. "
    said += f"This year's tax {_changes(change)}."
    return (said,)


def _changes(dollars: Decimal) -> str:
    if not dollars:
        return "stays as it is"
    return f"{'rises' if dollars > 0 else 'falls'} by {money(abs(dollars))}"


def tax_change(document: Document, what: str = "tax") -> Decimal:
    """Dollars by which the run changes this year's tax (or `cost`, with losses carried on)."""
    years = document["tax"].values()
    return sum(
        (Decimal(y[f"{what}_after"]) - Decimal(y[f"{what}_before"]) for y in years), Decimal(0)
    )


def taxable_gain(document: Document) -> Decimal:
    """Net gains that the run realises in taxable accounts, after wash sales."""
    years = document["tax"].values()
    return sum((Decimal(y["short_run"]) + Decimal(y["long_run"]) for y in years), Decimal(0))


def measures(document: Document) -> Iterator[Measure]:
    """The numbers to be seen first."""
    trades = document["trades"]
    error, drift = document["tracking_error"], document["drift"]
    cash = [
        sum((Decimal(account[when]["cash"]) for account in document["accounts"]), Decimal(0))
        for when in ("before", "after")
    ]
    yield Measure(
        "Tracking error a year", percent(error["after"]), f"{percent(error['before'])} before"
    )
    yield Measure("Drift", percent(drift["after"]), f"{percent(drift['before'])} before")
    yield Measure("Cash", money(cash[1]), f"{money(cash[0])} before")
    yield Measure("Tax this year, change", money(tax_change(document)), _carried(document))
    yield Measure("Trades", f"{len(trades):,}", f"{money(total(trades, 'amount'))} in all")
    yield Measure("Cost of trading", money(total(trades, "cost")))


def _carried(document: Document) -> str:
    carried = sum((Decimal(y["carried_after"]) for y in document["tax"].values()), Decimal(0))
    return f"{money(carried)} of losses carried on" if carried else ""


def _before_and_after(document: Document, closing: Any) -> Iterator[Block]:
    aimed = {account.id for account in measured(closing)}
    left = [a["account_id"] for a in document["accounts"] if a["account_id"] not in aimed]
    if left:
        yield Paragraph((f"Not measured, because no model applies: {', '.join(left)}.",), "place")
    for title, found in (
        ("By asset class", by_asset_class(closing)),
        ("By sector, funds seen through", by_sector(closing)),
    ):
        if found:
            yield Beside((before_and_after(title, found), _shares(title, found)))
    yield _accounts(document)
    yield _classes(document)


def _shares(title: str, found: list[Change]) -> Block:
    aimed = any(each.target is not None for each in found)
    rows = [
        row(
            each.name,
            f"{each.before:.2f}%",
            f"{each.after:.2f}%",
            *([f"{each.target or 0.0:.2f}%"] if aimed else []),
        )
        for each in found
    ]
    columns = "Part of all | >Before | >After" + (" | >Target" if aimed else "")
    return table(title, columns, rows)


def _accounts(document: Document) -> Block:
    rows = [_account(account) for account in document["accounts"]]
    if any(len(each["accounts"]) > 1 for each in document["portfolios"]):
        rows.append(_together(document))
    columns = "Account | Type | >Value | >Cash before | >Cash after | >Tracking error | >Drift"
    return table("Accounts", columns, rows)


def _account(account: Document) -> Row:
    before, after = account["before"], account["after"]
    cells = [account["account_id"], account["type"].replace("_", " "), money(account["value"])]
    cells += [money(before["cash"]), money(after["cash"])]
    for what in ("tracking_error", "drift"):
        measured_alone = what in before or what in after
        cells.append(_turned(before.get(what), after.get(what)) if measured_alone else "")
    return row(*cells)


def _together(document: Document) -> Row:
    """The accounts of a household, those of one target measured together."""
    accounts = document["accounts"]
    value = sum((Decimal(account["value"]) for account in accounts), Decimal(0))
    cash = (
        sum((Decimal(a[when]["cash"]) for a in accounts), Decimal(0))
        for when in ("before", "after")
    )
    cells = ["Together", "", money(value), *map(money, cash)]
    for what in ("tracking_error", "drift"):
        cells.append(_turned(document[what]["before"], document[what]["after"]))
    return row(*cells, look="total")


def _turned(before: object, after: object) -> str:
    return f"{percent(before)} → {percent(after)}"


def _classes(document: Document) -> Block:
    rows = [
        row(
            account["account_id"],
            group,
            percent(account["before"]["asset_classes"].get(group, 0.0)),
            percent(account["after"]["asset_classes"].get(group, 0.0)),
        )
        for account in document["accounts"]
        for group in sorted(
            account["before"]["asset_classes"].keys() | account["after"]["asset_classes"].keys()
        )
    ]
    return table("Asset classes of each account", "Account | Asset class | >Before | >After", rows)


ASSUMED = {
    "carried_losses": (
        "Worth of a dollar of loss carried on, where the book says nothing",
        "${:.2f}",
    ),
    "deferral": ("Years until a deferred gain is sold", "{:g}"),
    "discount_rate": ("Discount rate a year", "{:.2%}"),
    "horizon": ("Years that a drift left alone would last", "{:g}"),
    "retirement_tax": ("Tax on tax-deferred accounts, left out of a joint target", "{:.2%}"),
    "risk_aversion": ("Risk aversion", "{:g}"),
    "step_up": ("Probability that a deferred gain is never taxed", "{:.2%}"),
    "trading_cost": ("Cost of trading, of the amount", "{:.3%}"),
}


def _assumed(document: Document) -> Iterator[Block]:
    yield assumptions(document)
    gap, unit = document["gap"], document["risk_model"]
    said = (
        f"Proven to be within {money(gap['dollars'])} of present value "
        f"({gap['bp']:.2f} bp of the household's value) of the best that the rules allow."
    )
    yield Paragraph((said,))
    yield Paragraph((f"Risk model: {unit}.",))
    rows = [row(name.capitalize(), money(value)) for name, value in document["objective"].items()]
    yield table("What the trades were weighed by, present value", "Term | >Dollars", rows)


def assumptions(document: Document) -> Block:
    """The numbers that price the objective; accounts with the same ones share a column."""
    alike: dict[str, list[str]] = {}
    for account_id, values in document["assumptions"].items():
        alike.setdefault(repr(sorted(values.items())), []).append(account_id)
    groups = list(alike.values())
    rows = [
        row(label, *(form.format(document["assumptions"][ids[0]][name]) for ids in groups))
        for name, (label, form) in ASSUMED.items()
    ]
    heads = [", ".join(ids) if len(groups) > 1 else "Value" for ids in groups]
    made = table("Assumptions", f"Assumption | {' | '.join('>' for _ in heads)}", rows)
    named = (
        made.columns[0],
        *(type(c)(h, True) for c, h in zip(made.columns[1:], heads, strict=True)),
    )
    return type(made)(made.title, named, made.rows)


def foot(record: Record) -> tuple[Words, ...]:
    """Where the page comes from, and how to prove it."""
    run = record.run
    return (
        (
            f"From the run of book {run['book']} on {run['as_of']} under policy set "
            f"{run['policies']}, revision {run['policy_revision'][:12]}, "
            f"policydsl {run['versions']['policydsl']}. Seal of the run: {record.seal}.",
        ),
        (
            "The run folder holds all of it: policydsl verify proves it and prints its seal, "
            "policydsl explain says more of each trade.",
        ),
    )
