"""`prevent cross trades` over a whole run: who gives way, in which order, and how it is shown."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policydsl.compared import recorded_facing
from policydsl.inputs import read_inputs, recorded_inputs
from policydsl.propose import Proposal
from policydsl.rebalance import proposal_of, proposals_of
from tests.policydsl.runs import (
    SHARED,
    Document,
    policydsl,
    proposal,
    proposals,
    rebalanced,
    record,
    rows,
    trade_rows,
    words_of,
    write_rows,
)
from tests.policydsl.small_books import Tables, books, policies_of
from tests.policydsl.test_verify import differences, mended

RULE = """rule firm.cross "No cross trades between clients"
    prevent cross trades across {across}
    {more}
    because "One client is not the other's market"
"""


def rule(across: str = "firm", more: str = "") -> str:
    return RULE.format(across=across, more=more)


def three_clients() -> Tables:
    """H1 is to sell $50,000 of AAA, H2 to buy $30,000 of it and H3 $10,000; all buy BBB."""
    tables = Tables()
    for name in ("AAA", "BBB"):
        tables.security(name, 100)
    for name, advisor in (("H1", "ADV1"), ("H2", "ADV1"), ("H3", "ADV2")):
        tables.client(name, {"AAA": "0.5", "BBB": "0.5"}, advisor=advisor)
    tables.account("H1", lots=[("AAA", 1_000, 99_000)])
    tables.account("H2", cash=60_000)
    tables.account("H3", cash=20_000)
    return tables


def run_of(
    folder: Path, tables: Tables, text: str, households: tuple[str, ...] = (), **files: str
) -> Path:
    book = tables.written(folder / "book")
    return rebalanced(
        folder / "run", book, policies_of(folder / "policies", firm=text, **files), households
    )


def sides(run: Path, security: str = "AAA") -> dict[str, set[str]]:
    """Who buys and who sells."""
    found: dict[str, set[str]] = {"buy": set(), "sell": set()}
    for row in trade_rows(run):
        if row["security_id"] == security:
            found[row["side"]].add(row["household_id"])
    return found


def test_without_a_rule_they_cross(tmp_path: Path) -> None:
    run = run_of(tmp_path, three_clients(), 'note firm.x "N"\n    never buy "BBB"\n')
    assert sides(run) == {"buy": {"H2", "H3"}, "sell": {"H1"}}
    block = rows(run / "blocks.csv")[0]
    assert (block["crossing"], block["rules"], block["giving_way"]) == ("crosses", "", "0")
    assert all(not document["gives_way"] for document in proposals(run))


def test_the_side_of_more_dollars_stays(tmp_path: Path) -> None:
    run = run_of(tmp_path, three_clients(), rule())
    assert sides(run) == {"buy": set(), "sell": {"H1"}}
    bar = {"rule_id": "firm.cross", "statement": "firm.cross", "among": "", "security_id": "AAA"}
    assert [document["gives_way"] for document in proposals(run)] == [
        [],
        [bar | {"side": "buy"}],
        [bar | {"side": "buy"}],
    ]
    block = rows(run / "blocks.csv")[0]
    assert (block["crossing"], block["rules"], block["giving_way"]) == (
        "prevented",
        "firm.cross",
        "2",
    )
    assert record(run)["totals"]["gave_way"] == 2
    assert differences(run) == []


def test_more_buyers_than_the_seller_has_and_it_does_not_sell(tmp_path: Path) -> None:
    tables = three_clients()
    tables.client("H4", {"AAA": "0.5", "BBB": "0.5"})
    tables.account("H4", cash=100_000)
    run = run_of(tmp_path, tables, rule())
    assert sides(run) == {"buy": {"H2", "H3", "H4"}, "sell": set()}
    assert [document["gives_way"] != [] for document in proposals(run)] == [
        True,
        False,
        False,
        False,
    ]


def test_equal_dollars_and_the_sale_stays(tmp_path: Path) -> None:
    tables = Tables()
    for name in ("AAA", "BBB"):
        tables.security(name, 100)
    for name in ("H1", "H2"):
        tables.client(name, {"AAA": "0", "BBB": "0"} if name == "H1" else {"AAA": "0.5"})
    tables.account("H1", lots=[("AAA", 100, 9_900)])
    tables.account("H2", cash=20_000)
    free = 'rule firm.free "F"\n    use trading cost 0 bps\n'
    crossing = run_of(tmp_path / "free", tables, free)
    amounts = {row["household_id"]: row["amount"] for row in trade_rows(crossing)}
    assert amounts == {"H1": "10000.00", "H2": "10000.00"}
    assert sides(run_of(tmp_path, tables, free + rule())) == {"buy": set(), "sell": {"H1"}}


def test_who_gave_way_to_an_order_that_is_gone_is_solved_once_more(tmp_path: Path) -> None:
    """H1 sells AAA for BBB, of which H3 sells far more. H2 gives way to the sale of AAA; but with
    no BBB to buy, and no room for cash, H1 sells none, and H2 may buy after all."""
    tables = Tables()
    for name in ("AAA", "BBB", "CCC"):
        tables.security(name, 100)
    tables.client("H1", {"AAA": "0.5", "BBB": "0.5"})
    tables.account("H1", lots=[("AAA", 1_000, 99_000)])
    tables.client("H2", {"AAA": "0.5", "CCC": "0.5"})
    tables.account("H2", cash=60_000)
    tables.client("H3", {"CCC": "1"})
    tables.account("H3", lots=[("BBB", 3_000, 297_000)])
    full = (
        'rule firm.cash "C"\n    keep cash at most 1% of account\n'
        'rule firm.least "L"\n    keep each trade at least $5,000\n'
    )
    run = run_of(tmp_path, tables, rule() + full)
    assert sides(run) == {"buy": {"H2"}, "sell": set()}
    given = {d["household_id"]: [g["security_id"] for g in d["gives_way"]] for d in proposals(run)}
    assert given == {"H1": ["BBB"], "H2": [], "H3": []}
    assert differences(run) == []
    assert policydsl("verify", run, "--replay").exit_code == 0


@pytest.mark.parametrize("due", [0, -4_000])
def test_a_sale_that_raises_cash_stays(tmp_path: Path, due: int) -> None:
    """H1 has to pay $4,000 and holds nothing but AAA, of which the others buy far more."""
    tables = Tables()
    for name in ("AAA", "BBB"):
        tables.security(name, 100)
    tables.client("H1", {"AAA": "0.9"})
    tables.account("H1", lots=[("AAA", 100, 9_900)])
    if due:
        flow = {"date": "2026-06-15", "amount": due, "kind": "withdrawal"}
        tables.add("flows", account_id="H1-TX", **flow)
    tables.client("H2", {"AAA": "0.5", "BBB": "0.5"})
    tables.account("H2", cash=60_000)
    run = run_of(tmp_path, tables, rule())
    assert sides(run) == ({"buy": set(), "sell": {"H1"}} if due else {"buy": {"H2"}, "sell": set()})
    if due:
        assert Decimal(proposal(run, "H1")["accounts"][0]["after"]["cash"]) >= 0


@pytest.mark.parametrize(
    ("across", "more", "buyers"),
    [
        ("advisor", "", {"H3"}),
        ("firm", 'except "AAA"', {"H2", "H3"}),
        ("firm", 'except "BBB"', set()),
        ('firm where ticker is "BBB"', "", {"H2", "H3"}),
    ],
)
def test_whose_orders_may_not_meet(
    tmp_path: Path, across: str, more: str, buyers: set[str]
) -> None:
    run = run_of(tmp_path, three_clients(), rule(across, more))
    assert sides(run)["buy"] == buyers
    assert differences(run) == []


def test_who_is_under_the_rule_gives_way_to_who_is_not(tmp_path: Path) -> None:
    """H1 sells most, and H2, whom the rule does not name, buys: nothing bars H2. H3 meets nobody
    once H1 has given way."""
    run = run_of(tmp_path, three_clients(), rule(more='when household.id is not "H2"'))
    assert sides(run) == {"buy": {"H2", "H3"}, "sell": set()}
    assert [document["gives_way"] != [] for document in proposals(run)] == [True, False, False]
    assert differences(run) == []


def test_a_rule_of_one_household_is_kept_by_it_alone(tmp_path: Path) -> None:
    """H2 buys more than H1 sells, and gives way all the same: the rule binds nobody else."""
    own = rule().replace("firm.cross", "household.cross")
    none = 'note firm.x "N"\n    never buy "BBB"\n'
    tables = three_clients()
    tables.account("H2", "IRA", cash=400_000, type="roth_ira")
    run = run_of(tmp_path, tables, none, household=own)
    assert sides(run) == {"buy": {"H3"}, "sell": {"H1"}}
    assert [document["gives_way"] != [] for document in proposals(run)] == [False, True, False]
    assert differences(run) == []


def test_a_default_can_be_switched_off_where_it_says_so(tmp_path: Path) -> None:
    default = rule().replace("rule ", "default ", 1) + "    allow household to set off\n"
    off = 'set firm.cross to off\n    because "H2 consented"\n'
    run = run_of(tmp_path, three_clients(), default, household=off)
    assert sides(run) == {"buy": {"H2", "H3"}, "sell": set()}
    assert differences(run) == []


def test_a_client_of_its_own_on_both_sides_does_not_cross(tmp_path: Path) -> None:
    tables = Tables()
    for name in ("AAA", "BBB"):
        tables.security(name, 100)
    tables.client("H1", {"AAA": "0.5", "BBB": "0.5"})
    tables.account("H1", lots=[("AAA", 1_000, 99_000)])
    tables.account("H1", "IRA", cash=60_000, type="roth_ira")
    run = run_of(tmp_path, tables, rule())
    assert sides(run) == {"buy": {"H1"}, "sell": {"H1"}}
    assert proposal(run, "H1")["gives_way"] == []


def test_a_waived_rule_lets_two_clients_cross(tmp_path: Path) -> None:
    waiver = """waive firm.cross for anything
    when household.id in ("H1", "H2")
    from 2026-06-01 until 2026-06-30
    because "Both consented"
    approved by "CCO"
"""
    run = run_of(tmp_path, three_clients(), rule(), ipc="", **{})
    assert sides(run)["buy"] == set()
    text = rule() + waiver
    again = run_of(tmp_path / "waived", three_clients(), text)
    assert sides(again)["sell"] == {"H1"}
    assert sides(again)["buy"] == {"H2"}
    assert proposal(again, "H3")["gives_way"] != []


def test_it_is_explained(tmp_path: Path) -> None:
    run = run_of(tmp_path, three_clients(), rule())
    said = words_of(policydsl("explain", run, "--household", "H2").stdout)
    told = "gives way to orders of other clients: does not buy AAA [firm.cross firm.policy:5]"
    assert told in said
    assert "buy AAA in H2-TX" in said
    assert "H1" not in said
    by_rule = words_of(policydsl("explain", run, "--rule", "firm.cross").stdout)
    assert "H2: a cause of" in by_rule
    assert "H1: a cause of" not in by_rule
    why = words_of(policydsl("explain", run, "--household", "H2", "--why-not", "AAA").stdout)
    assert "barred by prevent cross trades across firm [firm.cross, firm.policy:5]" in why
    found = json.loads(policydsl("explain", run, "--blocks", "--format", "json").stdout)["blocks"]
    assert (found[0]["crossing"], found[0]["giving_way"]) == ("prevented", ["H2", "H3"])
    blocks = words_of(policydsl("explain", run, "--blocks").stdout)
    assert "2 clients gave way: firm.cross" in blocks
    assert "1 would cross, had 2 clients not given way" in blocks


def test_what_if_compares_whole_runs(tmp_path: Path) -> None:
    tables = three_clients()
    book = tables.written(tmp_path / "book")
    none = policies_of(tmp_path / "policies", firm='note firm.x "N"\n    never buy "BBB"\n')
    added = policies_of(tmp_path / "more", ipc=rule()) / "ipc.policy"
    words = (
        "rebalance",
        "--book",
        book,
        "--policies",
        none,
        "--what-if",
        added,
        "--format",
        "json",
    )
    after = json.loads(policydsl(*words).stdout)
    changed = {one["household_id"]: one["trades"] for one in after["households"]}
    assert changed["H1"] == []
    assert [t["after"] for t in changed["H2"] if t["trade_id"] == "H2-TX:AAA:buy"] == ["0"]


def test_a_run_of_one_says_with_whom_it_was_not_compared(tmp_path: Path) -> None:
    run = run_of(tmp_path, three_clients(), rule(), households=("H1",))
    assert proposal(run, "H1")["findings"] == [
        "firm.cross (firm.policy:5): held against the orders of 0 other clients in this run; "
        "what 2 more trade today is not known to it"
    ]
    pair = run_of(tmp_path / "pair", three_clients(), rule("advisor"), households=("H1", "H2"))
    assert [document["findings"] for document in proposals(pair)] == [[], []]
    assert differences(run) == []


def test_a_note_reports_what_crosses_and_bars_nothing(tmp_path: Path) -> None:
    run = run_of(tmp_path, three_clients(), rule().replace("rule ", "note ", 1))
    assert sides(run) == {"buy": {"H2", "H3"}, "sell": {"H1"}}
    said = "note firm.cross (firm.policy:5), prevent cross trades across firm: not so for"
    assert proposal(run, "H2")["findings"] == [f"{said} H2-TX AAA"]


def test_a_forged_cross_is_found_without_the_solver(tmp_path: Path) -> None:
    """The run of a set without the rule, told as one with it: hashes mended, `verify` finds it."""
    run = run_of(tmp_path, three_clients(), 'note firm.x "N"\n    never buy "BBB"\n')
    assert differences(run) == []
    path = run / "inputs" / "policies" / "firm.policy"
    path.write_text(path.read_text("utf-8") + rule(), "utf-8")
    mended(run)
    found = [each["what"] for each in differences(run) if "firm.cross" in each["what"]]
    assert len(found) == 3
    assert "$50,000.00 of AAA sold in H1-TX, and another client buys it" in found[0]


def test_the_block_view_may_not_deny_that_somebody_gave_way(tmp_path: Path) -> None:
    run = run_of(tmp_path, three_clients(), rule())
    table = rows(run / "blocks.csv")
    table[0] = table[0] | {"crossing": "", "rules": "", "giving_way": "0"}
    write_rows(run / "blocks.csv", table)
    mended(run)
    assert {each["where"] for each in differences(run)} == {"blocks.csv"}


# --- any run -------------------------------------------------------------------------------------

RANDOM = {"max_examples": 12, "deadline": None}
SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def crossing(run: Path, among: dict[str, str]) -> list[str]:
    """Securities that one client buys and another of the same group sells."""
    found = []
    for security in sorted({row["security_id"] for row in trade_rows(run)}):
        who = sides(run, security)
        pairs = [(a, b) for a in who["buy"] for b in who["sell"] if a != b]
        if any(among.get(a) == among.get(b) for a, b in pairs):
            found.append(security)
    return found


Orders = dict[tuple[str, str], Decimal]


def orders(found: Proposal) -> Orders:
    """Shares by account and security."""
    shares: Orders = {}
    for trade in found.closing.trades if found.closing else ():
        key = trade.account_id, trade.security_id
        shares[key] = shares.get(key, Decimal(0)) + trade.shares
    return shares


def orders_of_run(run: Path, household: str) -> Orders:
    shares: Orders = {}
    for row in trade_rows(run):
        if row["household_id"] == household:
            key = row["account_id"], row["security_id"]
            shares[key] = shares.get(key, Decimal(0)) + Decimal(row["shares"])
    return shares


def alone_again(run: Path, document: Document) -> Orders:
    """What a household trades when it is solved once more from what its proposal records."""
    inputs = recorded_inputs(run)
    return orders(proposal_of(inputs, document["household_id"], recorded_facing(document)))


@settings(suppress_health_check=SLOW, **RANDOM)  # type: ignore[arg-type]
@given(
    tables=books(clients=4),
    across=st.sampled_from(["firm", "firm", "advisor"]),
    when=st.sampled_from(["", "when account.taxable"]),
)
def test_nothing_crosses_in_any_run_whatever_the_order(
    tmp_path_factory: pytest.TempPathFactory, tables: Tables, across: str, when: str
) -> None:
    """`verify` holds accounts that the rule binds to all others; where it binds all, so do we."""
    folder = tmp_path_factory.mktemp("any")
    run = run_of(folder, tables, rule(across, when))
    advisors = {str(row["household_id"]): str(row["advisor"]) for row in tables.rows["households"]}
    if not when:
        assert crossing(run, advisors if across == "advisor" else {}) == []
    assert differences(run) == []
    names = record(run)["households"]
    for name in names:
        assert alone_again(run, proposal(run, name)) == orders_of_run(run, name)
    inputs = read_inputs(folder / "book", folder / "policies")
    backwards = proposals_of(inputs, names[::-1])
    for found in backwards:
        assert orders(found) == orders_of_run(run, found.household.id)
    shutil.rmtree(folder)


@pytest.mark.long
@pytest.mark.parametrize("name", ["us100-small"])
def test_a_real_book_keeps_its_clients_apart(name: str, tmp_path: Path) -> None:
    book = SHARED / name
    if not book.is_dir():
        pytest.skip(f"{book} is not here")
    text = rule() + 'rule firm.cash "C"\n    keep cash at least 0.5% of account\n'
    run = rebalanced(tmp_path / "run", book, policies_of(tmp_path / "policies", firm=text))
    assert crossing(run, {}) == []
    assert differences(run) == []
