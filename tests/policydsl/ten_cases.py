"""Ten clients of one small book, each with one trade that has a cause of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.policydsl.small_books import AS_OF, Tables

FIRM = """policy firm.rules "Rules of the firm"
layer firm

define tobacco as anything where industry is "Tobacco"

rule firm.tobacco "No tobacco"
    never hold tobacco
    allow household to waive
    because "House view"

rule firm.wash_sales "No wash sales"
    prevent wash sales above 10% of loss across household
    because "A washed loss saves nothing today"

default firm.risk "Price of risk"
    use risk aversion 2
    because "Taxes weigh more than drift here"

default firm.cost "Cost of trading"
    use trading cost 2 bps
    because "Half a spread"
"""

HOUSEHOLDS = {
    "H2": """
rule h2.sectors "Sectors near the model"
    keep each sector within 5 points of model
    because "No bets on sectors"
""",
    "H3": """
rule h3.cash "Some cash"
    keep cash at least 1% of account
    because "Fees"
""",
    "H5": """
define bonds as anything where asset_class is "Bonds"
define retirement as accounts where account.type in ("roth_ira", "traditional_ira")

default h5.location "Bonds in the IRA"
    prefer holding bonds in retirement worth 200 bps
    because "Their income is taxed"
""",
    "H6": """
rule h6.model "The new model"
    use model "M-NEW"
    because "Agreed at the review"
""",
    "H7": """
rule h7.smallest "No small orders"
    keep each trade at least $6,000
    because "Each order is a phone call"
""",
    "H8": """
rule h8.tax "Tax this year"
    keep realized tax at most $1,000 each year per household
    because "Cash for tax is short this year"
""",
    "H10": """
waive firm.tobacco for existing tobacco
    from 2026-03-16 until 2026-06-12
    because "Sold when the window opens"
    approved by "Head of compliance"
""",
}


@dataclass(frozen=True)
class Case:
    """A cause, the client and order that show it, and the rule that it is about, if any."""

    cause: str
    household: str
    trade: str
    rule: str


CASES = (
    Case("screen", "H1", "H1-TX:TOB:sell", "firm.tobacco"),
    Case("sector band", "H2", "H2-TX:AAA:sell", "h2.sectors"),
    Case("cash need", "H3", "H3-TX:AAA:sell", "h3.cash"),
    Case("harvest", "H4", "H4-TX:AAA:sell", ""),
    Case("location", "H5", "H5-IRA:BND:buy", "h5.location"),
    Case("model change", "H6", "H6-TX:CCC:buy", "h6.model"),
    Case("minimum trade", "H7", "H7-TX:BBB:buy", "h7.smallest"),
    Case("tax cap held it back", "H8", "H8-TX:AAA:sell", "h8.tax"),
    Case("wash block", "H9", "H9-TX:AAA:sell", "firm.wash_sales"),
    Case("waiver expiry", "H10", "H10-TX:TOB:sell", "firm.tobacco"),
)


def ten_clients() -> Tables:
    """The book. Prices are round; rates are 40% short, 20% long, 35% on income."""
    tables = Tables()
    tables.security("AAA", 100, sector="Tech")
    tables.security("BBB", 50, sector="Health")
    tables.security("CCC", 20, sector="Energy")
    tables.security("DDD", 100, sector="Tech")
    tables.security("TOB", 80, sector="Staples", industry="Tobacco")
    tables.security("BND", 25, kind="etf", asset_class="Bonds", sector="")
    half = {"AAA": "0.5", "BBB": "0.5"}
    tables.client("H1", {"AAA": "0.5", "BBB": "0.4", "TOB": "0.1"})
    tables.account(
        "H1", cash=0, lots=[("AAA", 500, 49_000), ("BBB", 800, 39_500), ("TOB", 125, 9_000)]
    )
    tables.client("H2", {"AAA": "0.4", "BBB": "0.4", "CCC": "0.2"})
    tables.account("H2", cash=0, lots=[("AAA", 600, 20_000), ("BBB", 800, 39_000)])
    tables.client("H3", half)
    tables.account("H3", cash=1_000, lots=[("AAA", 500, 48_000), ("BBB", 1_000, 20_000)])
    tables.add("flows", account_id="H3-TX", date=AS_OF, amount=-10_000, kind="withdrawal")
    tables.client("H4", {"AAA": "0.4", "BBB": "0.4", "DDD": "0.2"})
    tables.account(
        "H4", cash=0, lots=[("AAA", 400, 50_000), ("BBB", 800, 30_000), ("DDD", 200, 15_000)]
    )
    tables.client("H5", {"AAA": "0.6", "BND": "0.4"}, management="joint")
    tables.account("H5", cash=30_000, lots=[("AAA", 400, 30_000)])
    tables.account("H5", "IRA", cash=60_000, type="roth_ira")
    tables.client("H6", {"AAA": "1"})
    tables.account("H6", cash=20_000, lots=[("AAA", 800, 79_000)])
    for component, weight in {"AAA": "0.8", "CCC": "0.2"}.items():
        tables.add("models", model_id="M-NEW", component=component, weight=weight)
    tables.client("H7", half)
    tables.account("H7", cash=6_200, lots=[("AAA", 470, 40_000), ("BBB", 936, 40_000)])
    tables.client("H8", half)
    tables.account("H8", cash=0, lots=[("AAA", 800, 40_000), ("BBB", 400, 19_900)])
    tables.client("H9", half)
    tables.account("H9", cash=0, lots=[("AAA", 500, 60_000), ("BBB", 1_000, 40_000)])
    tables.account("H9", "IRA", cash=0, type="roth_ira", held_away="true")
    bought_lately(tables, "H9-IRA", "AAA", 20)
    tables.client("H10", {"AAA": "0.5", "BBB": "0.5"})
    tables.account(
        "H10", cash=0, lots=[("AAA", 450, 44_000), ("BBB", 900, 44_000), ("TOB", 125, 9_500)]
    )
    return tables


def bought_lately(tables: Tables, account: str, security: str, shares: int) -> None:
    """A lot bought eleven days ago, with its transaction."""
    day, cost = "2026-06-04", shares * 101
    tables.add(
        "lots",
        **{"lot_id": f"{account}-new", "account_id": account, "security_id": security},
        acquired=day,
        shares=shares,
        basis=cost,
    )
    tables.add(
        "transactions",
        **{"date": day, "account_id": account, "security_id": security, "action": "buy"},
        shares=shares,
        amount=-cost,
        lot_id=f"{account}-new",
    )


def policies(folder: Path) -> Path:
    """The firm's file and one for each household that has rules of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "firm.policy").write_text(FIRM, encoding="utf-8")
    for name, text in HOUSEHOLDS.items():
        head = f'policy household.{name.lower()} "Wishes of {name}"\nlayer household "{name}"\n'
        (folder / f"{name}.policy").write_text(head + text, encoding="utf-8")
    return folder
