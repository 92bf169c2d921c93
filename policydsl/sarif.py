"""Diagnostics as SARIF 2.1.0 (OASIS, 2020), for code review tools."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePath
from urllib.parse import quote

from compiler.codes import CODES as COMPILER_CODES
from grammar.codes import CODES as GRAMMAR_CODES
from grammar.diagnostics import Diagnostic, Label
from policydsl import __version__
from policydsl.codes import CODES

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MEANINGS = {
    id: code.meaning for each in (GRAMMAR_CODES, COMPILER_CODES, CODES) for id, code in each.items()
}


def to_sarif(sets: Iterable[tuple[Path, Iterable[Diagnostic]]]) -> dict[str, object]:
    """One run with the diagnostics of every set, each given with its folder.

    Columns count Unicode code points from 1; ends are exclusive, as SARIF has them.
    """
    placed = [(folder, each) for folder, found in sets for each in found]
    codes = sorted({each.code for _, each in placed})
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "policydsl",
                        "semanticVersion": __version__,
                        "rules": [
                            {"id": code, "shortDescription": {"text": MEANINGS[code]}}
                            for code in codes
                        ],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [
                    _result(folder, each, codes.index(each.code)) for folder, each in placed
                ],
            }
        ],
    }


def _result(folder: Path, diagnostic: Diagnostic, index: int) -> dict[str, object]:
    text = diagnostic.message + (f". Help: {diagnostic.help}" if diagnostic.help else "")
    return {
        "ruleId": diagnostic.code,
        "ruleIndex": index,
        "level": str(diagnostic.severity),
        "message": {"text": text},
        "locations": [_location(folder, diagnostic.primary)],
        "relatedLocations": [
            {"id": number, **_location(folder, label)}
            for number, label in enumerate(diagnostic.related)
        ],
    }


def _location(folder: Path, label: Label) -> dict[str, object]:
    span = label.span
    location: dict[str, object] = {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(folder / PurePath(span.path))},
            "region": {
                "startLine": span.line,
                "startColumn": span.column,
                "endLine": span.end_line,
                "endColumn": span.end_column,
            },
        }
    }
    if label.text:
        location["message"] = {"text": label.text}
    return location


def _uri(path: Path) -> str:
    """Relative to the working directory where the file is below it, as review tools expect."""
    whole, here = path.resolve(), Path.cwd()
    if whole.is_relative_to(here):
        return quote(whole.relative_to(here).as_posix())
    return whole.as_uri()
