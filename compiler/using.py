"""`using NAME` in a header: the file is there, its layer is in sight, something of it is used.

It brings nothing into sight: the definitions of the own and of every higher layer are so already.
It says where a reader finds them, and which are meant where two have one name.
"""

from __future__ import annotations

from collections.abc import Sequence

from compiler import codes
from compiler.definitions import Definitions, sees
from compiler.files import OpenFile
from compiler.reader import did_you_mean
from grammar import tree
from grammar.diagnostics import Label


def check_using(files: Sequence[OpenFile], definitions: Definitions) -> None:
    """Report every `using` that means nothing. Names are read by then, whatever is wrong here."""
    by_name: dict[str, list[OpenFile]] = {}
    for file in files:
        if file.tree.header.id is not None:
            by_name.setdefault(file.tree.header.id.value, []).append(file)
    for file in files:
        for name in file.tree.header.using:
            found = by_name.get(name.value, [])
            if not found:
                _unknown(name, by_name, file)
            elif not any(sees(file.authority, each.authority) for each in found):
                _lower(name, found[0], file)
            elif (file.tree.path, name.value) not in definitions.used:
                _unused(name, file)


def _unknown(name: tree.Name, known: dict[str, list[OpenFile]], file: OpenFile) -> None:
    file.reader.report(
        codes.UNKNOWN_FILE,
        f"no file of this set is called `{name.value}`",
        name.span,
        "no header says `policy` and this name",
        help=did_you_mean(name.value, known) or "`using` names what stands after `policy`",
    )


def _lower(name: tree.Name, found: OpenFile, file: OpenFile) -> None:
    layer = found.tree.header.layer
    file.reader.report(
        codes.LOWER_FILE,
        f"`{name.value}` is out of sight of this file",
        name.span,
        f"{found.authority} is not above {file.authority}",
        related=() if layer is None else (Label(layer.span, "its layer"),),
        help="move its definitions to this layer, or to a higher one",
    )


def _unused(name: tree.Name, file: OpenFile) -> None:
    file.reader.report(
        codes.UNUSED_FILE,
        f"nothing that `{name.value}` defines is used in this file",
        name.span,
        help="leave it out",
    )
