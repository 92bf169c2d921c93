"""The page that lists every kind of directive, for docs/directives.md: made from the kinds' files.

A file begins with its forms, a colon and what they are about; a kind says in `build` and `breaches`
what it is in the model and in the exact check.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType

from compiler import directives
from compiler.directives.base import Directive

_FAMILIES = {
    "restriction": "all that are in force hold together",
    "limit": "ranges of one thing intersect, and the tightest ends win",
    "setting": "one value wins: that of the lowest layer that may choose, or of the narrower scope",
    "schedule": "each is met by itself",
}


def kinds() -> Iterator[tuple[ModuleType, type[Directive]]]:
    """Every kind with its file, in the order of the files' names."""
    for found in sorted(pkgutil.iter_modules(directives.__path__), key=lambda each: each.name):
        module = importlib.import_module(f"{directives.__name__}.{found.name}")
        for _, kind in inspect.getmembers(module, inspect.isclass):
            own = kind.__module__ == module.__name__ and not inspect.isabstract(kind)
            if own and issubclass(kind, Directive):
                yield module, kind


def directive_page() -> str:
    """Every kind as a Markdown table: form, family, what it does in the model and in the check."""
    lines = [
        "# Kinds of directive",
        "",
        "Generated from `compiler/directives/`. A *limit* that today's positions break may not get",
        "worse, and is cured as fast as other hard rules allow, or as its `existing` clause says.",
        "",
        "| family | how those of one thing merge |",
        "|---|---|",
        *(f"| {name} | {merges} |" for name, merges in _FAMILIES.items()),
        "",
        "| form | about | kind | family | in the model | in the exact check |",
        "|---|---|---|---|---|---|",
    ]
    for module, kind in kinds():
        form, about = stated(module)
        cells = (
            form,
            about,
            kind.kind,
            str(kind.family),
            _first(kind.build),
            _first(kind.breaches),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def stated(module: ModuleType) -> tuple[str, str]:
    """The forms of a file and what they are about; ValueError where it does not begin so."""
    first = " ".join((inspect.getdoc(module) or "").partition("\n\n")[0].split())
    form, colon, about = first.partition("`: ")
    if not colon or not form.startswith("`"):
        raise ValueError(f"{module.__name__} does not begin with its form: {first!r}")
    return f"{form}`", about


def _first(function: object) -> str:
    """The first paragraph of what a function says, on one row."""
    said = inspect.getdoc(function) or ""
    return " ".join(said.partition("\n\n")[0].split()).replace("|", "\\|")
