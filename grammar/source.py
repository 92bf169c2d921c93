"""The bytes of a policy file become its text."""

from __future__ import annotations

import codecs

from grammar import codes
from grammar.diagnostics import Diagnostic
from grammar.spans import Span, rows


def decode(data: bytes, path: str) -> tuple[str, tuple[Diagnostic, ...]]:
    """The text of a file, whatever its bytes; what is not UTF-8 becomes U+FFFD and a diagnostic."""
    try:
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError as error:
        bad = error
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = data.decode("utf-16", errors="replace")
        start = Span(path, 1, 1, 1, 2)
        return text, (
            codes.NOT_UTF8.at(start, "this file is in UTF-16", help="save the file as UTF-8"),
        )
    body = data.removeprefix(codecs.BOM_UTF8)
    before = rows(body[: bad.start].decode("utf-8", errors="replace"))
    row, column = len(before), len(before[-1]) + 1
    return body.decode("utf-8", errors="replace"), (
        codes.NOT_UTF8.at(
            Span(path, row, column, row, column + 1),
            "this file is not UTF-8 text",
            label=f"byte {body[bad.start]:#04x} begins no character",
            help="save the file as UTF-8",
        ),
    )
