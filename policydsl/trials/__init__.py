"""Policy tests: small households that are really traded, and what is expected of the result."""
