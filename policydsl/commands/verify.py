"""`policydsl verify`: a run proved without the solver, or repeated from its own inputs."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import click

from policydsl import options, output
from policydsl.digests import RECORD, content_parts
from policydsl.document import Document
from policydsl.rebalance import outcomes, recorded_inputs, write_run
from policydsl.run_folder import fresh_folder
from policydsl.signing import public_key
from policydsl.tables import table
from policydsl.verify import verify_run
from policydsl.verify_folder import digests_of, signature_of
from policydsl.verify_proposal import Difference
from policydsl.waiting import Waiting


@click.command()
@click.argument("run", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--replay", is_flag=True, help="Run it again from its own inputs and compare.")
@click.option(
    "--key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="PUBLIC",
    help="A public key (PEM) that the run has to be signed with.",
)
@options.common()
@click.pass_context
def command(ctx: click.Context, run: Path, replay: bool, key: Path | None, form: str) -> None:
    """Prove a run from its folder: hashes, log, and the exact check of every statement.

    \b
    Examples
      policydsl verify run
      policydsl verify run --replay
      policydsl verify run --key firm.pub
    """
    if not (run / RECORD).is_file():
        raise click.UsageError(f"{run} is not a run folder: it has no {RECORD}")
    try:
        public = "" if key is None else public_key(key)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    found, counts = verify_run(run, public)
    digests, signature = digests_of(run), signature_of(run)
    if replay and not found:
        found, counts["replayed"] = _replayed(run)
    if form == "json":
        output.result_json(
            {
                "run": str(run),
                "counts": counts,
                **digests,
                "signed_with": None if signature is None else signature["public_key"],
                "key_given": key is not None,
                "differences": [{"where": d.where, "what": d.what} for d in found],
            }
        )
    else:
        said = ", ".join(_said(count, name) for name, count in counts.items())
        if found:
            output.result(table(("where", "what"), [(d.where, d.what) for d in found]))
        for name, digest in digests.items():
            output.result(f"{name} {digest}")
        output.result(_signed(signature, key))
        verdict = output.counted(len(found), "difference") if found else "nothing differs"
        output.result(f"{run}: {said}: {verdict}")
    ctx.exit(1 if found else 0)


def _signed(signature: Document | None, key: Path | None) -> str:
    """Whether a run is signed, with what, and whether that says anything."""
    if signature is None:
        return "not signed"
    if key is None:
        held = "anybody can make one: give the key that you trust with --key"
        return f"signed with the key {signature['public_key']}, and held against no other; {held}"
    return f"signed with the key {signature['public_key']}, held against {key}"


def _said(count: int, names: str) -> str:
    """`1 household`, `2 log entries`; what is no noun stays as it is."""
    if names.endswith("ies"):
        return output.counted(count, f"{names.removesuffix('ies')}y")
    return output.counted(count, names[:-1]) if names.endswith("s") else f"{count:,} {names}"


def _replayed(run: Path) -> tuple[list[Difference], int]:
    """What of the content of a second run from the first one's inputs is other than of the first,
    and how many households they have."""
    inputs = recorded_inputs(run)
    record = json.loads((run / RECORD).read_bytes())
    names = record["households"]
    first = content_parts(run, record["files"])
    with tempfile.TemporaryDirectory() as scratch:
        again = fresh_folder(Path(scratch) / "run")
        with Waiting(Path(scratch)) as waiting:
            write_run(again, inputs, outcomes(inputs, names, waiting), {}, 0.0)
        differences = [
            Difference(name, "comes out otherwise when it is run again")
            for name in sorted(first.keys() | again.parts.keys())
            if first.get(name) != again.parts.get(name)
        ]
    return differences, len(names)
