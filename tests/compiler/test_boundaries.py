"""Limits on what lower layers may write, and things of which one layer says two things."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from compiler.layers import fold
from tests.by_hand import checked_layers, usual

TILTS = "rule tilts\n    keep each asset_class target within 10 points of model\n"
EQUITY = 'rule e\n    target anything at {} where asset_class is "Equity"\n'
POOL = 'define pool as "BBB", "CCC"\nrule pool_only\n    only replace {} with pool\n'


def clashes(texts: Mapping[str, str], owner: str = "TX") -> list[tuple[str, set[str]]]:
    """Codes, and the files (numbered as in `texts`) that each clash shows."""
    home = usual()
    account = next(a for a in home.accounts if a.id == owner)
    found = fold(checked_layers(texts), home, account).clashes
    return [
        (c.diagnostic.code, {x.span.path[0] for x in (c.diagnostic.primary, *c.diagnostic.related)})
        for c in found
    ]


@pytest.mark.parametrize(
    ("weight", "fine"),
    [
        ("60% of account", True),  # CORE has 70% in equity
        ("59% of account", False),
        ("80% of account", True),
        ("81% of account", False),
        ("90% of model", True),
        ("80% of model", False),
        # what it comes to in the end counts, not the first step
        ("40% of account evenly over 5 years", False),
    ],
)
def test_tilts_stay_inside_their_boundary(weight: str, fine: bool) -> None:
    lower = EQUITY.format(weight) + "    from 2026-01-01\n"
    found = clashes({"ipc": TILTS, 'household "H1"': lower})
    assert found == ([] if fine else [("E0422", {"0", "1"})])


def test_all_tilts_together_stay_inside() -> None:
    one = 'rule a\n    target "AAA", "BBB", "CCC", "FND" at 62% of account\n'
    other = 'rule b\n    target "DDD" at 33% of account\n'
    assert clashes({"ipc": TILTS, 'household "H1"': one}) == []
    both = {"ipc": TILTS, 'household "H1"': one, 'account "TX"': other}
    assert clashes(both) == [("E0422", {"0", "1", "2"})]


def test_a_boundary_binds_no_higher_layer() -> None:
    assert clashes({"ipc": EQUITY.format("10% of account"), 'household "H1"': TILTS}) == []


@pytest.mark.parametrize(
    ("things", "lower", "fine"),
    [
        ("anything", 'replace "AAA" with "CCC"', True),
        ("anything", 'replace "AAA" with "CCC", "DDD"', False),
        ('"FND"', 'replace "AAA" with "DDD"', True),
        # the fund holds AAA and XXX, which are not in the pool
        ('"FND"', 'replace "FND" with constituents', False),
    ],
)
def test_replacements_come_from_the_pool(things: str, lower: str, fine: bool) -> None:
    found = clashes({"ipc": POOL.format(things), 'household "H1"': f"rule r\n    {lower}\n"})
    assert found == ([] if fine else [("E0421", {"0", "1"})])


def test_what_a_pool_excepts_may_be_replaced_freely() -> None:
    """I7 beside M8: the fund that a direct index replaces is not one of those."""
    lower = 'rule r\n    replace "FND" with constituents\n'
    upper = POOL.format("anything") + '    except "FND"\n'
    assert clashes({"ipc": upper, 'household "H1"': lower}) == []
    assert clashes({"ipc": POOL.format("anything"), 'household "H1"': lower}) != []


def test_a_pool_of_a_group_by_condition() -> None:
    upper = (
        'define funds as anything where kind is "etf"\n'
        'rule p\n    only replace funds with anything where kind is "etf"\n'
    )
    swap = "rule r\n    replace {} with {}\n"
    for things, instead, codes in (
        ('"FND"', '"DDD"', []),
        ('"FND"', '"AAA"', ["E0421"]),
        ('"AAA"', '"BBB"', []),
    ):
        texts = {"ipc": upper, 'account "TX"': swap.format(things, instead)}
        assert [code for code, _ in clashes(texts)] == codes


def test_transitions_of_clients_last_as_long_as_their_advisor_says() -> None:
    """A4: transitions in my book take at most three tax years."""
    upper = "rule t\n    keep each transition at most 3 years\n"
    for time, codes in (
        ("within 90 days", []),
        ("within 37 months", ["E0423"]),
        ("by 2029-01-01", []),
        ("by 2029-01-02", ["E0423"]),
    ):
        lower = f'rule r\n    never hold "AAA"\n    existing positions comply {time}\n'
        texts = {"ipc": upper, 'household "H1"': f"{lower}    from 2026-01-01\n"}
        assert [code for code, _ in clashes(texts)] == codes


def test_one_layer_replaces_a_thing_once() -> None:
    both = (
        'rule a\n    replace "FND" with "CCC"\n'
        'define funds as anything where kind is "etf"\nrule b\n    replace funds with "BBB"\n'
    )
    assert clashes({'household "H1"': both}) == [("E0402", {"0"})]
    assert clashes({'household "H1"': both + '    except "FND"\n'}) == []


def test_one_layer_puts_a_thing_in_one_class() -> None:
    both = (
        'rule a\n    treat "AAA", "BBB" as one for drift\n'
        'rule b\n    treat "BBB", "CCC" as one for drift\n'
    )
    assert clashes({'household "H1"': both}) == [("E0402", {"0"})]
