"""A factor model that the book states itself: factors, exposures and specific variances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from portfolio.book.draft import Draft, Notes
from portfolio.book.files import Tables
from portfolio.household import Risk
from portfolio.risk import from_tables

NAMES = ("factors", "exposures", "specific")


@dataclass(frozen=True)
class RiskTables:
    """`covariance` (k x k, annual) of `factors`; exposures and variances by security."""

    factors: tuple[str, ...]
    covariance: NDArray[np.float64]
    exposures: Mapping[str, Mapping[str, float]]
    variances: Mapping[str, float]

    def model(self, securities: Sequence[str], asset_classes: Sequence[str]) -> Risk:
        """The risk of `securities`, in that order."""
        return from_tables(
            securities,
            self.factors,
            self.covariance,
            self.exposures,
            self.variances,
            asset_classes,
        )


def read_risk_tables(tables: Tables, notes: Notes) -> RiskTables | None:
    """The stated factor model; None where the book states none, or one that does not hold."""
    given = [name for name in NAMES if name in tables]
    if not given:
        return None
    if len(given) < len(NAMES):
        absent = " and ".join(f"`{name}`" for name in NAMES if name not in tables)
        message = f"there is a table `{given[0]}`, but no {absent}"
        _note(tables[given[0]].file, message, "all three tables, or none", None, notes)
        return None
    if any(
        column.name not in tables[name].columns
        for name in NAMES
        for column in tables[name].contract.columns
    ):
        return None
    factors, covariance = _covariance(tables)
    exposures = _exposures(tables, factors, notes)
    rows = zip(
        tables["specific"].texts("security_id"), tables["specific"].texts("variance"), strict=True
    )
    variances = {name: float(text) for name, text in rows if name is not None and text is not None}
    if len(factors) and np.linalg.eigvalsh(covariance).min() < -1e-9 * abs(covariance).max():
        message = "the covariances of the factors allow a portfolio with negative variance"
        draft = Draft("B0702", tables["factors"].file, message, "a positive semidefinite matrix")
        notes.add(draft)
        return None
    return RiskTables(factors, covariance, exposures, variances)


def _covariance(tables: Tables) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    table = tables["factors"]
    cells = list(
        zip(
            table.texts("factor_a"),
            table.texts("factor_b"),
            table.texts("covariance"),
            strict=True,
        )
    )
    factors = tuple(sorted({name for a, b, _ in cells for name in (a, b) if name is not None}))
    position = {name: index for index, name in enumerate(factors)}
    covariance = np.zeros((len(factors), len(factors)))
    for a, b, text in cells:
        if a is not None and b is not None and text is not None:
            covariance[position[a], position[b]] = float(text)
            covariance[position[b], position[a]] = float(text)
    return factors, covariance


def _exposures(tables: Tables, factors: Sequence[str], notes: Notes) -> dict[str, dict[str, float]]:
    table = tables["exposures"]
    known = set(factors)
    unknown: dict[str, int] = {}
    exposures: dict[str, dict[str, float]] = {}
    names, columns = table.texts("security_id"), table.texts("factor")
    for row, text in enumerate(table.texts("exposure")):
        name, factor = names[row], columns[row]
        if name is None or factor is None or text is None:
            continue
        if factor in known:
            exposures.setdefault(name, {})[factor] = float(text)
        else:
            unknown.setdefault(factor, row)
    for factor, row in unknown.items():
        message = f"factor {factor!r} has no covariance"
        _note(table.file, message, "a factor of the factors table", row, notes)
    return exposures


def _note(file: str, message: str, expected: str, row: int | None, notes: Notes) -> None:
    notes.add(Draft("B0701", file, message, expected, row=row))
