"""Golden files: `pytest --accept` writes what the program says today, to be reviewed as a diff."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Golden = Callable[[Path, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--accept", action="store_true", help="take today's output as the expected one"
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """`golden(path, actual)` holds `actual` to the text of `path`, or writes it with --accept."""
    accept = request.config.getoption("--accept")

    def check(path: Path, actual: str) -> None:
        if accept:
            path.write_text(actual, encoding="utf-8", newline="\n")
        assert path.exists(), f"{path} does not exist: review the output with `pytest --accept`"
        assert actual == path.read_text(encoding="utf-8")

    return check
