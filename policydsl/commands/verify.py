"""`policydsl verify`: a run proved without the solver, or repeated from its own inputs."""

from __future__ import annotations

from pathlib import Path

import click

from policydsl import options, output
from policydsl.document import Document
from policydsl.record.digests import RECORD
from policydsl.record.replay import Replay, replayed
from policydsl.record.signing import public_key
from policydsl.tables import table
from policydsl.verification.folder import digests_of, folder_differences, signature_of
from policydsl.verification.proposal import Difference
from policydsl.verification.run import verify_run


@click.command()
@click.argument("run", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--replay", is_flag=True, help="Run it again from its own inputs and compare.")
@click.option(
    "--key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="PUBLIC",
    help="A public key (PEM) that the run has to be signed with.",
)
@options.processes
@options.common()
@click.pass_context
def command(
    ctx: click.Context, run: Path, replay: bool, key: Path | None, processes: int, form: str
) -> None:
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
    again = None
    if replay and next(folder_differences(run), None) is None:
        again = replayed(run, processes)
        found += again.differences
        counts["replayed"] = again.households
    if form == "json":
        output.result_json(
            {
                "run": str(run),
                "counts": counts,
                **digests,
                "signed_with": None if signature is None else signature["public_key"],
                "key_given": key is not None,
                "differences": [_difference(each) for each in found],
                "replay": None if again is None else _replay_document(again),
            }
        )
    else:
        said = ", ".join(_said(count, name) for name, count in counts.items())
        if found:
            output.result(table(("where", "what"), [(d.where, d.what) for d in found]))
        if again is not None:
            output.result(_replay_text(again))
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


def _difference(each: Difference) -> dict[str, str]:
    return {"where": each.where, "what": each.what}


def _replay_document(again: Replay) -> dict[str, object]:
    return {
        "households": again.households,
        "first": None if again.first is None else _difference(again.first),
        "causes": [{"kind": each.kind, "what": each.what} for each in again.causes],
    }


def _replay_text(again: Replay) -> str:
    """Where a replay first comes out otherwise, and why as far as the folder can tell."""
    said = [f"{each.kind}: {each.what}" for each in again.causes]
    if again.first is None:
        lines = [*said, "run again: the same comes out" + (" all the same" if said else "")]
    else:
        first = f"run again: differs first at {again.first.where}: {again.first.what}"
        lines = [first, *(f"cause: {each}" for each in said or [NO_CAUSE])]
    return "\n".join(lines) + "\n"


NO_CAUSE = "none that the folder tells: versions, input files, statements and openings are the same"
