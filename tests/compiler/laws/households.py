"""Households made up: one to five accounts of every type and owner, and policies for them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from portfolio.household import Account, Household, Lot
from tests.by_hand import account, household, lot, taxpayer
from tests.compiler.laws.generated import CLAUSES, KINDS, Piece
from tests.compiler.test_model_against_check import RULES, SCHEDULES, SETTINGS

# --- accounts ------------------------------------------------------------------------------------

T1, T2, T3 = "T1", "T2", "T3"
KINDS_OF_ACCOUNT = {
    "TX": {"kind": "taxable"},
    "IRA": {"kind": "traditional_ira"},
    "ROTH": {"kind": "roth_ira"},
    "K401": {"kind": "k401"},
    "HSA": {"kind": "hsa"},
    "TRUST": {"kind": "trust", "entity": T2},
    "WIFE": {"kind": "taxable", "owner": "spouse", "entity": T3},
    "AWAY": {"kind": "k401", "owner": "spouse", "held_away": True},
}
NAMES = tuple(KINDS_OF_ACCOUNT)
LOTS = (
    ("AAA", 200, 10_000, "2020-01-02"),
    ("AAA", 60, 9_000, "2026-05-28"),
    ("BBB", 400, 30_000, "2020-01-02"),
    ("BBB", 200, 9_000, "2026-01-15"),
    ("CCC", 500, 8_000, "2019-03-05"),
    ("DDD", 300, 3_100, "2024-02-29"),
    ("FND", 500, 15_000, "2025-06-15"),
)


def lots_of(name: str, numbers: tuple[int, ...]) -> list[Lot]:
    """Lots of the list above, named after their account."""
    return [lot(f"{name}-{k}", *LOTS[k]) for k in numbers]


@st.composite
def accounts(draw: st.DrawFn, name: str) -> Account:
    """An account of that name with some of the lots above, cash or none, and more or less said."""
    numbers = draw(st.lists(st.sampled_from(range(len(LOTS))), max_size=4, unique=True))
    more = {
        "program": draw(st.sampled_from(["direct", "direct", None])),
        "discretionary": draw(st.booleans()),
        "fractional": draw(st.booleans()),
        "unsettled_cash": draw(st.sampled_from([0, 0, 1_500])),
    }
    cash = draw(st.sampled_from([0, 700, 12_000, 40_000]))
    made = account(
        name, cash, *lots_of(name, tuple(sorted(numbers))), **KINDS_OF_ACCOUNT[name], **more
    )
    return made if made.lots or cash else replace(made, cash=made.cash + 500)


@st.composite
def homes(draw: st.DrawFn, least: int = 1, most: int = 5) -> Household:
    """Households of the advisor of the policies, joint ones and separate ones."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=least, max_size=most, unique=True))
    home = household(
        *(draw(accounts(name)) for name in names),
        entities=[
            taxpayer(ytd_short=307, carry_long=100),
            taxpayer(T2, "trust"),
            taxpayer(T3, "separate", ytd_long=-5_007),
        ],
        blocks=draw(st.sampled_from([(), ("CCC",)])),
    )
    return replace(
        home,
        advisor=draw(st.sampled_from(["ADV1", "ADV1", None])),
        tags=frozenset(draw(st.sampled_from([(), ("founder",)]))),
        management=draw(st.sampled_from(["separate", "joint"])),
    )


def alone(home: Household, name: str) -> Household:
    """The household as if the account were its only one."""
    return replace(home, accounts=tuple(each for each in home.accounts if each.id == name))


# --- policies ------------------------------------------------------------------------------------

MORE = (
    "use highest cost lots",
    "use fractional shares",
    "prefer buying core over oily",
    "report trading oily",
    'ask "Chief" before selling core',
    "pay $600 each month per account",
    "reserve $1,000 by 2026-07-01 per account",
    "invest $9,000 evenly over 6 months per account\n    from 2026-06-01",
    "keep each waiver at most 90 days",
    "keep each asset_class target within 40 points of model",
    "keep each transition at most 3 years",
    'use model "CORE"',
)
OF_HOUSEHOLD = ("household", "taxpayer", "across")


def said_of_account(line: str) -> bool:
    """Whether nothing of a line is of more than one account."""
    return not any(word in line for word in OF_HOUSEHOLD)


@dataclass(frozen=True)
class Kinds:
    """Lines of every kind, those that are of one account and the others."""

    lines = tuple(line.replace("\n", "\n    ") for line in (*RULES, *SETTINGS, *SCHEDULES, *MORE))
    own = tuple(line for line in lines if said_of_account(line))
    shared = tuple(line for line in lines if not said_of_account(line))


LAYERS_OF_OWNERS = ("firm", "ipc", "program", "advisor", "household", "account", "account")


def _ruled(layer: str, line: str, clauses: str, whose: str) -> Piece:
    # A line has its own `when` or `from`, if it has any.
    said = "" if "\n" in line else clauses
    return Piece(layer, f"rule {{}}\n    {line}{said}", hard=True, account=whose)


def ruled(lines: tuple[str, ...]) -> st.SearchStrategy[Piece]:
    return st.builds(
        _ruled,
        st.sampled_from(LAYERS_OF_OWNERS),
        st.sampled_from(lines),
        CLAUSES,
        st.sampled_from(NAMES[:4]),
    )


def _handed(piece: Piece, whose: str) -> Piece:
    return replace(piece, account=whose)


WAIVED_FOR_SOME = st.builds(
    "rule {{}}\n    never hold {}\nwaive {{}} for {}\n    when {}\n"
    "    from 2026-06-01 until 2026-08-29\n"
    '    because "Why"\n    approved by "Who"'.format,
    st.sampled_from(['"AAA"', "core", "oily"]),
    st.sampled_from(['existing "AAA"', '"AAA"', "anything"]),
    st.sampled_from(["account.taxable", 'account.type is "k401"', "not account.discretionary"]),
).map(lambda text: Piece("firm", text))
CHOSEN = st.builds(
    _handed,
    st.one_of(
        *(KINDS[kind] for kind in ("sets", "soft", "notes", "waivers", "rules")), WAIVED_FOR_SOME
    ),
    st.sampled_from(NAMES[:4]),
)
OWN = CHOSEN.filter(lambda piece: said_of_account(piece.text))


def policies(
    *some: st.SearchStrategy[Piece], most: int = 9
) -> st.SearchStrategy[tuple[Piece, ...]]:
    """So many pieces, of every kind of line and of choices, notes and waivers."""
    return st.lists(st.one_of(*some), min_size=2, max_size=most, unique=True).map(tuple)


CONTRADICTING = ruled(("keep cash at most 1.003% of account", 'keep "CCC" at least 81% of account'))
ACCOUNT_BY_ACCOUNT = policies(ruled(Kinds.own), ruled(Kinds.own), OWN, CONTRADICTING)
ANY = policies(ruled(Kinds.own), ruled(Kinds.shared), CHOSEN, CONTRADICTING)


# --- trades --------------------------------------------------------------------------------------


def what(order: str) -> str:
    """The lot, or the security and account, of an order."""
    return order.partition(" ")[2]


def whose(order: str) -> str:
    """The account of an order."""
    return what(order).split()[-1].partition("-")[0]


def orders(home: Household) -> st.SearchStrategy[str]:
    """A few orders in one account or in several."""
    lots = [each.id for account in home.accounts for each in account.lots]
    names = [each.id for each in home.accounts]
    sales = st.builds("-{} {}".format, st.sampled_from([1, 30, 200, 500]), st.sampled_from(lots))
    buys = st.builds(
        "+{} {} {}".format,
        st.sampled_from([1, 9, 60, 240, 2_000]),
        st.sampled_from(["AAA", "BBB", "CCC", "DDD", "FND"]),
        st.sampled_from(names),
    )
    some = st.one_of(sales, buys) if lots else buys
    return st.lists(some, min_size=1, max_size=4, unique_by=what).map(", ".join)
