"""`policydsl test`: what policies are meant to do, tried on small households."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache, partial
from pathlib import Path

import click

from policydsl import options, output
from policydsl.policies import policies_folder
from policydsl.progress import followed
from policydsl.trials.coverage import Coverage, coverage
from policydsl.trials.coverage_report import coverage_page, coverage_text, short_of
from policydsl.trials.report import as_json, as_junit, as_text
from policydsl.trials.results import Verdict, verdicts
from policydsl.trials.run import Bench
from policydsl.trials.suite import Suite, suites

SHARES = ("rules", "conditions", "binding")


def _least(_ctx: click.Context, _param: click.Parameter, text: str | None) -> dict[str, float]:
    """`100,80,60` as the least percentage of each share."""
    if text is None:
        return {}
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != len(SHARES) or not all(0 <= number <= 100 for number in numbers):
        raise click.BadParameter("three percentages like 100,80,60: rules, conditions, binding")
    return dict(zip(SHARES, numbers, strict=True))


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@options.policies
@click.option("-k", "text", default="", metavar="TEXT", help="Only tests with TEXT in their name.")
@click.option("--coverage", "covered", is_flag=True, help="Say what of the policies was tried.")
@click.option(
    "--fail-under",
    "least",
    callback=_least,
    metavar="R,C,B",
    help="Fail below these percentages of rules, conditions and binding rules covered.",
)
@click.option(
    "--html",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the coverage as a page, the lines of the policies marked.",
)
@options.as_of_where_not_given
@options.common("junit")
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    policies: Path | None,
    text: str,
    covered: bool,
    least: dict[str, float],
    page: Path | None,
    as_of: date | None,
    form: str,
) -> None:
    """Run policy tests: small households, really traded, and what is expected of them.

    PATH is a file of tests (`.policytest`) or a folder with some in it or below. Default: the
    policy set's folder. A file tests the policy set around it, or the one named by --policies.

    \b
    Examples
      policydsl test
      policydsl test policies/tests -k tobacco
      policydsl test --as-of 2026-12-15
      policydsl test --coverage --fail-under 100,80,90 --html coverage.html
      policydsl test --format junit > tests.xml
    """
    folder = policies_folder(policies)
    found = suites(paths or (folder,), policies and folder, folder)
    if not found:
        raise click.UsageError(f"no tests here: files that end in .policytest, in {folder} or PATH")
    benches = cache(partial(Bench, as_of=as_of))
    total = sum(len(suite.file.trials) for suite in found)
    done = list(followed(verdicts(found, benches, text), total, "tests"))
    if text and not done:
        raise click.UsageError(f"no test has {text!r} in its name")
    covers: list[Coverage] = []
    if covered or least or page is not None:
        folders = dict.fromkeys(suite.policy_folder for suite in found)
        covers = [
            coverage(benches(each), [one for one in done if one.suite.policy_folder == each])
            for each in folders
        ]
    short = [
        said
        for each in covers
        for said in short_of(each, least or dict(benches(each.folder).policies.tests.coverage))
    ]
    if page is not None:
        page.write_text(coverage_page(covers), encoding="utf-8", newline="\n")
    _show(done, covers, short, form)
    _mention(benches(each) for each in dict.fromkeys(suite.policy_folder for suite in found))
    stray = _stray(found)
    ctx.exit(1 if stray or short or not all(each.passed for each in done) else 0)


def _show(done: list[Verdict], covers: list[Coverage], short: list[str], form: str) -> None:
    if form == "json":
        output.result_json(as_json(done, covers, short))
    elif form == "junit":
        output.result(as_junit(done, covers, short))
    else:
        output.result(as_text(done) + "".join("\n" + coverage_text(each) for each in covers))
        for said in short:
            output.result(f"coverage too low: {said}")


def _mention(benches: Iterable[Bench]) -> None:
    """Mistakes of the policies are another command's business, but not to be overlooked."""
    for bench in benches:
        errors, _ = output.tally(bench.alone.diagnostics)
        if errors:
            said = output.counted(errors, "error")
            output.note(f"{bench.folder} has {said}: see `policydsl check {bench.folder}`")


def _stray(found: tuple[Suite, ...]) -> bool:
    """Say what cannot be read outside of tests; whether there is any of it."""
    stray = [each for suite in found for each in suite.stray]
    if stray:
        sources = {str(suite.path): suite.text for suite in found}
        output.note(output.diagnostics_text(stray, sources))
    return bool(stray)
