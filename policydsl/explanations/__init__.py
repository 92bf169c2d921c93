"""Reasons that go beyond a run's record: solved again on demand, and sealed in the run folder."""
