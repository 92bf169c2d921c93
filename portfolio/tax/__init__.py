"""US federal tax on investments as the law has it: what is true of any history, whatever a policy
wants. Pure functions over plain values; each rule names its source.
"""

from portfolio.tax.year import Netted, YearTax, in_year, net_year, netting, ordinary_limit

__all__ = ["Netted", "YearTax", "in_year", "net_year", "netting", "ordinary_limit"]
