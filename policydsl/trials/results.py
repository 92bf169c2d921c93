"""Running files of tests: a verdict for every case, whatever the others do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grammar.diagnostics import Diagnostic
from grammar.spans import Span
from policydsl.propose import Proposal
from policydsl.reasons import explained_trades
from policydsl.trials.cases import Case, cases_of, unused
from policydsl.trials.facts import LineError, cannot
from policydsl.trials.judge import judge
from policydsl.trials.run import Bench, Ran, run
from policydsl.trials.suite import Suite


@dataclass(frozen=True)
class Verdict:
    """A case, what is wrong with it (nothing where it passes), and the trades it was judged by.

    `ran` is None where no household could be built.
    """

    suite: Suite
    case: Case
    found: tuple[Diagnostic, ...]
    ran: Ran | None
    seconds: float

    @property
    def passed(self) -> bool:
        return not self.found

    @property
    def name(self) -> str:
        """The file's name and the title, which together tell tests apart."""
        return f"{self.suite.path.name}: {self.case.title}"

    @property
    def place(self) -> Span:
        """The first line of the test."""
        return self.case.test.head

    @property
    def trades(self) -> tuple[str, ...]:
        """Every trade in words, with the rules that decided it."""
        if self.ran is None:
            return ()
        return tuple(line for proposal in self.ran.proposals for line in _sentences(proposal))


def _sentences(proposal: Proposal) -> Iterator[str]:
    for trade in explained_trades(proposal):
        yield f"{trade.account_id}: {trade.sentence}"


def verdicts(
    suites: Sequence[Suite], benches: Callable[[Path], Bench], text: str = ""
) -> Iterator[Verdict]:
    """Run every case whose title or file's name has `text` in it."""
    for suite in suites:
        for one in suite.file.trials:
            for case in cases_of(one):
                if text.casefold() in f"{suite.path.name} {case.title}".casefold():
                    yield _verdict(suite, case, benches(suite.policy_folder))


def _verdict(suite: Suite, case: Case, bench: Bench) -> Verdict:
    started = time.perf_counter()
    if case.test.flawed:
        return Verdict(suite, case, suite.mistakes_of(case.test), None, 0.0)
    for name in unused(case.test):
        mistake = cannot(
            name.span,
            f"`{name.value}` stands in no line of this test",
            "its values would change nothing",
            "name it in a line, or take it out of `for each`",
        )
        return Verdict(suite, case, (mistake.diagnostic,), None, 0.0)
    try:
        ran = run(case, suite, bench)
        found, outcome = tuple(judge(ran)), ran
    except LineError as mistake:
        return Verdict(suite, case, (mistake.diagnostic,), None, time.perf_counter() - started)
    return Verdict(suite, case, found, outcome, time.perf_counter() - started)
