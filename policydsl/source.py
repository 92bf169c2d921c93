"""The program itself as a version: two builds of one number may propose differently."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("compiler", "grammar", "policydsl", "portfolio", "solver")


@cache
def source_hash() -> str:
    """A hash of the program's own text, the same wherever it is installed: 16 hex digits."""
    whole = hashlib.sha256()
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*")):
            if path.suffix in (".py", ".lark"):
                whole.update(f"\0{path.relative_to(ROOT).as_posix()}\0".encode())
                whole.update(path.read_bytes())
    return whole.hexdigest()[:16]
