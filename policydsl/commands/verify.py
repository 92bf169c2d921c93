"""`policydsl verify`: a run proved without the solver, or repeated from its own inputs."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import click

from policydsl import options, output
from policydsl.blocks import BLOCKS
from policydsl.rebalance import outcomes, recorded_inputs, write_run
from policydsl.run_folder import fresh_folder
from policydsl.tables import table
from policydsl.verify import verify_run
from policydsl.verify_proposal import Difference
from policydsl.waiting import Waiting


@click.command()
@click.argument("run", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--replay", is_flag=True, help="Run it again from its own inputs and compare.")
@options.common()
@click.pass_context
def command(ctx: click.Context, run: Path, replay: bool, form: str) -> None:
    """Prove a run from its folder: hashes, log, and the exact check of every statement.

    \b
    Examples
      policydsl verify run
      policydsl verify run --replay
    """
    if not (run / "run.json").is_file():
        raise click.UsageError(f"{run} is not a run folder: it has no run.json")
    found, counts = verify_run(run)
    if replay and not found:
        found, counts["replayed"] = _replayed(run)
    if form == "json":
        output.result_json(
            {
                "run": str(run),
                "counts": counts,
                "differences": [{"where": d.where, "what": d.what} for d in found],
            }
        )
    else:
        said = ", ".join(_said(count, name) for name, count in counts.items())
        if found:
            output.result(table(("where", "what"), [(d.where, d.what) for d in found]))
        verdict = output.counted(len(found), "difference") if found else "nothing differs"
        output.result(f"{run}: {said}: {verdict}")
    ctx.exit(1 if found else 0)


def _said(count: int, names: str) -> str:
    """`1 household`, `2 log entries`; what is no noun stays as it is."""
    if names.endswith("ies"):
        return output.counted(count, f"{names.removesuffix('ies')}y")
    return output.counted(count, names[:-1]) if names.endswith("s") else f"{count:,} {names}"


def _replayed(run: Path) -> tuple[list[Difference], int]:
    """Trades and proposals of a second run from the first one's inputs, and how many they were."""
    inputs = recorded_inputs(run)
    names = json.loads((run / "run.json").read_bytes())["households"]
    with tempfile.TemporaryDirectory() as scratch:
        again = Path(scratch) / "run"
        with Waiting(Path(scratch)) as waiting:
            write_run(fresh_folder(again), inputs, outcomes(inputs, names, waiting), {}, 0.0)
        files = ["trades.csv", BLOCKS, *(f"proposals/{name}.json" for name in names)]
        differences = [
            Difference(name, "comes out otherwise when it is run again")
            for name in files
            if _content(run / name) != _content(again / name)
        ]
    return differences, len(names)


def _content(path: Path) -> object:
    """A file's bytes; of a proposal all but where its risk numbers came from: now from tables."""
    if path.suffix != ".json":
        return path.read_bytes()
    document = json.loads(path.read_bytes())
    return {name: value for name, value in document.items() if name != "risk_model"}
