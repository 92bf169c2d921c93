"""`policydsl rebalance`: proposals for every household of a book."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path

import click

from policydsl import options, output
from policydsl.carried import STATE
from policydsl.document import Document
from policydsl.elsewhere import InputsChangedError, elsewhere
from policydsl.inputs import Inputs, read_inputs, with_file
from policydsl.policies import policies_there
from policydsl.progress import followed
from policydsl.rebalance import documents, outcomes, write_run
from policydsl.record.folder import RunFolder, fresh_folder
from policydsl.record.signing import private_key
from policydsl.record.waiting import Waiting
from policydsl.report import run_table
from policydsl.side_by_side import SideBySide
from policydsl.tables import dollars
from policydsl.what_if import what_if_document, what_if_text


@click.command()
@options.book(required=True)
@options.policies
@click.option("--household", "only", multiple=True, metavar="ID", help="Only this household.")
@click.option(
    "--what-if",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Add a policy file and show what changes; nothing is written.",
)
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), metavar="RUN", help="The run folder to write."
)
@click.option(
    "--after",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="RUN",
    help="The run before: times to comply count from the breaches it saw.",
)
@click.option(
    "--sign",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="KEY",
    help="Sign the run with a private key (Ed25519, PEM).",
)
@options.processes
@options.as_of
@options.common()
@click.pass_context
def command(
    ctx: click.Context,
    book_folder: Path,
    policies: Path | None,
    only: tuple[str, ...],
    what_if: Path | None,
    after: Path | None,
    out: Path | None,
    sign: Path | None,
    processes: int,
    as_of: date | None,
    form: str,
) -> None:
    """Propose trades for every household, each explained, checked and with a proven gap.

    \b
    Examples
      policydsl rebalance --book book -o run
      policydsl rebalance --book book --household H00001 --what-if tobacco.policy
    """
    if (out is None) == (what_if is None):
        raise click.UsageError("name a run folder with -o, or a policy file with --what-if")
    started = time.perf_counter()
    try:
        key = None if sign is None else private_key(sign)
        state = None if after is None else after / STATE
        inputs = read_inputs(book_folder, policies_there(policies), as_of, state)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    output.end_where_stopped(ctx, inputs.book)
    _mention(inputs)
    ids = _chosen(inputs, only)
    if what_if is not None:
        ctx.exit(_compare(inputs, with_file(inputs, what_if), ids, form))
    assert out is not None
    try:
        folder = fresh_folder(out, key, [inputs.book_folder, inputs.policy_folder])
    except FileExistsError as error:
        raise click.UsageError(str(error)) from None
    chosen = {"households": list(only), "as_of": None if as_of is None else as_of.isoformat()}
    with Waiting(out) as waiting:
        try:
            shown = partial(followed, what="households")
            done = outcomes(inputs, ids, waiting, shown, elsewhere(processes))
        except InputsChangedError as error:
            raise click.ClickException(str(error)) from None
        summary = write_run(folder, inputs, done, chosen, time.perf_counter() - started)
        if form == "json":
            output.result_json({"run": str(out), **summary, **folder.digests})
        else:
            output.result(run_table(documents(done)) + _awaited(documents(done)))
            output.result(_closing(summary, out) + _sealed(folder))
    failed = any(outcome.status == "failed" for outcome in done)
    ctx.exit(3 if failed else 0)


def _mention(inputs: Inputs) -> None:
    """Mistakes of the inputs are other commands' business, but not to be overlooked."""
    if inputs.book.findings:
        found = output.counted(len(inputs.book.findings), "finding")
        output.note(f"the book has {found}: see `policydsl book check {inputs.book_folder}`")
    errors, warnings = output.tally(inputs.typed.diagnostics)
    if errors or warnings:
        said = f"{output.counted(errors, 'error')} and {output.counted(warnings, 'warning')}"
        output.note(f"the policies have {said}: see `policydsl check {inputs.policy_folder}`")


def _chosen(inputs: Inputs, only: tuple[str, ...]) -> Sequence[str]:
    unknown = sorted(set(only) - set(inputs.book.household_ids))
    if unknown:
        raise click.UsageError(f"{inputs.book.name} has no household {', '.join(unknown)}")
    return [each for each in inputs.book.household_ids if not only or each in only]


def _closing(summary: dict[str, object], out: Path) -> str:
    total, timings = summary["totals"], summary["timings"]
    assert isinstance(total, dict)
    assert isinstance(timings, dict)
    status = ", ".join(f"{count} {name}" for name, count in total["status"].items() if count)
    washed = Decimal(total["disallowed"])
    gain = Decimal(total["gain_short"]) + Decimal(total["gain_long"]) + washed
    disallowed = f" ({dollars(washed)} of losses disallowed)" if washed else ""
    gave = output.counted(total["gave_way"], "client")
    crossing = f"{gave} gave way, so that orders do not cross\n" if total["gave_way"] else ""
    return (
        f"{output.counted(total['households'], 'household')}: {status}\n"
        f"{output.counted(total['trades'], 'trade')}: sold {dollars(total['sold'])}, "
        f"bought {dollars(total['bought'])}; gain {dollars(gain)}{disallowed}, "
        f"tax {dollars(total['tax_change'])}, cost {dollars(total['cost'])}\n"
        f"{crossing}"
        f"{timings['total']:.1f} s, {timings.get('solver', 0):.1f} s of them inside solvers; "
        f"written to {out}\n"
    )


def _sealed(folder: RunFolder) -> str:
    """The digests of a run, to be kept elsewhere: with them any change shows."""
    lines = [f"{name} {digest}\n" for name, digest in folder.digests.items()]
    signed = "" if folder.key is None else f"signed with the key {folder.key.public}\n"
    return "".join(lines) + signed


def _awaited(documents: Iterable[Document]) -> str:
    """Whose approval proposals wait for."""
    waiting: dict[str, list[str]] = {}
    for document in documents:
        for approval in document.get("approvals", ()):
            waiting.setdefault(approval["who"], []).append(document["household_id"])
    lines = []
    for who, households in sorted(waiting.items()):
        count = output.counted(len(dict.fromkeys(households)), "proposal")
        lines.append(f"{count} for {who} to approve: see `policydsl explain`\n")
    return "".join(lines)


def _compare(before: Inputs, after: Inputs, ids: Sequence[str], form: str) -> int:
    """What a policy file changes: trades, tax and tracking error, household by household."""
    errors, _ = output.tally(after.typed.diagnostics)
    if errors:
        found = output.diagnostics_text(after.typed.diagnostics, after.typed.sources)
        output.note(found)
    with Waiting() as waiting:
        sides = SideBySide(outcomes(before, ids, waiting), outcomes(after, ids, waiting))
        if form == "json":
            output.result_json(what_if_document(sides, before.typed, after.typed))
        else:
            for part in what_if_text(sides, before.typed, after.typed):
                output.result(part)
    return 1 if errors else 0
