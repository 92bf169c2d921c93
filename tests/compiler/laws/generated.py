"""Policy sets without a mistake, made up.

They speak from all layers and of many kinds, with guards, dates, choices, notes and waivers. A set
is made of pieces: a definition, a rule, default, note or `set` with the layer it stands in. Every
piece is a file of its own, so that a piece that disagrees with another can be taken out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from hypothesis import strategies as st

from compiler.check import TypedPolicies, check_policies
from compiler.layers import fold, household_policy
from compiler.policyset import LAYERS, LoadedFile, PolicySet
from compiler.statements import HouseholdPolicy
from grammar.diagnostics import Severity
from grammar.parse import parse
from portfolio.household import Household
from tests.by_hand import AS_OF, ATTRIBUTES
from tests.compiler.test_model_against_check import HOMES as UNCLAIMED

HEADERS = {
    "firm": "layer firm",
    "ipc": "layer ipc",
    "program": 'layer program "direct"',
    "advisor": 'layer advisor "ADV1"',
    "household": 'layer household "H1"',
    "account": 'layer account "TX"',
}


def claimed(home: Household) -> Household:
    """The household as a client of the advisor and program of the sets."""
    accounts = tuple(replace(each, program="direct") for each in home.accounts)
    return replace(home, advisor="ADV1", accounts=accounts)


HOMES = UNCLAIMED.map(claimed)


@dataclass(frozen=True)
class Piece:
    """One file: its layer, and what it says. `{}` in the text becomes the piece's own id.

    `account` is whose file it is, in the layer of accounts.
    """

    layer: str
    text: str
    hard: bool = False
    account: str = "TX"

    def file(self, number: int) -> LoadedFile:
        header = HEADERS[self.layer].replace("TX", self.account)
        text = f"{header}\n{self.text.replace('{}', f'p{number}')}\n"
        return loaded(f"{self.layer}/p{number}.policy", text)


@lru_cache(maxsize=20_000)
def loaded(path: str, text: str) -> LoadedFile:
    tree, found = parse(text, path)
    assert not found, (text, [each.message for each in found])
    return LoadedFile(path, text, "", tree)


LIBRARY = Piece(
    "firm",
    "define oily as anything where revenue.oil at least 20%\n"
    'define core as "AAA", "FND"\n'
    'define iras as accounts where account.type is "roth_ira"\n'
    "define summer as 2026-06-01 to 2026-08-31",
)
DEFAULTS = Piece(
    "ipc",
    "default d.cash\n    keep cash between 2% and 40% of account\n"
    "    allow program, advisor, household, account to set between 0% and 60%\n"
    'default d.ccc\n    keep "CCC" at most 40% of account\n'
    "    allow program, advisor, household to set between 5% and 80%\n"
    "    allow household to set off\n"
    "default d.trade\n    keep each trade at least $90\n"
    "    allow program, advisor, household, account to set between $10 and $1,000\n"
    "default d.risk\n    use risk aversion 10\n"
    "    allow household, account to set between 2 and 50",
)
BASE = (LIBRARY, DEFAULTS)

# --- pieces --------------------------------------------------------------------------------------

THINGS = ['"AAA"', '"BBB", "CCC"', "oily", "core", '"DDD"', 'anything where sector is "Tech"']
RESTRICTED = [
    *(f"never {action} {things}" for action in ("buy", "hold", "trade") for things in THINGS),
    'never sell "AAA" where lot.acquired before 2021-01-01',
    "never sell anything where lot.gain above $1,000",
    "only buy anything where revenue.oil below 60%\n    missing counts as allowed",
    "never buy anything where revenue.oil at least 10%\n    missing counts as excluded",
    "only harvest anything where lot.loss above $500",
    "prevent wash sales across household",
    'never hold "BBB"\n    existing positions comply within 90 days',
]
LIMITED = [
    *(f'keep "CCC" at most {percent}.003% of account' for percent in (7, 15, 30)),
    *(f"keep each issuer at most {percent}.003% of account" for percent in (25, 35, 45)),
    *(f"keep cash at least {percent}.003% of account" for percent in (1, 3, 9)),
    *(f"keep cash at most {percent}.003% of account" for percent in (15, 22, 60)),
    *(f"keep each sector within {points}.003 points of model" for points in (8, 15)),
    *(f"keep realized gains at most ${money} each year per taxpayer" for money in (103, 1_003)),
    *(f"keep turnover at most {percent}.003% of account each year" for percent in (6, 20)),
    "keep each trade at least $456",
    "keep core at most 60.003% of household",
    'keep "BBB" at most 5.003% of account\n    existing positions may stay',
]
WHEN = [
    *[""] * 5,
    "\n    when account.taxable",
    "\n    when not account.taxable",
    "\n    when account in iras",
    '\n    when taxpayer.state is "CA" and account.discretionary',
    "\n    when today in summer",
    '\n    except when account.type is "roth_ira"',
]
DAYS = [
    *[""] * 5,
    "\n    from 2026-01-01",
    "\n    until 2026-12-31",
    "\n    from 2026-07-01",
    "\n    until 2026-06-01",
]
CHOICES = [
    *(f"set d.cash to between {low}% and {high}%" for low in (0, 1, 3) for high in (15, 50)),
    *(f"set d.ccc to at most {percent}%" for percent in (10, 25, 60)),
    "set d.ccc to off",
    *(f"set d.trade to at least ${money}" for money in (20, 300, 456)),
    *(f"set d.risk to {number}" for number in (4, 20)),
]
ANY_LAYER = st.sampled_from(LAYERS)
CLAUSES = st.tuples(st.sampled_from(WHEN), st.sampled_from(DAYS)).map("".join)


def _rule(layer: str, line: str, clauses: str) -> Piece:
    return Piece(layer, f"rule {{}}\n    {line}{clauses}", hard=True)


def _waiver(layer: str, line: str, things: str) -> Piece:
    terms = '    from 2026-06-01 until 2026-08-29\n    because "Why"\n    approved by "Who"'
    return Piece(layer, f"rule {{}}\n    {line}\nwaive {{}} for {things}\n{terms}")


RULES = st.builds(_rule, ANY_LAYER, st.sampled_from([*RESTRICTED, *LIMITED]), CLAUSES)
NOTES = st.builds(
    lambda layer, line: Piece(layer, f"note {{}}\n    {line}"), ANY_LAYER, st.sampled_from(LIMITED)
)
SETS = st.builds(
    lambda layer, line, when: Piece(layer, line + when),
    st.sampled_from(LAYERS[2:]),
    st.sampled_from(CHOICES),
    st.sampled_from([each for each in WHEN if "except" not in each]),
)
WAIVED = st.builds(
    _waiver,
    ANY_LAYER,
    st.sampled_from([each for each in RESTRICTED if "\n" not in each and "prevent" not in each]),
    st.sampled_from(['existing "AAA"', "anything", '"BBB"']),
)
CONTESTED = st.builds(
    lambda layer, line: _rule(layer, line, ""),
    ANY_LAYER,
    st.sampled_from([each for each in LIMITED if "CCC" in each or "issuer" in each]),
)
"""Rules of all layers about few things, of which some bind the trades that are tried."""
SOFT = st.builds(
    lambda layer, line, number: Piece(layer, f"rule {{}}\n    {line}\n    soft priority {number}"),
    ANY_LAYER,
    st.sampled_from([each for each in LIMITED if "gains" not in each and "\n" not in each]),
    st.integers(1, 3),
)
KINDS = {
    "rules": RULES,
    "contested": CONTESTED,
    "soft": SOFT,
    "sets": SETS,
    "notes": NOTES,
    "waivers": WAIVED,
}


def pieces(*kinds: str, most: int = 9) -> st.SearchStrategy[tuple[Piece, ...]]:
    """So many pieces of these kinds, on the library and the defaults that every set has."""
    some = st.one_of(*(KINDS[kind] for kind in kinds for _ in range(3 if kind == "rules" else 1)))
    return st.lists(some, min_size=2, max_size=most, unique=True).map(tuple)


# --- sets ----------------------------------------------------------------------------------------


class Sound(NamedTuple):
    """Pieces that agree, as a policy set and as typed policies; what was taken out is not there."""

    files: tuple[LoadedFile, ...]
    pieces: tuple[Piece, ...]
    typed: TypedPolicies


def policy_set(files: Iterable[LoadedFile]) -> PolicySet:
    return PolicySet("generated", LAYERS, (), tuple(files), ())


def check(files: Iterable[LoadedFile]) -> TypedPolicies:
    return check_policies(policy_set(files), ATTRIBUTES)


def sound(given: Iterable[Piece], home: Household, number: int = 0) -> Sound:
    """The pieces without those that an error names; numbers of pieces begin with `number`."""
    left = [(each.file(at), each) for at, each in enumerate((*BASE, *given), number)]
    while True:
        typed = check(file for file, _ in left)
        wrong = in_error(typed, home)
        if not wrong:
            return Sound(tuple(file for file, _ in left), tuple(each for _, each in left), typed)
        fine = [pair for pair in left if pair[0].path not in wrong or pair[1] in BASE]
        assert len(fine) < len(left), wrong
        left = fine


def in_error(typed: TypedPolicies, home: Household) -> set[str]:
    """The files that errors speak of."""
    found = [each for each in typed.diagnostics if each.severity is Severity.ERROR]
    for account in home.accounts:
        policy = fold(typed, home, account)
        found += (clash.diagnostic for clash in policy.clashes)
        found += (each.found for each in policy.waivers if each.found is not None)
    return {label.span.path for each in found for label in (each.primary, *each.related)}


def agreed(typed: TypedPolicies, home: Household) -> HouseholdPolicy:
    assert home.as_of == AS_OF
    return household_policy(typed, home)
