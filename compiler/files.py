"""The header of a policy file: whose it is, when and for whom it speaks."""

from __future__ import annotations

from dataclasses import dataclass

from compiler import codes
from compiler.attributes import Vocabulary
from compiler.policyset import PolicySet
from compiler.read_conditions import read_guard
from compiler.reader import Groups, Reader, check_dates, closest, letters
from compiler.scopes import OWNED, SHARED, Scope, has_owners, owners
from compiler.statements import Authority
from grammar import tree
from grammar.spans import Span

NOBODY_KNOWS = Authority("", 0)
"""Stands for a layer that could not be read: nobody can be ruled out."""


@dataclass(frozen=True)
class OpenFile:
    """A file being read. `broken`: its scope is not known for sure, nothing in it takes part."""

    tree: tree.PolicyFile
    reader: Reader
    scope: Scope
    owner: str
    broken: bool

    @property
    def authority(self) -> Authority:
        return self.scope.authority


def open_file(
    file: tree.PolicyFile,
    policies: PolicySet,
    vocabulary: Vocabulary,
    groups: Groups,
    securities: frozenset[str] | None,
) -> OpenFile:
    """Read the header of a file, reporting to the diagnostics of its reader."""
    using = frozenset(name.value for name in file.header.using)
    reader = Reader(NOBODY_KNOWS, vocabulary, groups, policies.layers, securities, using=using)
    authority = _authority(file.header, policies.layers, reader)
    broken = file.header.flawed or authority is None
    if authority is not None:
        reader.authority = authority
    header = file.header
    starts = None if header.starts is None else header.starts.value
    ends = None if header.ends is None else header.ends.value
    check_dates(header.starts, header.ends, reader)
    guard = None if header.guard is None else read_guard(header.guard, reader)
    broken = broken or (header.guard is not None and guard is None)
    broken = broken or (starts is not None and ends is not None and ends < starts)
    guards = () if guard is None else (guard,)
    scope = Scope(reader.authority)
    if not broken:
        scope = scope.narrowed(guards, starts, ends)
    owner = "" if header.owner is None else header.owner.value
    return OpenFile(file, reader, scope, owner, broken)


def _authority(header: tree.Header, layers: tuple[str, ...], reader: Reader) -> Authority | None:
    layer = header.layer
    if layer is None:
        if not header.flawed:
            reader.report(
                codes.NO_LAYER,
                "this file does not say which layer it belongs to",
                Span(header.span.path, 1, 1, 1, 2),
                "no line `layer` in the header",
                help="add one of: " + ", ".join(f"`layer {name}`" for name in layers),
            )
        return None
    name = layer.name.value
    if name not in layers:
        reader.unknown_layer(layer.name)
        return None
    authority = Authority(name, layers.index(name), None if layer.of is None else layer.of.value)
    if not _owner_fits(layer, reader):
        return None
    if layer.of is not None:
        _check_owner(name, layer.of, reader)
    return authority


def _check_owner(layer: str, of: tree.Text, reader: Reader) -> None:
    """A likely misspelling of an owner; who is merely absent is no mistake.

    Ids of households and accounts are alike as they are: of them only those that look the same are
    taken for one.
    """
    known = owners(layer, reader.vocabulary)
    if layer in ("household", "account"):
        near = min((each for each in known if letters(each) == letters(of.value)), default=None)
    else:
        near = closest(of.value, known)
    if of.value in known or near is None:
        return
    reader.report(
        codes.UNKNOWN_VALUE,
        f'no account of the book has the {layer} "{of.value}"',
        of.span,
        "this file speaks for nobody",
        help=f'did you mean "{near}"?',
    )


def _owner_fits(layer: tree.Layer, reader: Reader) -> bool:
    name = layer.name.value
    if layer.of is None and name in OWNED:
        reader.report(
            codes.WHOSE_FILE,
            f"whose {name} file is this?",
            layer.span,
            f"one {name} is meant, not all",
            help=f'write `layer {name} "..."` with the name of the {name}',
        )
        return False
    if layer.of is not None and not has_owners(name, reader.vocabulary):
        reader.report(
            codes.WHOSE_FILE,
            f"the layer `{name}` speaks for everybody"
            if name in SHARED
            else f"no column says which accounts belong to a `{name}`",
            layer.of.span,
            help=f"write `layer {name}`"
            if name in SHARED
            else f"add a column `{name}` to the accounts or households of the book",
        )
        return False
    return True
