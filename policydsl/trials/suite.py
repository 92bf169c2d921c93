"""Files of policy tests: where they are, which policy set each belongs to, what they say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from compiler.policyset import MANIFEST
from grammar.diagnostics import Diagnostic, Severity
from grammar.parse_tests import parse_tests_bytes
from grammar.source import decode
from grammar.trial import TestFile, Trial

ENDING = ".policytest"


@dataclass(frozen=True)
class Suite:
    """One file of tests; `policy_folder` holds the policy set that it tests."""

    path: Path
    policy_folder: Path

    @cached_property
    def _content(self) -> tuple[str, TestFile, tuple[Diagnostic, ...]]:
        data = self.path.read_bytes()
        file, diagnostics = parse_tests_bytes(data, str(self.path))
        return decode(data, str(self.path))[0], file, diagnostics

    @property
    def text(self) -> str:
        return self._content[0]

    @property
    def file(self) -> TestFile:
        return self._content[1]

    @property
    def mistakes(self) -> tuple[Diagnostic, ...]:
        """What cannot be read in the file."""
        return tuple(each for each in self._content[2] if each.severity is Severity.ERROR)

    def mistakes_of(self, one: Trial) -> tuple[Diagnostic, ...]:
        """What cannot be read in one test."""
        return tuple(each for each in self.mistakes if _inside(each, one))

    @property
    def stray(self) -> tuple[Diagnostic, ...]:
        """What cannot be read and belongs to no test."""
        tests = self.file.trials
        return tuple(each for each in self.mistakes if not any(_inside(each, one) for one in tests))


def _inside(diagnostic: Diagnostic, one: Trial) -> bool:
    return one.span.line <= diagnostic.primary.span.line <= one.span.end_line


def suites(paths: Sequence[Path], policies: Path | None, default: Path) -> tuple[Suite, ...]:
    """Every file of tests that `paths` name or hold, each once, in order.

    A file tests `policies` where they are named, unless it stands in a set nested below them; else
    the set whose manifest stands in its folder or nearest above; else the set in `default`.
    """
    found = dict.fromkeys(file for path in paths for file in _below(path))
    return tuple(Suite(file, _tested(file, policies) or default) for file in found)


def _tested(file: Path, policies: Path | None) -> Path | None:
    around = _set_around(file)
    if policies is None or around is None:
        return policies or around
    nested = policies.resolve() in around.resolve().parents
    return around if nested else policies


def _below(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(each for each in path.rglob(f"*{ENDING}") if each.is_file())
    else:
        yield path


def _set_around(file: Path) -> Path | None:
    for above in file.absolute().parents:
        if (above / MANIFEST).exists():
            here = Path.cwd()
            return above.relative_to(here) if above.is_relative_to(here) else above
    return None
