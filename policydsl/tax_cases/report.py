"""What came of tax cases, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from grammar.diagnostics import to_json
from policydsl import output
from policydsl.tax_cases.run import FileResult, Verdict


def as_text(results: Sequence[FileResult]) -> str:
    """Each disagreement key by key, a line a file, and a closing count."""
    lines = [line for each in results for line in _of_file(each)]
    verdicts = [verdict for each in results for verdict in each.verdicts]
    variants = sum(verdict.variant is not None for verdict in verdicts)
    cases = output.counted(len(verdicts) - variants, "case")
    lines.append(f"{cases}, {output.counted(variants, 'variant')}: {_tally(results)}")
    return "\n".join(lines) + "\n"


def _of_file(result: FileResult) -> Iterator[str]:
    for verdict in result.verdicts:
        if verdict.differences:
            yield from _failure(verdict)
    yield f"{result.path}: {_tally([result])}"


def _failure(verdict: Verdict) -> Iterator[str]:
    variant = f", variant {verdict.variant}" if verdict.variant else ""
    yield f"FAILED {verdict.id}{variant}  {verdict.title}  ({verdict.path}:{verdict.line})"
    for each in verdict.differences:
        yield f"    {each.key}: expected {each.expected}, found {each.found}"


def _tally(results: Sequence[FileResult]) -> str:
    verdicts = [verdict for each in results for verdict in each.verdicts]
    passed = sum(verdict.passed for verdict in verdicts)
    failed = sum(bool(verdict.differences) for verdict in verdicts)
    malformed = sum(each.malformed for each in results)
    counts = {"passed": passed, "failed": failed, "malformed": malformed}
    return ", ".join(f"{count:,} {word}" for word, count in counts.items() if count) or "none"


def as_json(results: Sequence[FileResult]) -> dict[str, object]:
    """Stable field names."""
    verdicts = [verdict for each in results for verdict in each.verdicts]
    variants = sum(verdict.variant is not None for verdict in verdicts)
    return {
        "cases": len(verdicts) - variants,
        "variants": variants,
        "passed": sum(verdict.passed for verdict in verdicts),
        "failed": sum(bool(verdict.differences) for verdict in verdicts),
        "malformed": sum(each.malformed for each in results),
        "results": [_verdict_json(verdict) for verdict in verdicts],
        "diagnostics": [to_json(one) for each in results for one in each.diagnostics],
    }


def _verdict_json(verdict: Verdict) -> dict[str, object]:
    return {
        "file": verdict.path,
        "line": verdict.line,
        "id": verdict.id,
        "variant": verdict.variant,
        "title": verdict.title,
        "kind": verdict.kind,
        "passed": verdict.passed,
        "differences": [
            {"key": each.key, "expected": each.expected, "found": each.found}
            for each in verdict.differences
        ],
        "malformed": None if verdict.malformed is None else verdict.malformed.message,
    }
