"""`policydsl pseudonymise`: a run that can be shared."""

from __future__ import annotations

from pathlib import Path

import click

from policydsl import options, output
from policydsl.record.digests import RECORD
from policydsl.record.folder import fresh_folder
from policydsl.record.pseudonymise import LeftError, pseudonymised
from policydsl.record.pseudonyms import AmbiguousIdError
from policydsl.record.signing import private_key
from policydsl.verification.folder import digests_of, folder_differences
from policydsl.verification.run import verify_run

LEAST_SECRET = 16


@click.command()
@click.argument("run", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="OUT",
    help="The run folder to write.",
)
@click.option(
    "--secret",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Add a keyed hash to each pseudonym: the same in every run with this secret.",
)
@click.option(
    "--sign",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="KEY",
    help="Sign the new run with a private key (Ed25519, PEM).",
)
@options.common()
@click.pass_context
def command(
    ctx: click.Context, run: Path, out: Path, secret: Path | None, sign: Path | None, form: str
) -> None:
    """Copy a run with pseudonyms for households, accounts, taxpayers, names and notes.

    Inputs, proposals, trades and the log say the same of the same clients under other names, and
    `verify` and `verify --replay` pass. Days and amounts stay as they are.

    \b
    Examples
      policydsl pseudonymise run -o shared
      policydsl pseudonymise run -o shared --secret pseudonyms.key
    """
    if not (run / RECORD).is_file():
        raise click.UsageError(f"{run} is not a run folder: it has no {RECORD}")
    broken = next(folder_differences(run), None)
    if broken is not None:
        raise click.UsageError(f"{run} is not as it was sealed: {broken.where} {broken.what}")
    try:
        key = None if sign is None else private_key(sign)
        hidden = None if secret is None else _secret(secret)
        if run.resolve() in out.resolve().parents:
            raise click.UsageError(f"{run} is not written into: {out} lies in it")
        folder = fresh_folder(out, reads=[run])
        kept = pseudonymised(run, folder.folder, hidden, key)
    except (AmbiguousIdError, FileExistsError, LeftError, ValueError) as error:
        raise click.UsageError(str(error)) from None
    for note in kept:
        output.note(f"{note} stays as it is: policies read it")
    output.note("days, amounts and securities stay as they are")
    found, _ = verify_run(out)
    if form == "json":
        differences = [{"where": d.where, "what": d.what} for d in found]
        output.result_json({"run": str(out), **digests_of(out), "differences": differences})
    else:
        for difference in found:
            output.result(f"{difference.where}: {difference.what}")
        for name, digest in digests_of(out).items():
            output.result(f"{name} {digest}")
        output.result(f"written to {out}")
    ctx.exit(1 if found else 0)


def _secret(path: Path) -> bytes:
    content = path.read_bytes().strip()
    if len(content) < LEAST_SECRET:
        raise ValueError(f"{path} has fewer than {LEAST_SECRET} bytes: a secret could be guessed")
    return content
