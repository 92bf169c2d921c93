"""Sets of rules that cannot be kept together, of which none can be spared; and what all of them
have in common.

One set is found by halving (QuickXplain; Junker 2004), all of them by a tree of hitting sets
(Reiter 1987): what hits every set is what has to give way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from policydsl.conflicts.question import Question, WorkEndedError

MOST_SETS = 12


@dataclass(frozen=True, slots=True)
class Sets:
    """`conflicts` are irreducible, the smallest first; `ways_out` are rules that have to give way
    together, of which none can be spared. `complete` where there are no others."""

    conflicts: tuple[tuple[str, ...], ...]
    ways_out: tuple[tuple[str, ...], ...]
    complete: bool


def irreducible_sets(question: Question) -> Sets:
    """The sets of a household, all of them where the work it may take allows it."""
    rules = question.rules
    found: list[frozenset[str]] = []
    hits: list[frozenset[str]] = []
    pending: deque[frozenset[str]] = deque([frozenset()])
    seen = {frozenset[str]()}
    complete = True
    try:
        while pending:
            path = pending.popleft()
            if any(hit <= path for hit in hits):
                continue
            known = next((each for each in found if not each & path), None)
            if known is None:
                rest = [rule for rule in rules if rule not in path]
                if question.together(rest):
                    hits.append(path)
                    continue
                if len(found) == MOST_SETS:
                    complete = False
                    continue
                known = frozenset(irreducible(question, rest))
                found.append(known)
            for rule in (rule for rule in rules if rule in known):
                if path | {rule} not in seen:
                    seen.add(path | {rule})
                    pending.append(path | {rule})
    except WorkEndedError:
        complete = False
    place = {rule: number for number, rule in enumerate(rules)}
    ordered = [tuple(sorted(each, key=place.__getitem__)) for each in found if each]
    ordered.sort(key=lambda each: (len(each), [place[rule] for rule in each]))
    ways = tuple(tuple(sorted(each, key=place.__getitem__)) for each in hits if each)
    return Sets(tuple(ordered), ways, complete)


def irreducible(question: Question, rules: Sequence[str]) -> list[str]:
    """Some of the rules that cannot be kept together, though all but any one of them can."""
    found = _halved(question, [], False, list(rules))
    # Rules that set values may lift what others ask; then halving is not enough.
    if question.together(found):
        found = list(rules)
    for rule in list(found):
        rest = [each for each in found if each != rule]
        if rest and not question.together(rest):
            found = rest
    return found


def _halved(question: Question, kept: list[str], more: bool, rules: list[str]) -> list[str]:
    """Those of `rules` that clash with the `kept` ones, of which `more` were just added."""
    if more and not question.together(kept):
        return []
    if len(rules) == 1:
        return rules
    half = len(rules) // 2
    first, second = rules[:half], rules[half:]
    late = _halved(question, kept + first, bool(first), second)
    early = _halved(question, kept + late, bool(late), first)
    return early + late
