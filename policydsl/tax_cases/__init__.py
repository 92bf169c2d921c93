"""Worked examples of tax, run through the library of `portfolio.tax`.

Their words and values are translated here and nowhere else.
"""
