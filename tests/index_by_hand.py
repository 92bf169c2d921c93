"""An index of sixty names, in cash or drifted, with a risk model that says what goes with what."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from portfolio.household import Household, Risk
from tests.by_hand import account, household, lot, security

COUNT = 60
NAMES = tuple(f"N{k:02d}" for k in range(COUNT))


def index() -> Household:
    """$1,000,000 in cash, for 60 names of falling weight in five groups that move together."""
    falling = {
        name: f"{0.97 * 0.94**k * 0.06 / (1 - 0.94**COUNT):.8f}" for k, name in enumerate(NAMES)
    }
    market = [
        (security(name, step="0.0001"), str(20 + 7 * (k % 11))) for k, name in enumerate(NAMES)
    ]
    home = household(
        account("TX", 1_000_000),
        market=market,
        constituents={"IDX": {}},
        models={"CORE": falling},
    )
    draw = np.random.default_rng(7)
    loadings = np.zeros((COUNT + 1, 6))
    loadings[:, 0] = 0.15
    for k in range(COUNT + 1):
        loadings[k, 1 + k % 5] = 0.08 + 0.06 * draw.random()
    specific = (0.1 + 0.2 * draw.random(COUNT + 1)) ** 2
    return replace(home, risk=Risk((*NAMES, "XXX"), loadings, specific, "by hand"))


def drifted() -> Household:
    """$900,000 in equal parts of the thirty heaviest, every second at a loss, and $100,000."""
    home = index()
    lots = [
        lot(f"l{k}", name, f"{30_000 / float(home.prices[name]):.4f}", (34_000, 20_000)[k % 2])
        for k, name in enumerate(NAMES[:30])
    ]
    return replace(home, accounts=(account("TX", 100_000, *lots),))
