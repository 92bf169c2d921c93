"""A run in which households end in different ways."""

from __future__ import annotations

from pathlib import Path

from tests.policydsl.runs import rebalanced
from tests.policydsl.small_books import Tables, policies_of

HOSTILE = '<script>alert("x")</script>&amp;\' $a_1$ \u202egnp.exe שלום 😀 ' + "é" * 260
ENDINGS = {
    "H1": "proposed",
    "H2": "infeasible",
    "H3": "data_hold",
    "H4": "no_action",
    "H5": "exception",
    "H6": "proposed",
}
NO_BALANCE = {"DDD": "0.3", "EEE": "0.1", "CCC": "0.2", "AAA": "0.3"}
"""Two names that rules let neither grow nor shrink, and no whole shares of both that balance."""
SECTOR = "<b>Tech</b> & $x$"


def endings_run(folder: Path) -> Path:
    """A run of six households, one of each ending and one whose names are hostile."""
    book = Tables()
    book.security("AAA", 100, sector=SECTOR, step="0.0001")
    book.security("BBB", 50, sector="Energy", step="0.0001")
    book.security("CCC", 20, sector="Energy", step="0.0001")
    book.security("DDD", "97.13")
    book.security("EEE", "51.37")
    even = {"AAA": "0.5", "BBB": "0.25", "CCC": "0.25"}
    lots = [("AAA", 600, 20_000), ("BBB", 800, 60_000), ("CCC", 500, 8_000)]
    stuck = [("DDD", 200, 10_000), ("EEE", 400, 30_000), ("CCC", 500, 8_000)]
    for name in ENDINGS:
        book.client(name, NO_BALANCE if name == "H2" else even)
        title = HOSTILE if name == "H6" else f"Client {name}"
        book.rows["households"][-1] = {**book.rows["households"][-1], "name": title}
        held = [("AAA", 500, 50_000), ("BBB", 500, 25_000), ("CCC", 1250, 25_000)]
        cash = {"H4": 0, "H2": 20_000}.get(name, 5_000)
        book.account(name, lots={"H4": held, "H2": stuck}.get(name, lots), cash=cash)
    book.rows["lots"] = [
        {**lot, "acquired": "2031-01-01"} if lot["lot_id"] == "H3-TX-1" else lot
        for lot in book.rows["lots"]
    ]
    policies = policies_of(
        folder / "policies",
        firm="""\
rule firm.names "Names stay near the model"
    keep "AAA" at most 55% of account
    because "No <i>bets</i> & no 'favourites'"

rule firm.ask "Large trades are seen first"
    ask "Desk <Head>" before trading anything where sector is "Energy"
    because "The desk has to know"
""",
        household="""\
rule h2.little "Little of two names"
    keep "DDD", "EEE" at most 40% of account
    because "One wish"

rule h2.much "Much of the same"
    keep "EEE", "DDD" at least 90% of account
    because "And the other"

rule h2.keen "Keen on the model"
    use risk aversion 50
    because "So that something is worth trading"
""",
    )
    (policies / "h5.policy").write_text(
        'policy h5.rules "Rules"\nlayer household "H5"\n\n'
        'rule h5.odd "Odd"\n    keep "AAA" at mots 5% of account\n    because "A slip"\n'
    )
    (policies / "h1.policy").write_text(
        'policy h1.rules "Rules"\nlayer household "H1"\n\n'
        'rule h1.keeps "Kept"\n    never sell "AAA"\n    because "An heirloom"\n'
    )
    return rebalanced(folder / "run", book.written(folder / "book"), policies)
