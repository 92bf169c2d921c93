"""Risk: the factor model of a book, from its own tables or estimated from its prices.

Estimate: daily log returns, annualised by 252; principal components of the correlations; as many
as stand above the Marchenko-Pastur edge (1 + sqrt(n/T))^2 of pure noise, 20 at most. Their
eigenvalues are biased upwards and are shrunk by the inverse of the spiked-covariance map
(Donoho, Gavish, Johnstone 2018, Annals of Statistics 46, eq. 1.10 solved for the spike):
l = (y + sqrt(y^2 - 4 x)) / 2 with y = x + 1 - n/T, for an eigenvalue x in units of the noise.
Specific variances are what is left of the sample variance, shrunk toward the mean of their asset
class by the James-Stein share  sum(2 s^2 / T) / sum((s - mean)^2)  (Ledoit and Wolf 2004,
J. Multivariate Analysis 88: the ratio of the estimation error to the dispersion).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from portfolio.household import Risk

Array = NDArray[np.float64]

DAYS_A_YEAR = 252
# Three years; older returns say little about risk today.
LONGEST = 756
# A security with fewer daily returns is described by its asset class, not by itself.
SHORTEST = 60
MOST_FACTORS = 20
# Values leave rounded to this many significant digits, above the noise of different processors.
DIGITS = 8
# Annual variance of 30%, assumed where nothing at all is known.
UNKNOWN_VARIANCE = 0.09


@dataclass(frozen=True)
class _Returns:
    """Daily log returns (days x securities); not-a-number where either close is missing."""

    values: Array

    @property
    def days(self) -> int:
        return len(self.values)

    @property
    def counts(self) -> NDArray[np.int64]:
        counts: NDArray[np.int64] = np.sum(~np.isnan(self.values), axis=0)
        return counts


def correlation(risk: Risk, one: str, other: str) -> Decimal | None:
    """Correlation of the returns of two securities, to four places; None for what has no row."""
    try:
        i, j = (risk.securities.index(name) for name in (one, other))
    except ValueError:
        return None
    variances = [float(risk.loadings[k] @ risk.loadings[k] + risk.specific[k]) for k in (i, j)]
    if min(variances) <= 0:
        return None
    covariance = float(risk.loadings[i] @ risk.loadings[j]) + (risk.specific[i] if i == j else 0.0)
    return Decimal(str(round(covariance / (variances[0] * variances[1]) ** 0.5, 4)))


def estimate(securities: Sequence[str], closes: Array, asset_classes: Sequence[str]) -> Risk:
    """The statistical factor model of `securities` from `closes` (days x securities, dollars).

    Securities with under 60 returns, or none, get the mean loadings of their asset class and the
    largest specific variance in it (of all, where the class has no history); where there is no
    history at all, 30% a year and no common factor.
    """
    returns = _log_returns(closes[-(LONGEST + 1) :])
    enough = returns.counts >= SHORTEST
    if not enough.any():
        flat = np.full(len(securities), UNKNOWN_VARIANCE)
        source = "no price history: 30% a year for every security, no common factor"
        return Risk(tuple(securities), np.zeros((len(securities), 0)), flat, source)
    values = returns.values[:, enough]
    loadings, specific, shrinkage = _fit(values, list(compress(asset_classes, enough)))
    all_loadings = np.zeros((len(securities), loadings.shape[1]))
    all_specific = np.zeros(len(securities))
    all_loadings[enough], all_specific[enough] = loadings, specific
    _stand_in(all_loadings, all_specific, enough, asset_classes)
    source = (
        f"statistical: {loadings.shape[1]} principal components of {returns.days} daily returns of "
        f"{int(enough.sum())} securities, specific variances shrunk by {shrinkage:.1%}"
    )
    if not enough.all():
        source += f"; {int((~enough).sum())} with a short history stand at their asset class"
    return Risk(tuple(securities), _rounded(all_loadings), _rounded(all_specific), source)


def _log_returns(closes: Array) -> _Returns:
    with np.errstate(invalid="ignore", divide="ignore"):
        return _Returns(np.diff(np.log(closes), axis=0))


def _fit(values: Array, classes: Sequence[str]) -> tuple[Array, Array, float]:
    """Loadings (n x k), specific variances (n), annual, and the shrinkage applied to the latter."""
    days = values.shape[0]
    mean = np.nanmean(values, axis=0)
    deviation = np.nanstd(values, axis=0)
    moving = deviation > 0
    scores = np.where(np.isnan(values), 0.0, (values - mean) / np.where(moving, deviation, 1.0))
    vectors, variances = _components(scores[:, moving], days)
    annual = deviation * np.sqrt(DAYS_A_YEAR)
    loadings = np.zeros((values.shape[1], vectors.shape[1]))
    loadings[moving] = annual[moving, None] * vectors * np.sqrt(variances)
    total = annual**2
    # Noise can make the common part of one security exceed its own variance; 1% stays its own.
    common = np.sum(loadings**2, axis=1)
    over = common > 0.99 * total
    loadings[over] *= np.sqrt(0.99 * total[over] / np.maximum(common[over], 1e-300))[:, None]
    specific = total - np.sum(loadings**2, axis=1)
    counts = np.sum(~np.isnan(values), axis=0)
    shrunk, share = _shrink(specific, counts, classes)
    return _signed(loadings), shrunk, share


def _components(scores: Array, days: int) -> tuple[Array, Array]:
    """Eigenvectors (n x k) of the correlations and their shrunk factor variances (k)."""
    count = scores.shape[1]
    if count < 2:
        return np.zeros((count, 0)), np.zeros(0)
    # The smaller of the two Gram matrices has all nonzero eigenvalues.
    if count <= days:
        values, vectors = np.linalg.eigh(scores.T @ scores / days)
    else:
        values, rows = np.linalg.eigh(scores @ scores.T / days)
        lengths = np.sqrt(np.maximum(values, 1e-300) * days)
        vectors = scores.T @ (rows / lengths)
    order = np.argsort(values)[::-1]
    values, vectors = np.maximum(values[order], 0.0), vectors[:, order]
    ratio = count / days
    edge = (1 + np.sqrt(ratio)) ** 2
    kept = min(int(np.sum(values > edge)), MOST_FACTORS, count - 1)
    noise = max((count - values[:kept].sum()) / (count - kept), 1e-12)
    scaled = values[:kept] / noise
    reach = scaled + 1 - ratio
    spikes = (reach + np.sqrt(np.maximum(reach**2 - 4 * scaled, 0.0))) / 2
    return vectors[:, :kept], noise * np.maximum(spikes - 1, 0.0)


def _shrink(
    specific: Array, counts: NDArray[np.int64], classes: Sequence[str]
) -> tuple[Array, float]:
    """Specific variances shrunk toward the mean of their asset class; the mean share of it."""
    shrunk = specific.copy()
    weighted = 0.0
    for name in sorted(set(classes)):
        members = np.array([each == name for each in classes])
        own = specific[members]
        error = float(np.sum(2 * own**2 / counts[members]))
        dispersion = float(np.sum((own - own.mean()) ** 2))
        # The mean of few securities is no better known than each of them.
        share = min(1.0, error / dispersion) if len(own) >= 10 and dispersion > 0 else 0.0
        shrunk[members] = (1 - share) * own + share * own.mean()
        weighted += share * len(own)
    return shrunk, weighted / len(specific)


def _stand_in(
    loadings: Array, specific: Array, enough: NDArray[np.bool_], classes: Sequence[str]
) -> None:
    """Fills the rows without history from their asset class, on the cautious side."""
    for row in range(len(classes)):
        if enough[row]:
            continue
        alike = enough & np.array([each == classes[row] for each in classes])
        pool = alike if alike.any() else enough
        loadings[row] = loadings[pool].mean(axis=0)
        specific[row] = specific[pool].max()


def _signed(loadings: Array) -> Array:
    """Each factor points the way its loadings do on the whole; eigenvectors have no sign."""
    signs = np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)
    return loadings * signs


def _rounded(values: Array) -> Array:
    """`values` to `DIGITS` significant digits."""
    magnitude = np.floor(np.log10(np.maximum(np.abs(values), 1e-300)))
    scale = 10.0 ** np.clip(DIGITS - 1 - magnitude, -300, 300)
    rounded: Array = np.where(np.abs(values) < 1e-12, 0.0, np.round(values * scale) / scale)
    return rounded


def from_tables(
    securities: Sequence[str],
    factors: Sequence[str],
    covariance: Array,
    exposures: Mapping[str, Mapping[str, float]],
    variances: Mapping[str, float],
    asset_classes: Sequence[str],
) -> Risk:
    """The factor model that the book states: `covariance` (k x k) annual, exposures by security.

    The covariance is folded into the loadings by its symmetric square root. Securities without
    exposures or variance stand at their asset class as in `estimate`. Raises ValueError where
    `covariance` is not positive semidefinite.
    """
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    if len(values) and values.min() < -1e-9 * max(values.max(), 1e-300):
        raise ValueError("the factor covariance is not positive semidefinite")
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    known = np.array([name in exposures and name in variances for name in securities], dtype=bool)
    stated = np.array(
        [[exposures.get(name, {}).get(factor, 0.0) for factor in factors] for name in securities]
    ).reshape(len(securities), len(factors))
    loadings = stated @ root
    specific = np.array([variances.get(name, 0.0) for name in securities])
    source = f"the book's tables: {len(factors)} factors"
    if not known.any():
        specific[:] = UNKNOWN_VARIANCE
    elif not known.all():
        _stand_in(loadings, specific, known, asset_classes)
        source += f"; {int((~known).sum())} securities without exposures stand at their asset class"
    return Risk(tuple(securities), _rounded(loadings), _rounded(specific), source)


def sliced(risk: Risk, securities: Sequence[str]) -> Risk:
    """The rows of `securities`, in their order; names that are no rows are left out."""
    row_of = {name: row for row, name in enumerate(risk.securities)}
    kept = [name for name in securities if name in row_of]
    rows = [row_of[name] for name in kept]
    return Risk(tuple(kept), risk.loadings[rows], risk.specific[rows], risk.source)
