"""Invented words for a synthetic book: sectors, industries, names and tickers of nobody."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Industry:
    """`share` of all companies; `revenue` maps a screen to the (low, high) share of revenue."""

    sector: str
    name: str
    share: float
    word: str
    revenue: tuple[tuple[str, float, float], ...] = ()


SCREENS = ("tobacco", "alcohol", "gambling", "weapons", "fossil", "interest")

INDUSTRIES = (
    Industry("Technology", "Application Software", 0.08, "Software"),
    Industry("Technology", "Semiconductors", 0.07, "Semi"),
    Industry("Technology", "Computer Hardware", 0.05, "Systems"),
    Industry("Technology", "IT Consulting", 0.03, "Consulting"),
    Industry("Health", "Pharmaceuticals", 0.06, "Pharma"),
    Industry("Health", "Medical Devices", 0.05, "Medical"),
    Industry("Health", "Health Insurance", 0.03, "Health"),
    Industry("Finance", "Banks", 0.06, "Bank", (("interest", 0.45, 0.85),)),
    Industry("Finance", "Insurance", 0.04, "Insurance", (("interest", 0.03, 0.15),)),
    Industry("Finance", "Asset Management", 0.03, "Capital", (("interest", 0.02, 0.10),)),
    Industry("Discretionary", "Retail", 0.05, "Stores", (("alcohol", 0.00, 0.04),)),
    Industry("Discretionary", "Automobiles", 0.03, "Motors"),
    Industry("Discretionary", "Casinos and Gaming", 0.02, "Resorts", (("gambling", 0.5, 0.95),)),
    Industry("Discretionary", "Restaurants", 0.03, "Kitchens", (("alcohol", 0.0, 0.08),)),
    Industry("Staples", "Food Products", 0.04, "Foods"),
    Industry("Staples", "Beverages", 0.03, "Beverages", (("alcohol", 0.2, 0.95),)),
    Industry("Staples", "Tobacco", 0.02, "Leaf", (("tobacco", 0.6, 1.0),)),
    Industry("Staples", "Household Products", 0.02, "Home"),
    Industry("Industry", "Machinery", 0.05, "Works"),
    Industry("Industry", "Aerospace and Defense", 0.03, "Aero", (("weapons", 0.15, 0.8),)),
    Industry("Industry", "Transport", 0.03, "Lines"),
    Industry("Energy", "Oil and Gas", 0.04, "Petroleum", (("fossil", 0.7, 1.0),)),
    Industry("Energy", "Energy Services", 0.02, "Drilling", (("fossil", 0.3, 0.9),)),
    Industry("Utilities", "Electric Utilities", 0.03, "Power", (("fossil", 0.1, 0.6),)),
    Industry("Utilities", "Water Utilities", 0.01, "Water"),
    Industry("Materials", "Chemicals", 0.03, "Chemical"),
    Industry("Materials", "Metals and Mining", 0.02, "Metals", (("fossil", 0.0, 0.2),)),
    Industry("Property", "Property Trusts", 0.03, "Property"),
    Industry("Communication", "Telecom Services", 0.03, "Telecom"),
    Industry("Communication", "Media", 0.04, "Media"),
)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_FIRST = _words(
    "Al Bar Cor Dal Ester Fen Gal Hol Ister Jor Kel Lum Mer Nor Ost Pel Quar Ros Sel Tor"
)
_SECOND = _words("adin ombe aven erra ique olan umar etta isca ovar anda elio")

FAMILIES = _words(
    "Abernethy Bellweather Carrow Dunmore Ellery Farnsby Garrick Hollis Inchbald Jessop Kestrel "
    "Lorimer Marchmont Netherby Oakhurst Penhallow Quillan Ravenscar Selwood Thornbury Underhay "
    "Vantongeren Wetherell Yarrow Zennor"
)


def company(number: int) -> str:
    """The first name of the company of that number (from 0); no two are alike."""
    turn, first = divmod(number, len(_FIRST))
    again, second = divmod(turn, len(_SECOND))
    name = _FIRST[first] + _SECOND[(second + first) % len(_SECOND)]
    return name if again == 0 else f"{name} {again + 1}"


def ticker(number: int) -> str:
    """The ticker of that company: letters and its number, which no listed stock has."""
    name = company(number).split()[0]
    return f"{name[0]}{name[-2:]}{number}".upper()
