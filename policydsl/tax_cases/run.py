"""Runs files of tax cases: every case and every variant of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from grammar.diagnostics import Diagnostic, in_order
from grammar.source import decode
from policydsl.tax_cases import before_trading, checks, lots, selections, years
from policydsl.tax_cases.codes import BAD_CASE
from policydsl.tax_cases.compare import Difference
from policydsl.tax_cases.document import MalformedError, Node, read
from policydsl.tax_cases.histories import reading
from policydsl.tax_cases.words import meant
from portfolio.tax.positions import HistoryError

ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True)
class Verdict:
    """What became of a case or a variant: differences, or what is malformed about it."""

    path: str
    line: int
    id: str
    title: str
    kind: str
    variant: str | None = None
    differences: tuple[Difference, ...] = ()
    malformed: Diagnostic | None = None

    @property
    def passed(self) -> bool:
        return not self.differences and self.malformed is None


@dataclass(frozen=True)
class FileResult:
    """One file: its verdicts, and what else there is to say about it."""

    path: str
    text: str
    verdicts: tuple[Verdict, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def malformed(self) -> int:
        """How many cases cannot be run; a file that cannot be read counts as one."""
        cases = sum(each.malformed is not None for each in self.verdicts)
        return cases if self.verdicts else int(bool(self.diagnostics))

    @property
    def passed(self) -> bool:
        return not self.malformed and all(each.passed for each in self.verdicts)


Runner = Callable[[Node, Mapping[str, Node], Node], Iterable[Difference]]


def _checking(check: checks.Check) -> Runner:
    return lambda inputs, _policy, expected: checks.run(check, inputs, expected)


KINDS: Mapping[str, Runner] = {
    "lots": lots.run,
    "prospective": before_trading.run,
    "select": lambda inputs, _policy, expected: selections.run(inputs, expected),
    "netting": lambda inputs, _policy, expected: years.run(inputs, expected),
    "holding_period": _checking(checks.holding_period),
    "tacking": _checking(checks.tacking),
    "qualified_dividend": _checking(checks.qualified_dividend),
    "ric_six_month": _checking(checks.fund_shares),
    "niit": _checking(checks.net_investment),
    "rates": _checking(checks.rates),
}

# What a case says about itself, for people.
_PROSE = ("source", "narrative", "provenance", "note", "notes")


def case_files(paths: Iterable[Path]) -> list[Path]:
    """The files named, and those in folders named or below, in order."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(each for each in path.rglob("*") if each.suffix in ENDINGS)
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def run_file(path: Path) -> FileResult:
    """Every case of a file. Raises OSError for a file that cannot be read."""
    text, bad = decode(path.read_bytes(), str(path))
    if bad:
        return FileResult(str(path), text, (), bad)
    try:
        document = read(text, str(path))
        document.pass_over("topic", *_PROSE)
        cases = document.need("cases").items()
    except MalformedError as error:
        return FileResult(str(path), text, (), (error.diagnostic,))
    verdicts = [verdict for case in cases for verdict in _run_case(case)]
    malformed = [each.malformed for each in verdicts if each.malformed is not None]
    broken = {each.line for each in verdicts if each.malformed is not None}
    unread = [
        warning for case in cases if case.span.line not in broken for warning in case.not_asked()
    ]
    document.pass_over("cases")
    unread += document.not_asked()
    return FileResult(str(path), text, tuple(verdicts), in_order([*malformed, *unread]))


def _run_case(case: Node) -> Iterator[Verdict]:
    id, title, kind = (_told(case, key) for key in ("id", "title", "kind"))
    verdict = Verdict(case.span.path, case.span.line, id, title, kind)
    try:
        for key in ("id", "title", "kind"):
            case.need(key)
        runner = meant(case.need("kind"), KINDS)
        case.pass_over(*_PROSE)
        trials = list(_trials(case))
    except MalformedError as error:
        yield replace(verdict, malformed=error.diagnostic)
        return
    for trial in trials:
        yield _run_trial(runner, trial, replace(verdict, variant=trial.variant))


def _run_trial(runner: Runner, trial: Trial, verdict: Verdict) -> Verdict:
    try:
        reading(trial.policy)
        if not trial.expected.keys():
            raise trial.expected.wrong("nothing is expected of this case")
        found = runner(trial.inputs, trial.policy, trial.expected)
        return replace(verdict, differences=tuple(found))
    except MalformedError as error:
        return replace(verdict, malformed=error.diagnostic)
    except HistoryError as error:
        place = _row_of(trial.inputs, error.event_id) or trial.inputs
        said = BAD_CASE.at(place.span, f"{place.what}: {error}")
        return replace(verdict, malformed=said)
    except ArithmeticError:
        # Days and amounts that are each possible can add up to one that is not.
        said = BAD_CASE.at(trial.inputs.span, f"{trial.inputs.what}: numbers out of range")
        return replace(verdict, malformed=said)


@dataclass(frozen=True)
class Trial:
    """A case itself, or one of its variants: its inputs and switches are laid over those of the
    case, its expectation stands alone."""

    variant: str | None
    inputs: Node
    policy: Mapping[str, Node]
    expected: Node


def _trials(case: Node) -> Iterator[Trial]:
    policy, inputs = _keys(case, "policy"), case.need("inputs")
    yield Trial(None, inputs, policy, case.need("expected"))
    for node in case.list_of("variants"):
        over = node.get("inputs")
        yield Trial(
            node.need("name").text(),
            inputs if over is None else inputs.overlaid(over),
            {**policy, **_keys(node, "policy")},
            node.need("expected"),
        )


def _keys(node: Node, key: str) -> Mapping[str, Node]:
    found = node.get(key)
    return {} if found is None else found.keys()


def _told(node: Node, key: str) -> str:
    """What a case or a row says of itself, malformed as it may be."""
    try:
        found = node.get(key)
        return "" if found is None else found.text()
    except MalformedError:
        return ""


def _row_of(node: Node, event_id: str) -> Node | None:
    """The transaction of that id."""
    for key, rows in node.value_keys():
        told = key in ("transactions", "history", "proposed", "scheduled")
        for row in rows.value if told and isinstance(rows.value, list) else ():
            if _told(row, "id") == event_id:
                return row
    return None
