"""The laws as functions: each tries a number of sets and counts what it has seen.

Of section "Layers" of the language page: error-free sets. About portfolios they hold for limits and
restrictions without waivers, the target held fixed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from compiler.check import TypedPolicies
from compiler.effective import effective
from compiler.effective_report import render_effective, to_json
from compiler.layers import Status, fold
from compiler.policyset import LAYERS, LoadedFile
from compiler.statements import HouseholdPolicy, Origin
from portfolio.household import Household
from tests.by_hand import breaches
from tests.compiler.laws.generated import (
    HEADERS,
    HOMES,
    RULES,
    Piece,
    Sound,
    agreed,
    check,
    in_error,
    loaded,
    pieces,
    sound,
)
from tests.compiler.test_model_against_check import trades

Seen = Counter[str]
Law = Callable[[int], Seen]


PHASES = tuple(Phase)


def tried(sets: int, law: Callable[..., None], **strategies: st.SearchStrategy[Any]) -> None:
    """Run a property on so many sets; the same ones every time."""
    holds = settings(
        max_examples=sets,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=PHASES,
    )(given(**strategies)(law))
    holds()


def count(seen: Seen, policies: Sound, home: Household) -> HouseholdPolicy:
    """What is in force under a set, which is taken into the count."""
    policy = agreed(policies.typed, home)
    seen["sets"] += 1
    beside = [each for each in policy.statements if each.statement.origin is not Origin.DEFAULT]
    seen["beside the defaults"] += len(beside)
    seen["layers"] += len({each.statement.authority.layer for each in policy.statements})
    return policy


def seen_whole(typed: TypedPolicies, home: Household) -> str:
    """Everything that can be seen of a merge: `effective` as text and JSON, and who is held."""
    shown = [effective(typed, home, account.id) for account in home.accounts]
    texts = [render_effective(each, typed.sources) for each in shown]
    policy = agreed(typed, home)
    in_force = [(each.statement.key, each.accounts) for each in policy.statements]
    said = [str(each) for each in typed.diagnostics]
    return json.dumps([texts, [to_json(each) for each in shown], in_force, said, policy.remarks])


ALL = pieces("rules", "sets", "soft", "notes", "waivers")


# --- merging -------------------------------------------------------------------------------------


def order_of_files_and_statements(sets: int) -> Seen:
    """Files in another order, and in them statements: identical bytes of `effective`."""
    seen = Seen()

    def law(given: tuple[Piece, ...], home: Household, data: st.DataObject) -> None:
        policies = sound(given, home)
        count(seen, policies, home)
        files = [
            replace(file, tree=replace(file.tree, statements=data.draw(permuted(file))))
            for file in data.draw(st.permutations(joined(policies)))
        ]
        assert seen_whole(check(files), home) == seen_whole(check(joined(policies)), home)

    tried(sets, law, given=ALL, home=HOMES, data=st.data())
    return seen


def permuted(file: LoadedFile) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.permutations(file.tree.statements).map(tuple)


def joined(policies: Sound) -> list[LoadedFile]:
    """The same statements in one file a layer."""
    files = []
    for layer in LAYERS:
        own = [file for file in policies.files if file.path.startswith(f"{layer}/")]
        if own:
            head = HEADERS[layer] + "\n"
            text = head + "".join(file.text.removeprefix(head) for file in own)
            files.append(loaded(f"{layer}.policy", text))
    return files


def any_grouping(sets: int) -> Seen:
    """Statements in one file or many, and files given in overlapping groups: the same policy."""
    seen = Seen()

    def law(given: tuple[Piece, ...], home: Household, data: st.DataObject) -> None:
        policies = sound(given, home)
        whole = count(seen, policies, home)
        cut = data.draw(st.integers(0, len(policies.files)))
        back = data.draw(st.integers(0, cut))
        groups = (*policies.files[cut:], *policies.files[back:], *policies.files[:cut])
        assert seen_whole(check(groups), home) == seen_whole(policies.typed, home)
        assert said(agreed(check(joined(policies)), home)) == said(whole)

    tried(sets, law, given=ALL, home=HOMES, data=st.data())
    return seen


def names_of_files(sets: int) -> Seen:
    """Files under each other's names: the same policy."""
    seen = Seen()

    def law(given: tuple[Piece, ...], home: Household, data: st.DataObject) -> None:
        policies = sound(given, home)
        whole = count(seen, policies, home)
        names = data.draw(st.permutations([file.path for file in policies.files]))
        renamed = [
            loaded(name, file.text) for name, file in zip(names, policies.files, strict=True)
        ]
        seen["renamed"] += sum(
            new.path != old.path for new, old in zip(renamed, policies.files, strict=True)
        )
        assert said(agreed(check(renamed), home)) == said(whole)

    tried(sets, law, given=ALL, home=HOMES, data=st.data())
    assert seen["renamed"] > sets
    return seen


def said(policy: HouseholdPolicy) -> list[tuple[object, ...]]:
    """What is in force for whom, without the places."""
    return [
        (each.statement.key, each.directive.sentence(), each.accounts)
        for each in (*policy.statements, *policy.notes)
    ]


def twice_changes_nothing(sets: int) -> Seen:
    """A file given twice is one; what a merge leaves in force, merged again, stays in force."""
    seen = Seen()

    def law(given: tuple[Piece, ...], home: Household) -> None:
        policies = sound(given, home)
        count(seen, policies, home)
        twice = check((*policies.files, *policies.files))
        assert seen_whole(twice, home) == seen_whole(policies.typed, home)
        for account in home.accounts:
            first = fold(policies.typed, home, account)
            keys = {each.key for each in first.in_force}
            # A choice is one of a default, which stands behind it.
            behind = {each.rule_id for each in first.in_force if each.origin is Origin.SET}
            left = tuple(
                each
                for each in policies.typed.statements
                if each.key in keys or (each.origin is Origin.DEFAULT and each.rule_id in behind)
            )
            again = fold(replace(policies.typed, statements=left), home, account)
            assert again.in_force == first.in_force
            assert not again.clashes

    tried(sets, law, given=ALL, home=HOMES)
    return seen


# --- what is allowed -----------------------------------------------------------------------------

HARD = pieces("rules", "contested", "contested", "sets", "soft", most=7)


def broken(policy: HouseholdPolicy, home: Household, text: str) -> set[tuple[str, str]]:
    """(statement, place) of everything that finished positions break, by the exact check."""
    return {(each.key, each.where) for each in breaches(home, policy, text)}


def a_hard_rule_never_enlarges(sets: int) -> Seen:
    """What is forbidden stays forbidden when a hard rule is added, in whatever layer."""
    seen = Seen()

    def law(given: tuple[Piece, ...], rule: Piece, home: Household, text: str) -> None:
        more = sound((*given, rule), home)
        added = more.files[-1] if more.pieces[-1] is rule else None
        fewer = check(file for file in more.files if file is not added)
        if added is None or in_error(fewer, home):
            seen["left out"] += 1
        before, after = agreed(fewer, home), count(seen, more, home)
        forbidden = broken(before, home, text)
        assert forbidden <= broken(after, home, text)
        seen["forbidden"] += bool(forbidden)
        seen["forbidden by the rule"] += len(broken(after, home, text)) > len(forbidden)

    tried(sets, law, given=HARD, rule=RULES, home=HOMES, text=trades())
    assert seen["forbidden"] > sets / 4
    assert seen["sets"] - seen["forbidden"] > sets / 20
    assert seen["forbidden by the rule"] > sets / 40
    assert seen["left out"] < sets / 2
    return seen


def no_lower_layer_allows_what_is_forbidden(sets: int) -> Seen:
    """Whatever stands below a layer, what the hard rules down to it forbid stays forbidden."""
    seen = Seen()

    def law(given: tuple[Piece, ...], lowest: int, home: Household, text: str) -> None:
        whole = sound(given, home)
        above = LAYERS[: lowest + 1]
        upper = check(file for file in whole.files if file.path.split("/")[0] in above)
        assert not in_error(upper, home)
        policy = agreed(upper, home)
        hard = {
            each.statement.key for each in policy.statements if each.statement.origin is Origin.RULE
        }
        forbidden = {each for each in broken(policy, home, text) if each[0] in hard}
        assert forbidden <= broken(count(seen, whole, home), home, text)
        seen["forbidden"] += bool(forbidden)
        seen["below"] += len(upper.statements) < len(whole.typed.statements)

    layers = st.integers(0, len(LAYERS) - 2)
    tried(sets, law, given=HARD, lowest=layers, home=HOMES, text=trades())
    assert seen["forbidden"] > sets / 20
    assert seen["below"] > sets / 2
    return seen


# --- choices -------------------------------------------------------------------------------------


def a_choice_is_its_value_or_an_error(sets: int) -> Seen:
    """Inside the boundary the chosen number holds as it was written; outside, nobody trades."""
    seen = Seen()

    def law(given: tuple[Piece, ...], edge: int, value: int, layer: str, home: Household) -> None:
        policies = sound(given, home)
        count(seen, policies, home)
        default = (
            'default e.ddd\n    keep "DDD" at most 50% of account\n'
            f"    allow program, advisor, household to set between 10% and {edge}%"
        )
        more = (Piece("ipc", default), Piece(layer, f"set e.ddd to at most {value}%"))
        files = (*policies.files, *(each.file(900 + at) for at, each in enumerate(more)))
        standings = fold(check(files), home, home.accounts[0]).standings
        (chosen,) = (each for each in standings if each.statement.rule_id == "e.ddd"
                     and each.statement.origin is Origin.SET)  # fmt: skip
        inside = 10 <= value <= edge
        seen["inside"] += inside
        assert chosen.status is (Status.IN_FORCE if inside else Status.ERROR)
        assert chosen.statement.directive.describe_range() == f"at most {value}% of account"
        held = agreed(check(files), home).held
        assert bool(held) is not inside

    tried(
        sets,
        law,
        given=ALL,
        edge=st.integers(20, 80),
        value=st.integers(0, 100),
        layer=st.sampled_from(["program", "advisor", "household"]),
        home=HOMES,
    )
    assert sets / 10 < seen["inside"] < sets
    return seen


LAWS: tuple[Law, ...] = (
    order_of_files_and_statements,
    names_of_files,
    any_grouping,
    twice_changes_nothing,
    a_hard_rule_never_enlarges,
    no_lower_layer_allows_what_is_forbidden,
    a_choice_is_its_value_or_an_error,
)
