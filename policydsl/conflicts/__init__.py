"""Households whose rules ask what they cannot have together: which rules, and what would do."""
