"""`policydsl explain`: why a run proposed what it did."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from policydsl import options, output
from policydsl.blocks import block_orders, blocks_document, blocks_table, rows_of
from policydsl.checking import known_securities
from policydsl.compared import recorded_facing
from policydsl.explanations.inquiry import Inquiry, NotRepeatedError
from policydsl.explanations.sealed import NotSealedError
from policydsl.explanations.trade import recorded_text, trade_answer, trade_text
from policydsl.rebalance import proposal_of, recorded_inputs
from policydsl.report import (
    gives_way_lines,
    held_back,
    household_report,
    oversight_lines,
    placed,
    sentence_lines,
    trade_lines,
)
from policydsl.why_not import why_not


@click.command()
@click.argument("run", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--household", "only", metavar="ID", help="Only this household.")
@click.option("--trade", "trade_id", metavar="ID", help="One trade, with its whole ledger.")
@click.option("--rule", "rule_id", metavar="ID", help="The trades that this rule has a part in.")
@click.option(
    "--why-not", "security", metavar="SECURITY", help="Why this security was not bought, or sold."
)
@click.option("--blocks", is_flag=True, help="All clients together: what is traded, by security.")
@click.option("--recorded", is_flag=True, help="What the run recorded; nothing is solved again.")
@click.option(
    "--most", type=click.IntRange(1), metavar="N", help="The N largest trades of each, or blocks."
)
@options.common()
@click.pass_context
def command(
    ctx: click.Context,
    run: Path,
    only: str | None,
    trade_id: str | None,
    rule_id: str | None,
    security: str | None,
    blocks: bool,
    recorded: bool,
    most: int | None,
    form: str,
) -> None:
    """Explain a run: each trade by its ledger and the rules that caused it, and what binds.

    \b
    Examples
      policydsl explain run
      policydsl explain run --household H00001 --most 10
      policydsl explain run --trade H00001-TX:XYZ:sell
      policydsl explain run --rule ipc.sectors
      policydsl explain run --household H00001 --why-not XYZ
      policydsl explain run --blocks
    """
    asked = [each is not None for each in (trade_id, rule_id, security)]
    if sum([*asked, blocks]) > 1:
        said = "--trade, --rule, --why-not and --blocks are four questions: ask one"
        raise click.UsageError(said)
    documents = _documents(run, only)
    if security is not None:
        ctx.exit(_why_not(run, documents, security, form))
    if trade_id is not None:
        ctx.exit(_one_trade(run, documents, trade_id, recorded, form))
    if rule_id is not None:
        ctx.exit(_one_rule(documents, rule_id, form))
    if blocks:
        ctx.exit(_blocks(documents, most, form))
    if form == "json":
        output.result_json(documents)
    else:
        output.result("\n".join(household_report(document, most) for document in documents))


def _documents(run: Path, only: str | None) -> list[dict[str, Any]]:
    if not (run / "run.json").is_file():
        raise click.UsageError(f"{run} is not a run folder: it has no run.json")
    try:
        names = json.loads((run / "run.json").read_text("utf-8"))["households"]
        if only is not None and only not in names:
            raise click.UsageError(f"{run} has no household {only}")
        return [
            json.loads((run / "proposals" / f"{name}.json").read_text("utf-8"))
            for name in names
            if only in (None, name)
        ]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise click.UsageError(f"{run} cannot be read: run `policydsl verify {run}`") from error


def _blocks(documents: list[dict[str, Any]], most: int | None, form: str) -> int:
    """The orders of each security, all clients together."""
    found = block_orders(rows_of(documents), documents)
    if form == "json":
        output.result_json(blocks_document(found))
    else:
        output.result(blocks_table(found, most))
    return 0


def _one_trade(
    run: Path, documents: list[dict[str, Any]], trade_id: str, recorded: bool, form: str
) -> int:
    for document in documents:
        for trade in document.get("trades", ()):
            if trade["trade_id"] == trade_id:
                answer = trade if recorded else _asked(run, document, trade)
                if form == "json":
                    output.result_json(answer)
                else:
                    told = recorded_text(trade, document)
                    for part in told if recorded else trade_text(answer, document):
                        output.result(part)
                return 0
    raise click.UsageError(f"no trade {trade_id}: ids stand in the run's trades.csv")


def _asked(run: Path, document: dict[str, Any], trade: dict[str, Any]) -> dict[str, Any]:
    """The trade explained by solving its household again, or by what was sealed of it."""
    try:
        return trade_answer(Inquiry(run), document, trade)
    except (NotRepeatedError, NotSealedError) as error:
        raise click.UsageError(f"{error}; `--recorded` shows what the run says of it") from None


def _one_rule(documents: list[dict[str, Any]], rule_id: str, form: str) -> int:
    """Trades with the rule among their causes, and where it binds."""
    known = {s["rule_id"] for d in documents for s in d.get("statements", {}).values()}
    if rule_id not in known:
        raise click.UsageError(f"no rule {rule_id} was in force in this run")
    found = [
        {
            "household_id": document["household_id"],
            "trades": [t for t in document.get("trades", ()) if rule_id in t["rules"]],
            "bounds": [b for b in document.get("bounds", ()) if b["rule_id"] == rule_id],
            "held_back": [
                held
                for held in document.get("held_back", ())
                if any(document["statements"][k]["rule_id"] == rule_id for k in held["statements"])
            ],
            "approvals": [a for a in document.get("approvals", ()) if a["rule_id"] == rule_id],
            "reports": [r for r in document.get("reports", ()) if r["rule_id"] == rule_id],
            "gives_way": [g for g in document.get("gives_way", ()) if g["rule_id"] == rule_id],
            "preferences": [p for p in document.get("preferences", ()) if p["rule_id"] == rule_id],
        }
        for document in documents
    ]
    if form == "json":
        output.result_json(found)
        return 0
    for document, entry in zip(documents, found, strict=True):
        if _has_part(entry):
            count = output.counted(len(entry["trades"]), "trade")
            output.result(f"{entry['household_id']}: a cause of {count}")
            for key, statement in document["statements"].items():
                if statement["rule_id"] == rule_id:
                    output.result(f"  {statement['says']} [{placed(document, key)}]")
            if entry["held_back"]:
                output.result(held_back({**document, "held_back": entry["held_back"]}))
            for bound in entry["bounds"]:
                output.result(f"  binds at {bound['where']}: {bound['price']:.4f} $ per $ of room")
            for line in oversight_lines(document, rule_id) + gives_way_lines(document, rule_id):
                output.result(f"  {line}")
            for trade in entry["trades"]:
                output.result("\n".join(trade_lines(trade)))
    if not any(_has_part(entry) for entry in found):
        output.result(f"{rule_id} is in force and had no part in any trade")
    return 0


def _has_part(entry: dict[str, Any]) -> bool:
    named = bool(entry["trades"] or entry["bounds"] or entry["held_back"] or entry["approvals"])
    named = named or bool(entry["preferences"] or entry["gives_way"])
    return named or any(report["trades"] or report["holdings"] for report in entry["reports"])


def _why_not(run: Path, documents: list[dict[str, Any]], security: str, form: str) -> int:
    """Solve the households again from the run's inputs and ask what kept the security untraded."""
    inputs = recorded_inputs(run)
    if security not in known_securities(inputs.book):
        raise click.UsageError(f"the run's book has no security {security}")
    answers = [
        (
            document,
            why_not(
                proposal_of(inputs, document["household_id"], recorded_facing(document)), security
            ),
        )
        for document in documents
    ]
    if form == "json":
        output.result_json(
            [
                {"household_id": document["household_id"], "accounts": [asdict(a) for a in found]}
                for document, found in answers
            ]
        )
        return 0
    for document, found in answers:
        output.result(f"{document['household_id']}  {document['status']}")
        for answer in found:
            output.result("\n".join(sentence_lines(answer.sentence)))
        for trade in document.get("trades", ()):
            if security in (trade["security_id"], trade["ticker"]):
                output.result("\n".join(trade_lines(trade)))
    return 0
