"""The application: command line, runs, explanations, records."""

__version__ = "0.1.0"
