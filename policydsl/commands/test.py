"""`policydsl test`: what policies are meant to do, tried on small households."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import click

from policydsl import options, output
from policydsl.policies import policies_folder
from policydsl.progress import followed
from policydsl.trials.report import as_json, as_junit, as_text
from policydsl.trials.results import verdicts
from policydsl.trials.run import Bench
from policydsl.trials.suite import suites


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@options.policies
@click.option("-k", "text", default="", metavar="TEXT", help="Only tests with TEXT in their name.")
@options.common("junit")
@click.pass_context
def command(
    ctx: click.Context, paths: tuple[Path, ...], policies: Path | None, text: str, form: str
) -> None:
    """Run policy tests: small households, really traded, and what is expected of them.

    PATH is a file of tests (`.policytest`) or a folder with some in it or below. Default: the
    policy set's folder. A file tests the policy set around it, or the one named by --policies.

    \b
    Examples
      policydsl test
      policydsl test policies/tests -k tobacco
      policydsl test --format junit > tests.xml
    """
    folder = policies_folder(policies)
    found = suites(paths or (folder,), policies and folder, folder)
    if not found:
        raise click.UsageError(f"no tests here: files that end in .policytest, in {folder} or PATH")
    total = sum(len(suite.file.trials) for suite in found)
    done = list(followed(verdicts(found, cache(Bench), text), total, "tests"))
    stray = [each for suite in found for each in suite.stray]
    if form == "json":
        output.result_json(as_json(done))
    elif form == "junit":
        output.result(as_junit(done))
    else:
        output.result(as_text(done))
    if stray:
        sources = {str(suite.path): suite.text for suite in found}
        output.note(output.diagnostics_text(stray, sources))
    ctx.exit(1 if stray or not all(each.passed for each in done) else 0)
