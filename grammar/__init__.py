"""The policy language: grammar, tree, places, diagnostics."""
