"""Households small enough to work out by hand, policies as text, and trades as text.

A trade reads `-10 a1` (ten shares of lot a1 sold) or `+10 AAA TX` (ten AAA bought in account TX).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import highspy
import numpy as np

from compiler.assumptions import assumptions_for
from compiler.check import TypedPolicies, check_policies
from compiler.closing import Closing, purchase_of, sale_of
from compiler.codes import NO_PORTFOLIO
from compiler.directives.base import Breach
from compiler.exact_check import exact_breaches
from compiler.layers import household_policy
from compiler.model import CompiledModel, compile_household
from compiler.policyset import LAYERS, LoadedFile, PolicySet
from compiler.statements import HouseholdPolicy
from grammar.parse import parse_bytes
from policydsl.propose import empty_closing
from portfolio.household import (
    Account,
    Attribute,
    AttributeType,
    Flow,
    Household,
    Lot,
    Model,
    Risk,
    Security,
    TaxEntity,
    WashBlock,
)
from solver.active_risk import with_excess
from solver.handover import Floats, Program, hand_over
from solver.highs import linear_model, new_engine

AS_OF = date(2026, 6, 15)
NO_COST = "rule no_cost\n    use trading cost 0 bps\n"
ATTRIBUTES = (
    Attribute("securities", "revenue.oil", AttributeType.FRACTION, frozenset({"stock"})),
    Attribute("households", "income", AttributeType.MONEY),
)


def security(
    name: str,
    *,
    kind: str = "stock",
    asset_class: str = "Equity",
    sector: str | None = "Tech",
    wash_group: str | None = None,
    step: str = "1",
    dividend_yield: str = "0",
    **attributes: str,
) -> Security:
    return Security(
        id=name,
        ticker=name,
        name=name.title(),
        kind=kind,
        asset_class=asset_class,
        sector=sector,
        industry=None,
        country="US",
        issuer=name,
        dividend_yield=Decimal(dividend_yield),
        wash_group=wash_group or name,
        equivalence_class=name,
        share_increment=Decimal(step),
        tags=frozenset(),
        attributes={f"revenue.{key}": Decimal(value) for key, value in attributes.items()},
    )


def lot(
    name: str,
    held: str,
    shares: str | int,
    basis: int,
    acquired: str = "2020-01-02",
    **more: Any,
) -> Lot:
    """`basis` in dollars for all the shares; the account is filled in by `account`."""
    day = date.fromisoformat(acquired)
    return Lot(name, "", held, day, Decimal(shares), Decimal(basis), **more)


def account(
    name: str,
    cash: str | int,
    *lots: Lot,
    kind: str = "taxable",
    entity: str = "T1",
    **more: Any,
) -> Account:
    given: dict[str, Any] = {
        "owner": "self",
        "model_id": "CORE",
        "held_away": False,
        "unsettled_cash": Decimal(0),
        "custodian": None,
        "program": None,
        "discretionary": True,
        "fractional": True,
        "tags": frozenset(),
    } | more
    return Account(
        id=name,
        household_id="H1",
        type=kind,
        tax_entity_id=entity,
        cash=Decimal(cash),
        lots=tuple(replace(each, account_id=name) for each in lots),
        **given,
    )


def taxpayer(name: str = "T1", filing: str = "joint", **money: str | int) -> TaxEntity:
    numbers = {
        "rate_short": "0.4",
        "rate_long": "0.2",
        "rate_ordinary": "0.35",
        "rate_carry": "0.1",
        "carry_short": 0,
        "carry_long": 0,
        "ytd_short": 0,
        "ytd_long": 0,
    } | money
    given = {key: Decimal(value) for key, value in numbers.items()}
    return TaxEntity(id=name, household_id="H1", filing=filing, state="CA", **given)


MARKET = (
    (security("AAA", oil="0.5"), "100"),
    (security("BBB", oil="0"), "50"),
    (security("CCC", sector="Health"), "20"),
    (security("DDD", kind="etf", asset_class="Bonds", sector=None), "10"),
    (security("FND", kind="etf", sector=None), "40"),
)
CONSTITUENTS = {"FND": {"AAA": Decimal("0.5"), "CCC": Decimal("0.3"), "XXX": Decimal("0.2")}}
UNDERLYING = (security("XXX", sector="Energy"), "10")
CORE = {"AAA": "0.2", "BBB": "0.2", "CCC": "0.2", "DDD": "0.2", "FND": "0.1"}


def household(
    *accounts: Account,
    market: Iterable[tuple[Security, str]] = MARKET,
    constituents: Mapping[str, Mapping[str, Decimal]] = CONSTITUENTS,
    models: Mapping[str, Mapping[str, str]] | None = None,
    entities: Iterable[TaxEntity] = (taxpayer(),),
    flows: Iterable[tuple[str, str, int]] = (),
    blocks: Iterable[str] = (),
    linked: Iterable[Lot] = (),
) -> Household:
    """`flows` are (account, day, dollars); `blocks` wash groups with a loss in the last 30 days."""
    market = (*market, UNDERLYING)
    names = tuple(each.id for each, _ in market if each.id not in constituents)
    loadings = np.array([[0.15, 0.02 * (-1) ** i] for i in range(len(names))])
    return Household(
        id="H1",
        name="By hand",
        model_id="CORE",
        management="separate",
        advisor=None,
        tags=frozenset(),
        attributes={},
        as_of=AS_OF,
        accounts=accounts,
        tax_entities={each.id: each for each in entities},
        securities={each.id: each for each, _ in market},
        prices={each.id: Decimal(price) for each, price in market},
        models={
            name: Model(name, {s: Decimal(w) for s, w in weights.items()})
            for name, weights in (models or {"CORE": CORE}).items()
        },
        constituents=constituents,
        flows=tuple(
            Flow(a, date.fromisoformat(day), Decimal(n), "withdrawal") for a, day, n in flows
        ),
        wash_blocks=tuple(
            WashBlock(group, date(2026, 7, 1), Decimal(10), Decimal(1), "transactions")
            for group in blocks
        ),
        risk=Risk(names, loadings, np.full(len(names), 0.04), "by hand"),
        settlement_days=1,
        linked_lots=tuple(linked),
    )


def usual() -> Household:
    """TX $100,000: cash 20,000, AAA 20,000, BBB 20,000 at a loss and 10,000 young, CCC 10,000,
    FND 20,000. IRA $50,000: cash 10,000, AAA 40,000. Both follow CORE."""
    taxable = account(
        "TX",
        20_000,
        lot("a1", "AAA", 200, 10_000),
        lot("b1", "BBB", 400, 30_000),
        lot("b2", "BBB", 200, 9_000, "2026-01-15"),
        lot("c1", "CCC", 500, 8_000),
        lot("f1", "FND", 500, 15_000),
    )
    ira = account("IRA", 10_000, lot("ia1", "AAA", 400, 40_000, "2023-05-02"), kind="roth_ira")
    return household(taxable, ira)


WHOLE = ("rule ", "default ", "note ", "set ", "waive ", "define ", "layer ")
"""How a text begins that is more than a directive with its clauses."""


def checked_layers(texts: Mapping[str, str]) -> TypedPolicies:
    """A policy set of one file a layer."""
    files = [f"layer {layer}\n{text}" for layer, text in texts.items()]
    parsed = [parse_bytes(text.encode(), f"{k}.policy") for k, text in enumerate(files)]
    assert not any(found for _, found in parsed), parsed
    loaded = tuple(
        LoadedFile(tree.path, text, "", tree) for (tree, _), text in zip(parsed, files, strict=True)
    )
    return check_policies(PolicySet("by hand", LAYERS, (), loaded, ()), ATTRIBUTES)


def policy(
    home: Household, *texts: str, layer: str = 'household "H1"', free: bool = True
) -> HouseholdPolicy:
    """What holds for a household; each text is a directive with its clauses, or whole rules.

    `free`: trades cost nothing, so that cash can be reckoned in one's head. That no portfolio keeps
    all of them is no mistake here.
    """
    checked = typed(*texts, layer=layer, free=free)
    said = [each for each in checked.diagnostics if each.code != NO_PORTFOLIO.id]
    assert not said, [each.message for each in said]
    return household_policy(checked, home)


def typed(*texts: str, layer: str = 'household "H1"', free: bool = True) -> TypedPolicies:
    """The same texts, checked."""
    assert not (free and layer == "ipc"), "one file a layer"
    rules = [
        text if text.startswith(WHOLE) else f"rule r{k}\n{text}\n"
        for k, text in enumerate(texts, start=1)
    ]
    return checked_layers({layer: "\n".join(rules)} | ({"ipc": NO_COST} if free else {}))


Trades = tuple[dict[str, Decimal], dict[tuple[str, str], Decimal]]


def read_trades(text: str) -> Trades:
    """(shares sold by lot, shares bought by account and security)."""
    sold: dict[str, Decimal] = {}
    bought: dict[tuple[str, str], Decimal] = {}
    for order in filter(None, map(str.strip, text.split(","))):
        shares, name, *where = order.split()
        if shares.startswith("-"):
            sold[name] = Decimal(shares[1:])
        else:
            bought[where[0], name] = Decimal(shares[1:])
    return sold, bought


def closing(home: Household, rules: HouseholdPolicy, text: str) -> Closing:
    sold, bought = read_trades(text)
    accounts = {each.id: each for each in home.accounts}
    lots = {each.id: each for a in home.accounts for each in a.lots}
    cost = {a: Decimal(str(assumptions_for(rules, a).trading_cost)) for a in accounts}
    sales = tuple(
        sale_of(home, accounts[lots[k].account_id], lots[k], n, cost[lots[k].account_id])
        for k, n in sold.items()
    )
    purchases = tuple(purchase_of(home, accounts[a], s, n, cost[a]) for (a, s), n in bought.items())
    return empty_closing(home, rules, sales, purchases)


def breaches(home: Household, rules: HouseholdPolicy, text: str) -> tuple[Breach, ...]:
    return exact_breaches(rules, closing(home, rules, text))


def column_values(compiled: CompiledModel, program: Program, text: str) -> dict[int, float]:
    """The trade columns at these trades, bp of household value; everything not named stays."""
    sold, bought = read_trades(text)
    physics = compiled.physics
    values: dict[int, float] = {}
    for (owner, name), position in physics.positions.items():
        price = physics.household.prices[name]
        for each, sell in zip(position.lots, position.sells, strict=True):
            values[sell] = physics.bp(sold.get(each.id, 0) * price)
        if position.buy is not None:
            values[position.buy] = physics.bp(bought.get((owner, name), 0) * price)
    return values


def model_allows(home: Household, rules: HouseholdPolicy, text: str, reserve: float = 0.0) -> bool:
    """Whether the compiled model has a point with exactly these trades."""
    compiled = compile_household(home, rules, reserve)
    program = hand_over(compiled)
    ends = _ends(compiled, program, text)
    return ends is not None and feasible(program, *ends)


def both(
    home: Household, rule: str, trades: str, *more: str, layer: str = 'household "H1"'
) -> tuple[bool, bool]:
    """Whether the compiled model allows exactly these trades, and whether the exact check does; no
    `rule` is none."""
    rules = policy(home, *filter(None, (rule, *more)), layer=layer)
    return model_allows(home, rules, trades), not breaches(home, rules, trades)


def in_the_target(home: Household, rules: HouseholdPolicy, text: str) -> bool:
    """Whether the model knows what is bought: nothing outside the target ever is."""
    positions = compile_household(home, rules).physics.positions
    known = {key for key, position in positions.items() if position.buy is not None}
    return set(read_trades(text)[1]) <= known


def _ends(compiled: CompiledModel, program: Program, text: str) -> tuple[Floats, Floats] | None:
    """Column bounds that leave exactly these trades; None where the model has no such trade."""
    lower, upper = program.lower.copy(), program.upper.copy()
    for column, value in column_values(compiled, program, text).items():
        if value > upper[column] + 1e-9:
            return None
        lower[column] = upper[column] = value
    sold, bought = read_trades(text)
    lots = {each.id for position in compiled.physics.positions.values() for each in position.lots}
    known = {
        key for key, position in compiled.physics.positions.items() if position.buy is not None
    }
    return (lower, upper) if set(bought) <= known and set(sold) <= lots else None


def model_violations(home: Household, rules: HouseholdPolicy, text: str) -> dict[int, float] | None:
    """Dollars by which soft rules are broken, by priority, if exactly these trades are made; None
    where the model does not allow them."""
    compiled = compile_household(home, rules)
    program = hand_over(compiled)
    ends = _ends(compiled, program, text)
    columns: dict[int, list[int]] = {}
    for soft in compiled.physics.softs:
        columns.setdefault(soft.priority, []).append(soft.excess)
    cost = np.zeros(program.cost.size)
    cost[[j for each in columns.values() for j in each]] = 1.0
    x = None if ends is None else cheapest(program, cost, *ends)
    x = None if x is None else with_excess(program, x)
    if x is None:
        return None
    unit = compiled.physics.unit
    return {priority: float(x[found].sum()) * unit for priority, found in columns.items()}


def feasible(program: Program, lower: Floats, upper: Floats) -> bool:
    x = cheapest(program, np.zeros(program.cost.size), lower, upper)
    return x is not None and with_excess(replace(program, lower=lower, upper=upper), x) is not None


def cheapest(program: Program, cost: Floats, lower: Floats, upper: Floats) -> Floats | None:
    """A point of least `cost`, binaries and all, squares left out; None where there is none."""
    engine = new_engine()
    rows = (program.matrix, program.row_lower, program.row_upper)
    engine.passModel(linear_model(cost, *rows, lower, upper))
    for j in np.flatnonzero(program.integer):
        engine.changeColIntegrality(int(j), highspy.HighsVarType.kInteger)
    engine.run()
    if engine.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return np.array(engine.getSolution().col_value)
