"""How the law is read where it is silent: a position that a taxpayer takes, and keeps to.

The defaults are the cautious ones. None of them is about what is wanted, only about what is so.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from portfolio.holding import Tacking


class SpouseRule(StrEnum):
    """What becomes of a loss that a spouse's taxable purchase replaces.

    Pub. 550 ch. 4 disallows it and gives no rule for its basis. DEFERRED: the spouse's lot gets it,
    as joint filers do. PERMANENT: it is lost. IGNORED: the purchase replaces nothing, as brokers
    report (Treas. Reg. 1.6045-1(d)(6)(iii): same account only).
    """

    DEFERRED = "deferred"
    PERMANENT = "permanent"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Reading:
    """`employer_plans`: a purchase in a 401(k) or HSA destroys a loss as one in an IRA does (no
    authority; Rev. Rul. 2008-5 speaks of IRAs). `bought_before`: shares bought before the lot that
    is sold at a loss can replace it (Silver and Thomas say no; 26 USC 1091(a) only counts days).
    """

    tacking: Tacking = Tacking.ADDED
    spouse: SpouseRule = SpouseRule.DEFERRED
    employer_plans: bool = True
    bought_before: bool = True


CAUTIOUS = Reading()
