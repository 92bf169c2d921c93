"""Pages for people, made from a finished run: trades and their reasons, tax, the policy book."""
