"""`policydsl explain`: why a run proposed what it did."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from policydsl import options, output
from policydsl.blocks import block_orders, blocks_document, blocks_table, rows_of
from policydsl.checking import known_securities
from policydsl.compared import recorded_facing
from policydsl.explanations.auditor import provenance
from policydsl.explanations.household import household_answer, household_text
from policydsl.explanations.inquiry import Inquiry, NotRepeatedError
from policydsl.explanations.price import price_of_rule, price_text
from policydsl.explanations.rule import has_part, in_force, part_in, rule_text
from policydsl.explanations.sealed import NotSealedError, run_hash
from policydsl.explanations.trade import recorded_text, trade_answer, trade_text
from policydsl.inputs import recorded_inputs
from policydsl.rebalance import proposal_of
from policydsl.record.digests import PROPOSALS, RECORD, sha256
from policydsl.report import (
    household_report,
    sentence_lines,
    trade_lines,
)
from policydsl.schemas import ProposalDocument, RunDocument
from policydsl.verification.folder import read_document
from policydsl.verification.proposal import Difference
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
@click.option("--but-for", "rules", is_flag=True, help="Of a household: without each of its rules.")
@click.option(
    "--for",
    "reader",
    type=click.Choice(["advisor", "auditor"]),
    default="advisor",
    show_default=True,
    help="An auditor sees places, authors, hashes and every number too.",
)
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
    rules: bool,
    reader: str,
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
    if rules and (only is None or recorded):
        raise click.UsageError("--but-for is about one household and solves: name --household")
    documents = _documents(run, only)
    if security is not None:
        ctx.exit(_why_not(run, documents, security, form))
    if trade_id is not None:
        ctx.exit(_one_trade(run, documents, trade_id, recorded, reader, form))
    if rule_id is not None:
        ctx.exit(_one_rule(run, documents, rule_id, recorded, most, form))
    if blocks:
        ctx.exit(_blocks(documents, most, form))
    if only is not None and not recorded:
        ctx.exit(_one_household(run, documents[0], rules, reader, most, form))
    if form == "json":
        output.result_json(documents)
    else:
        output.result("\n".join(household_report(document, most) for document in documents))


def _documents(run: Path, only: str | None) -> list[dict[str, Any]]:
    if not (run / "run.json").is_file():
        raise click.UsageError(f"{run} is not a run folder: it has no run.json")
    found: list[Difference] = []
    record = read_document(run, RECORD, RunDocument, found)
    names = [] if record is None else record["households"]
    if only is not None and record is not None and only not in names:
        raise click.UsageError(f"{run} has no household {only}")
    read = [
        read_document(run, f"{PROPOSALS}{name}.json", ProposalDocument, found)
        for name in names
        if only in (None, name)
    ]
    if found or any(_edited(run, record, name) for name in names if only in (None, name)):
        raise click.UsageError(f"{run} cannot be read: run `policydsl verify {run}`")
    return [document for document in read if document is not None]


def _edited(run: Path, record: dict[str, Any] | None, household_id: str) -> bool:
    """Whether a proposal is not the file that the run wrote."""
    name = f"{PROPOSALS}{household_id}.json"
    stated = {} if record is None else record["files"]
    return sha256((run / name).read_bytes()) != stated.get(name)


def _blocks(documents: list[dict[str, Any]], most: int | None, form: str) -> int:
    """The orders of each security, all clients together."""
    found = block_orders(rows_of(documents), documents)
    if form == "json":
        output.result_json(blocks_document(found))
    else:
        output.result(blocks_table(found, most))
    return 0


def _one_household(
    run: Path, document: dict[str, Any], rules: bool, reader: str, most: int | None, form: str
) -> int:
    with _asked():
        answer = household_answer(Inquiry(run), document, rules=rules)
    if form == "json":
        output.result_json(answer)
        return 0
    for part in household_text(answer, most):
        output.result(part)
    if reader == "auditor":
        told = [answer["not_done"]] if "not_done" in answer else []
        _audited(run, document, [*told, *answer.get("but_for", ())])
    return 0


def _one_trade(
    run: Path,
    documents: list[dict[str, Any]],
    trade_id: str,
    recorded: bool,
    reader: str,
    form: str,
) -> int:
    for document in documents:
        for trade in document.get("trades", ()):
            if trade["trade_id"] == trade_id:
                if recorded:
                    return _recorded_trade(trade, document, form)
                with _asked():
                    answer = trade_answer(Inquiry(run), document, trade)
                if form == "json":
                    output.result_json(answer)
                    return 0
                for part in trade_text(answer, document):
                    output.result(part)
                if reader == "auditor":
                    _audited(run, document, [*answer["but_for"], answer["alternatives"]])
                return 0
    raise click.UsageError(f"no trade {trade_id}: ids stand in the run's trades.csv")


def _recorded_trade(trade: dict[str, Any], document: dict[str, Any], form: str) -> int:
    if form == "json":
        output.result_json(trade)
    else:
        for part in recorded_text(trade, document):
            output.result(part)
    return 0


@contextmanager
def _asked() -> Iterator[None]:
    """Questions that solve again, or read what was sealed of them."""
    try:
        yield
    except (NotRepeatedError, NotSealedError) as error:
        raise click.UsageError(f"{error}; `--recorded` shows what the run says of it") from None


def _audited(run: Path, document: dict[str, Any], explanations: list[dict[str, Any]]) -> None:
    record = json.loads((run / "run.json").read_bytes())
    for part in provenance(document, record, run_hash(run), explanations):
        output.result(part)


def _one_rule(
    run: Path,
    documents: list[dict[str, Any]],
    rule_id: str,
    recorded: bool,
    most: int | None,
    form: str,
) -> int:
    """Trades with the rule among their causes, where it binds, and what it costs."""
    if not in_force(documents, rule_id):
        raise click.UsageError(f"no rule {rule_id} was in force in this run")
    found = [part_in(document, rule_id) for document in documents]
    price = None
    if not recorded:
        with _asked():
            price = price_of_rule(Inquiry(run), documents, rule_id)
    if form == "json":
        output.result_json(found if price is None else {"found": found, "price": price})
        return 0
    if price is not None and (price["totals"]["changed"] or any(map(has_part, found))):
        output.result(price_text(price))
    for line in rule_text(documents, found, rule_id, most):
        output.result(line)
    return 0


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
