"""Proposals laid out for an advisor: what was proposed, why, and what held it back."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from policydsl.cash_report import cash_calendar
from policydsl.conflict_report import conflict_lines
from policydsl.output import counted
from policydsl.tables import dollars, percent, table
from policydsl.tax_report import tax_ledgers

Document = Mapping[str, Any]
WIDTH = 100


def run_table(documents: Iterable[Document]) -> str:
    """One line a household: status, trades, tracking error, gains, tax, gap; then the notes."""
    header = ("household", "status", "trades", "tracking error", "gain", "tax", "gap bp")
    notes: dict[str, list[str]] = {}
    rows = []
    for document in documents:
        rows.append(_run_row(document))
        for finding in document["findings"]:
            notes.setdefault(finding, []).append(document["household_id"])
    lines = [line for note, ids in notes.items() for line in wrapped(f"{_named(ids)}: ", [note])]
    return table(header, rows, "llrrrrr") + "".join(f"{line}\n" for line in lines)


def _named(ids: Sequence[str]) -> str:
    return ", ".join(ids) if len(ids) <= 3 else f"{ids[0]} and {len(ids) - 1} more"


def _run_row(document: Document) -> tuple[str, ...]:
    head = (document["household_id"], document["status"])
    if "trades" not in document:
        return (*head, "-", "-", "-", "-", "-")
    error = document["tracking_error"]
    return (
        *head,
        str(len(document["trades"])),
        f"{percent(error['before'])} > {percent(error['after'])}",
        dollars(_change(document, "short") + _change(document, "long")),
        dollars(_change(document, "tax")),
        f"{document['gap']['bp']:.2f}",
    )


def shortened(text: str, width: int) -> str:
    """At most `width` characters of the text."""
    return text if len(text) <= width else text[: width - 3] + "..."


def _change(document: Document, what: str) -> Decimal:
    return sum(
        (
            Decimal(entity[f"{what}_after"]) - Decimal(entity[f"{what}_before"])
            for entity in document["tax"].values()
        ),
        Decimal(0),
    )


def household_report(document: Document, most: int | None = None) -> str:
    """A household for its advisor: accounts, trades with sentences, and what binds."""
    lines = [f"{document['household_id']}  {document['status']}  as of {document['as_of']}"]
    lines += wrapped("note: ", document["findings"])
    lines += conflict_lines(document)
    if "trades" not in document:
        return "\n".join(lines) + "\n"
    lines += ["", *(part for part in _overview(document) if part)]
    trades = sorted(document["trades"], key=lambda t: (t["account_id"], -Decimal(t["amount"])))
    shown = trades if most is None else trades[:most]
    if trades:
        lines.append(
            counted(len(trades), "trade")
            + (f", the {len(shown)} largest" if len(shown) < len(trades) else "")
        )
    for trade in shown:
        lines += trade_lines(trade)
    lines += oversight_lines(document) + gives_way_lines(document)
    ahead = cash_calendar(document)
    lines += ["", *([ahead] if ahead else []), binds(document)]
    if document["held_back"]:
        lines.append(held_back(document))
    if document.get("waits"):
        lines.append(waits(document))
    return "\n".join(lines) + "\n"


def oversight_lines(document: Document, rule_id: str | None = None) -> list[str]:
    """Who is asked for which trades, what `report` lists, and what lies on the wrong side of a
    preference; of one rule if `rule_id`."""
    lines: list[str] = []
    for approval in document.get("approvals", ()):
        if rule_id in (None, approval["rule_id"]):
            asked = f"waits for {approval['who']}: {_several(approval['trades'])}"
            lines += wrapped("", [f"{asked} [{placed(document, approval['statement'])}]"])
    for report in document.get("reports", ()):
        if rule_id in (None, report["rule_id"]):
            held = [_lot(each) for each in report.get("lots", ())]
            rows = report["trades"] + (held or [_held(each) for each in report["holdings"]])
            says = document["statements"][report["statement"]]["says"]
            told = f"{says}: {_several(rows)}"
            lines += wrapped("", [f"{told} [{placed(document, report['statement'])}]"])
    for preference in document.get("preferences", ()):
        if rule_id in (None, preference["rule_id"]):
            says = document["statements"][preference["statement"]]["says"]
            moved = " > ".join(dollars(preference[f"wrong_side_{w}"]) for w in ("before", "after"))
            told = f"{says}: on the wrong side {moved}"
            lines += wrapped("", [f"{told} [{placed(document, preference['statement'])}]"])
    return lines


def gives_way_lines(document: Document, rule_id: str | None = None) -> list[str]:
    """What the household did not trade because another client's order stayed; of one rule if
    `rule_id`. Who the other is stands in no household's report."""
    found: dict[tuple[str, str], list[str]] = {}
    for bar in document.get("gives_way", ()):
        if rule_id in (None, bar["rule_id"]):
            found.setdefault((bar["statement"], bar["side"]), []).append(bar["security_id"])
    lines: list[str] = []
    for (statement, side), names in found.items():
        told = f"gives way to orders of other clients: does not {side} {_several(names)}"
        lines += wrapped("", [f"{told} [{placed(document, statement)}]"])
    return lines


def _held(holding: Document) -> str:
    return (
        f"{holding['shares']} {holding['security_id']} in {holding['account_id']} "
        f"({dollars(holding['value'])})"
    )


def _lot(lot: Document) -> str:
    gain = Decimal(lot["gain"])
    outcome = f"{lot['term']}-term {'loss' if gain < 0 else 'gain'} of {dollars(abs(gain))}"
    held = f"{lot['shares']} {lot['security_id']} of lot {lot['lot_id']} in {lot['account_id']}"
    return f"{held} ({dollars(lot['value'])}, {outcome})"


def _several(names: Sequence[str], most: int = 12) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more or "none"


def _overview(document: Document) -> tuple[str, ...]:
    return (
        _accounts(document),
        _location(document),
        *_fees(document),
        *tax_ledgers(document["tax"]),
        _objective(document),
    )


def _accounts(document: Document) -> str:
    rows: list[tuple[str, ...]] = [
        (
            account["account_id"],
            account["type"],
            dollars(account["value"]),
            f"{dollars(account['before']['cash'])} > {dollars(account['after']['cash'])}",
            f"{percent(account['before'].get('tracking_error'))} > "
            f"{percent(account['after'].get('tracking_error'))}",
            f"{percent(account['before'].get('drift'))} > {percent(account['after'].get('drift'))}",
        )
        for account in document["accounts"]
    ]
    if any(len(each["accounts"]) > 1 for each in document["portfolios"]):
        rows.append(("together", "", *_together(document)))
    header = ("account", "type", "value", "cash", "tracking error", "drift")
    return table(header, rows, "llrrrr")


def _together(document: Document) -> tuple[str, ...]:
    """What the accounts of a household come to, those of one target together."""
    accounts = document["accounts"]
    cash = [
        dollars(sum((Decimal(a[when]["cash"]) for a in accounts), Decimal(0)))
        for when in ("before", "after")
    ]
    measures = [
        f"{percent(document[name]['before'])} > {percent(document[name]['after'])}"
        for name in ("tracking_error", "drift")
    ]
    value = sum((Decimal(a["value"]) for a in accounts), Decimal(0))
    return dollars(value), " > ".join(cash), *measures


def _location(document: Document) -> str:
    """Which account of a joint portfolio holds what, by asset class; empty where none is joint."""
    lines = []
    by_id = {account["account_id"]: account for account in document["accounts"]}
    for portfolio in document["portfolios"]:
        accounts = [by_id[name] for name in portfolio["accounts"]]
        if len(accounts) == 1:
            continue
        groups = {
            g for a in accounts for when in ("before", "after") for g in a[when]["asset_classes"]
        }
        rows = [
            (
                group,
                *(
                    " > ".join(
                        percent(account[when]["asset_classes"].get(group, 0.0))
                        for when in ("before", "after")
                    )
                    for account in accounts
                ),
            )
            for group in sorted(groups)
        ]
        lines.append(
            table(("of each account", *portfolio["accounts"]), rows, "l" + "r" * len(accounts))
        )
    return "\n".join(lines)


def _fees(document: Document) -> list[str]:
    """What models cost a year, where their providers say so."""
    rows = [
        (
            fee["account_id"],
            fee["model_id"],
            fee["provider"],
            fee["fee_bps"],
            percent(fee["weight"]),
            dollars(fee["dollars_a_year"]),
        )
        for fee in document.get("models", ())
    ]
    header = ("account", "model", "provider", "fee, bps a year", "of the account", "a year")
    return [table(header, rows, "lllrrr")] if rows else []


def _objective(document: Document) -> str:
    rows = [(name, dollars(value)) for name, value in document["objective"].items()]
    gap = document["gap"]
    proven = f"proven to be within ${gap['dollars']:,.2f} ({gap['bp']:.2f} bp) of the best\n"
    return table(("objective, present value", ""), rows, "lr") + proven


def trade_lines(trade: Document) -> list[str]:
    """A trade's sentence, wrapped under its account."""
    return sentence_lines(f"{trade['account_id']}: {trade['sentence']}")


def sentence_lines(sentence: str) -> list[str]:
    """A sentence as an indented paragraph."""
    return textwrap.wrap(
        sentence,
        WIDTH,
        initial_indent="  ",
        subsequent_indent="      ",
        break_on_hyphens=False,
        break_long_words=False,
    )


def wrapped(lead: str, texts: Sequence[str]) -> list[str]:
    """Lines of each text after the lead, for a page of WIDTH characters."""
    return [
        line for text in texts for line in textwrap.wrap(lead + text, WIDTH, subsequent_indent="  ")
    ]


def binds(document: Document, most: int = 12) -> str:
    """What the trades lean on: dollars saved for a dollar of more room."""
    bounds = document["bounds"]
    if not bounds:
        return "no rule binds\n"
    statements = document["statements"]
    rows = [
        (
            bound["rule_id"],
            bound["where"],
            f"{bound['price']:.4f}",
            f"{statements[bound['statement']]['file']}:{statements[bound['statement']]['line']}",
        )
        for bound in bounds[:most]
    ]
    rest = len(bounds) - len(rows)
    more = f"and {rest} more, each worth less\n" if rest else ""
    return table(("what binds", "where", "$ per $ of room", "place"), rows, "llrl") + more


def held_back(document: Document, most: int = 8) -> str:
    """Trades that are wanted and that rules bar: cents that a dollar of them would be worth."""
    rows = [
        (
            f"{held['side']} {held['security_id']} in {held['account_id']}",
            dollars(held["dollars"]),
            f"{held['price'] * 100:.2f}",
            "; ".join(placed(document, key) for key in held["statements"]),
        )
        for held in document["held_back"][:most]
    ]
    rest = len(document["held_back"]) - len(rows)
    more = f"and {rest} more, each worth less\n" if rest else ""
    text = table(("what rules hold back", "", "cents a dollar", "rule"), rows, "lrrl") + more
    for row, held in zip(rows, document["held_back"], strict=False):
        text += "".join(f"{row[0]}: {cause}\n" for cause in held["because"])
    return text


def waits(document: Document, most: int = 8) -> str:
    """Sales that wait for a lot to turn long-term: dollars saved, cents a dollar now and then."""
    rows = [
        (
            f"lot {wait['lot_id']}: {wait['security_id']} in {wait['account_id']}",
            wait["long_term_from"],
            dollars(wait["amount"]),
            dollars(wait["saves"]),
            f"{-wait['costs'] * 100:.2f} > {wait['brings'] * 100:.2f}",
        )
        for wait in document["waits"][:most]
    ]
    rest = len(document["waits"]) - len(rows)
    more = f"and {rest} more, each saving less\n" if rest else ""
    header = ("what waits for long-term", "from", "", "saves", "cents a dollar")
    return table(header, rows, "llrrr") + more


def placed(document: Document, key: str) -> str:
    """A statement as its rule's id, file and line."""
    statement = document["statements"][key]
    return f"{statement['rule_id']} {statement['file']}:{statement['line']}"


def ledger_table(trade: Document, document: Document) -> str:
    """The ledger of a trade: cents a dollar, negative where a group asks for the trade."""
    rows = []
    for group in trade["ledger"]:
        name, place = group["name"], ""
        if group["kind"] == "statements":
            statement = document["statements"][group["name"]]
            name = f"{statement['rule_id']}: {statement['says']}"
            place = f"{statement['file']}:{statement['line']}"
        rows.append(
            (
                f"{group['value'] * 100:+.4f}",
                group["kind"].removesuffix("s"),
                shortened(name, 70),
                place,
            )
        )
    total = sum(group["value"] for group in trade["ledger"])
    rows.append((f"{total * 100:+.4f}", "", "sum", ""))
    return table(("cents a dollar", "", "", ""), rows, "rlll")
