"""Whatever the files say, there is an answer: damaged policies give findings, never a traceback."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compiler.attributes import Environment
from compiler.effective import effective
from compiler.effective_report import render_effective
from compiler.layers import household_policy
from compiler.policyset import LAYERS, LoadedFile, PolicySet
from grammar.diagnostics import Severity
from grammar.parse import parse
from portfolio.household import Household

HERE = Path(__file__).parent
TEXTS = [
    path.read_text(encoding="utf-8")
    for folder in (HERE / "cases", HERE / "merge", HERE.parents[1] / "policies")
    for path in sorted(folder.rglob("*.policy"))
]
WORDS = sorted({word for text in TEXTS for word in re.findall(r'"[^"]*"|[^\s",()]+', text)})
ODD = ["50%", "$-5", "0%", "999999999999 years", "3 points", "5 shares", "today", "minus", "off"]


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A policy with a few words replaced, lost or added."""
    words = re.split(r"(\s+)", draw(st.sampled_from(TEXTS)))
    for _ in range(draw(st.integers(0, 5))):
        place = draw(st.integers(0, len(words) - 1))
        words[place] = draw(st.just("") | st.sampled_from(WORDS + ODD))
    return "".join(words)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(texts=st.lists(damaged(), min_size=1, max_size=4))
def test_no_policy_gives_a_traceback(check, household, texts: list[str]) -> None:
    read = [parse(text, f"{number}.policy") for number, text in enumerate(texts)]
    files = tuple(
        LoadedFile(tree.path, text, "", tree) for text, (tree, _) in zip(texts, read, strict=True)
    )
    found = tuple(each for _, mistakes in read for each in mistakes)
    typed = check(PolicySet("any", LAYERS, (), files, found))
    policy = household_policy(typed, household)
    for account in household.accounts:
        assert render_effective(effective(typed, household, account.id), typed.sources)
    for statement in typed.statements:
        assert statement.directive.sentence()
        evaluate(statement.directive, household)
    errors = {
        f"{each.code} {each.primary.span.path}:{each.primary.span.line}"
        for each in typed.diagnostics
        if each.severity is Severity.ERROR
    }
    assert {cause for fault in typed.faults for cause in fault.causes} <= errors
    assert {each.statement.key for each in policy.statements} <= {
        each.key for each in typed.statements
    }


def evaluate(directive, household: Household) -> None:
    selection = getattr(directive, "selection", None)
    if selection is None:
        return
    for account in household.accounts:
        for lot in account.lots:
            security = household.securities[lot.security_id]
            env = Environment(household, account, security, lot)
            assert selection.lot(env) in (True, False, None)
            assert selection.security(env) in (True, False, None)
