"""`policydsl compile`: the optimisation model of one household, as a file that reads as policy."""

from __future__ import annotations

import json
import logging
from datetime import date
from pathlib import Path

import click

from compiler.model import CompiledModel, compile_household
from compiler.written import pyomo_model
from policydsl import options, output
from policydsl.inputs import policy_of, read_inputs
from policydsl.policies import policies_there
from solver.handover import hand_over

FORMATS = (".lp", ".mps", ".nl", ".json")


@click.command()
@options.book(required=True)
@options.policies
@click.option("--household", "household_id", required=True, metavar="ID", help="The household.")
@click.option(
    "-o",
    "--out",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="What to write: .lp, .mps, .nl or .json.",
)
@options.as_of
@options.common()
@click.pass_context
def command(
    ctx: click.Context,
    book_folder: Path,
    policies: Path | None,
    household_id: str,
    out: Path,
    as_of: date | None,
    form: str,
) -> None:
    """Write the model of a household: one block a statement, names as in the policy.

    \b
    Example
      policydsl compile --book book --household H00001 -o model.lp
    """
    if out.suffix not in FORMATS:
        raise click.UsageError(f"{out} should end in one of {', '.join(FORMATS)}")
    inputs = read_inputs(book_folder, policies_there(policies), as_of)
    output.end_where_stopped(ctx, inputs.book)
    if household_id not in inputs.book.household_ids:
        raise click.UsageError(f"{inputs.book.name} has no household {household_id}")
    household = inputs.book.household(household_id)
    compiled = compile_household(household, policy_of(inputs, household))
    model = pyomo_model(compiled)
    logging.getLogger("pyomo").setLevel(logging.ERROR)
    if out.suffix == ".json":
        out.write_text(_as_json(compiled), "utf-8")
    else:
        model.write(str(out), io_options={"symbolic_solver_labels": True})
    counts = {
        "variables": model.nvariables(),
        "constraints": model.nconstraints(),
        "statements": len(compiled.statements),
        "squares": len(compiled.physics.squares),
    }
    if form == "json":
        output.result_json({"file": str(out), **counts})
    else:
        said = ", ".join(f"{count:,} {name}" for name, count in counts.items())
        output.result(f"{out}: {said}")


def _as_json(compiled: CompiledModel) -> str:
    """Columns, rows and squares by name, each row with the statement it belongs to."""
    program = hand_over(compiled)
    names = program.column_names

    def end(value: float) -> float | None:
        return None if value in (float("inf"), float("-inf")) else value

    rows = []
    for i, name in enumerate(program.row_names):
        span = slice(program.matrix.indptr[i], program.matrix.indptr[i + 1])
        rows.append(
            {
                "name": name,
                "statement": program.owners[i],
                "lower": end(float(program.row_lower[i])),
                "upper": end(float(program.row_upper[i])),
                "coefficients": {
                    names[j]: float(a)
                    for j, a in zip(
                        program.matrix.indices[span], program.matrix.data[span], strict=True
                    )
                },
            }
        )
    columns = [
        {
            "name": name,
            "lower": end(float(program.lower[j])),
            "upper": end(float(program.upper[j])),
            "integer": bool(program.integer[j]),
            "cost": float(program.cost[j]),
            "square": float(program.square[j]),
        }
        for j, name in enumerate(names)
    ]
    document = {
        "unit_dollars": compiled.physics.unit,
        "offset": program.offset,
        "columns": columns,
        "rows": rows,
    }
    return json.dumps(document, indent=1) + "\n"
