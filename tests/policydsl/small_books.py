"""Books of a few clients, written as tables, by hand or at random."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from hypothesis import strategies as st

from portfolio.book.contract import BY_NAME, TABLES

AS_OF = "2026-06-15"
Cells = Mapping[str, object]


@dataclass
class Tables:
    """The tables of a book, row by row. Securities have one factor and a part of their own."""

    rows: dict[str, list[Cells]] = field(default_factory=dict)

    def add(self, table: str, **cells: object) -> None:
        self.rows.setdefault(table, []).append(cells)

    def security(self, name: str, price: object, step: object = 1, **more: object) -> None:
        kinds = {"kind": "stock", "asset_class": "Equity"}
        self.add(
            "securities",
            **{"security_id": name, "ticker": name, "name": name, "share_increment": step},
            **(kinds | more),
        )
        self.add("prices", date=AS_OF, security_id=name, close=price)
        self.add("exposures", security_id=name, factor="market", exposure=1)
        self.add("specific", security_id=name, variance="0.05")

    def client(self, name: str, model: Mapping[str, object], **more: object) -> None:
        """A household with a taxpayer and a model of its own."""
        for component, weight in model.items():
            self.add("models", model_id=f"M-{name}", component=component, weight=weight)
        self.add("households", household_id=name, model_id=f"M-{name}", **more)
        rates = {"rate_short": "0.4", "rate_long": "0.2", "rate_ordinary": "0.35"}
        self.add(
            "tax_entities", tax_entity_id=f"T-{name}", household_id=name, filing="joint", **rates
        )

    def account(
        self,
        client: str,
        name: str = "TX",
        cash: object = 0,
        lots: Sequence[tuple[str, object, object]] = (),
        **more: object,
    ) -> None:
        """`lots` are (security, shares, basis of all of them)."""
        cells = {"type": "taxable", "fractional": "false"} | more
        account = f"{client}-{name}"
        self.add(
            "accounts",
            account_id=account,
            household_id=client,
            tax_entity_id=f"T-{client}",
            cash=cash,
            **cells,
        )
        for number, (security, shares, basis) in enumerate(lots, 1):
            self.add(
                "lots",
                lot_id=f"{account}-{number}",
                account_id=account,
                security_id=security,
                acquired="2024-01-02",
                shares=shares,
                basis=basis,
            )

    def written(self, folder: Path) -> Path:
        """The book as a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        settings = f'name = "small"\nas_of = {AS_OF}\nsettlement_days = 1\n'
        (folder / "book.toml").write_text(settings, encoding="utf-8")
        self.rows["factors"] = [{"factor_a": "market", "factor_b": "market", "covariance": "0.02"}]
        for contract in TABLES:
            if contract.required:
                self.rows.setdefault(contract.name, [])
        for table, rows in self.rows.items():
            needed = (column.name for column in BY_NAME[table].columns if column.required)
            names = list(dict.fromkeys((*needed, *(name for row in rows for name in row))))
            with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, names, lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)
        return folder


def policies_of(folder: Path, **files: str) -> Path:
    """A policy set of one file a layer; a household's is that of H2."""
    folder.mkdir(parents=True, exist_ok=True)
    for layer, text in files.items():
        whose = ' "H2"' if layer == "household" else ""
        head = f'policy {layer}.rules "Rules"\nlayer {layer}{whose}\n\n'
        (folder / f"{layer}.policy").write_text(head + text, encoding="utf-8")
    return folder


# --- at random -----------------------------------------------------------------------------------

NAMES = ("AAA", "BBB", "CCC", "DDD")
PRICES = ("7.31", "52.5", "98.17", "410.09")


@st.composite
def books(draw: st.DrawFn, clients: int = 3) -> Tables:
    """A few clients over four securities: whole and fractional shares by security and by account,
    odd holdings, accounts held away, payments due, cash from nothing to plenty."""
    tables = Tables()
    for name, price in zip(NAMES, PRICES, strict=True):
        tables.security(name, price, draw(st.sampled_from(["1", "1", "0.0001", "0.001"])))
    for number in range(1, draw(st.integers(2, clients)) + 1):
        client = f"H{number}"
        weights = draw(
            st.lists(st.sampled_from(["0", "0.1", "0.3", "0.2"]), min_size=4, max_size=4)
        )
        advisor = draw(st.sampled_from(["ADV1", "ADV1", "ADV2"]))
        management = draw(st.sampled_from(["joint", "separate"]))
        model = dict(zip(NAMES, weights, strict=True))
        tables.client(client, model, advisor=advisor, management=management)
        for name in draw(st.sampled_from([("TX",), ("TX", "IRA"), ("TX", "AWAY")])):
            _random_account(draw, tables, client, name)
    return tables


def _random_account(draw: st.DrawFn, tables: Tables, client: str, name: str) -> None:
    lots = []
    for security in draw(st.lists(st.sampled_from(NAMES), max_size=4)):
        shares = Decimal(draw(st.sampled_from(["3", "40", "250", "17.5", "0.25", "33.3333"])))
        price = Decimal(dict(zip(NAMES, PRICES, strict=True))[security])
        gain = Decimal(draw(st.sampled_from(["0.6", "0.98", "1.3"])))
        lots.append((security, shares, (shares * price * gain).quantize(Decimal("0.01"))))
    cash = draw(st.sampled_from(["812.07", "0", "5000", "40000.55"]))
    tables.account(
        client,
        name,
        cash,
        lots,
        type="roth_ira" if name == "IRA" else "taxable",
        fractional=draw(st.sampled_from(["true", "false"])),
        held_away="true" if name == "AWAY" else "false",
    )
    if name == "TX" and draw(st.booleans()):
        amount = -Decimal(draw(st.sampled_from(["300", "2500.01"])))
        tables.add(
            "flows",
            account_id=f"{client}-{name}",
            date=draw(st.sampled_from([AS_OF, "2026-06-16"])),
            amount=amount,
            kind="withdrawal",
        )
