"""What came of tests, for people and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from grammar.diagnostics import to_json
from grammar.source import decode
from policydsl import output
from policydsl.trials.coverage import Coverage
from policydsl.trials.coverage_report import NAMES, coverage_json
from policydsl.trials.results import Verdict

SHOWN = 12
"""So many trades stand below a failure."""


def as_text(verdicts: Sequence[Verdict]) -> str:
    """Every failure with its place and trades, then a line a file."""
    parts = [_failure(each) for each in verdicts if not each.passed]
    passed = Counter(str(each.suite.path) for each in verdicts if each.passed)
    failed = Counter(str(each.suite.path) for each in verdicts if not each.passed)
    for path in dict.fromkeys(str(each.suite.path) for each in verdicts):
        parts.append(f"{path}: {_tally(passed[path], failed[path])}\n")
    seconds = sum(each.seconds for each in verdicts)
    total = _tally(passed.total(), failed.total())
    parts.append(f"{output.counted(len(verdicts), 'test')}: {total}, in {seconds:.1f} s\n")
    return "".join(parts)


def _tally(passed: int, failed: int) -> str:
    return f"{passed:,} passed" + (f", {failed:,} failed" if failed else "")


def _failure(verdict: Verdict) -> str:
    place = f"{verdict.suite.path}:{verdict.place.line}"
    rows = [f"FAILED {verdict.case.title}  ({place})\n"]
    sources = {str(verdict.suite.path): verdict.suite.text}
    if verdict.ran is not None:
        sources |= verdict.ran.inputs.policies.sources
    for path in {each.primary.span.path for each in verdict.found} - sources.keys():
        if Path(path).is_file():
            sources[path] = decode(Path(path).read_bytes(), path)[0]
    rows.append(output.diagnostics_text(verdict.found, sources))
    if verdict.ran is not None:
        rows.append("  trades:\n" if verdict.trades else "  no trades\n")
        rows += (f"    {line}\n" for line in verdict.trades[:SHOWN])
        if len(verdict.trades) > SHOWN:
            rows.append(f"    and {len(verdict.trades) - SHOWN} more\n")
    return "".join(rows) + "\n"


def as_json(
    verdicts: Sequence[Verdict], covers: Sequence[Coverage] = (), short: Sequence[str] = ()
) -> dict[str, object]:
    """Stable field names."""
    coverage = {
        "coverage": [coverage_json(each) for each in covers],
        "coverage_too_low": list(short),
    }
    return {
        "tests": len(verdicts),
        "failed": sum(not each.passed for each in verdicts),
        "results": [
            {
                "file": str(each.suite.path),
                "line": each.place.line,
                "test": each.case.test.title.value,
                "case": each.case.label,
                "passed": each.passed,
                "seconds": round(each.seconds, 3),
                "diagnostics": [to_json(one) for one in each.found],
                "trades": list(each.trades) if not each.passed else [],
            }
            for each in verdicts
        ],
        **(coverage if covers else {}),
    }


def as_junit(
    verdicts: Sequence[Verdict], covers: Sequence[Coverage] = (), short: Sequence[str] = ()
) -> str:
    """The XML that test servers read: a suite a file, a case a test; and a suite for the coverage
    of each policy set, a case a share."""
    root = ElementTree.Element("testsuites")
    for path in dict.fromkeys(str(each.suite.path) for each in verdicts):
        own = [each for each in verdicts if str(each.suite.path) == path]
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=path,
            tests=str(len(own)),
            failures=str(sum(not each.passed for each in own)),
            time=f"{sum(each.seconds for each in own):.3f}",
        )
        for each in own:
            case = ElementTree.SubElement(
                suite,
                "testcase",
                name=each.case.title,
                classname=path,
                file=path,
                line=str(each.place.line),
                time=f"{each.seconds:.3f}",
            )
            if not each.passed:
                failure = ElementTree.SubElement(case, "failure", message=each.found[0].message)
                failure.text = _plain(_failure(each))
    for cover in covers:
        _junit_of_coverage(root, cover, short)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _junit_of_coverage(root: ElementTree.Element, cover: Coverage, short: Sequence[str]) -> None:
    name = f"coverage of {cover.folder}"
    suite = ElementTree.SubElement(root, "testsuite", name=name, tests=str(len(cover.shares)))
    for what, share in cover.shares.items():
        case = ElementTree.SubElement(suite, "testcase", name=NAMES[what], classname=name)
        told = ElementTree.SubElement(case, "system-out")
        told.text = f"{share.done} of {share.total}, {share.percent:.1f}%"
        for said in short:
            if said.startswith(f"{cover.folder}: {NAMES[what]}:"):
                ElementTree.SubElement(case, "failure", message=said)


def _plain(text: str) -> str:
    """Without signs that XML cannot hold."""
    return "".join(sign for sign in text if sign.isprintable() or sign == "\n")
