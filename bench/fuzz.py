"""Damaged policies by the hundred thousand: no traceback, no hang, and `fmt` keeps its word.

    python -m bench.fuzz                                 200,000 inputs, two processes
    python -m bench.fuzz --inputs 5000 --seed 3

Every policy and policy test that is shipped or tested is cut into its statements; one or two of
them, mostly without a mistake, are damaged under a header, byte by byte or word by word. Each input
is parsed and checked, and its findings are shown as text and JSON. One that can be read is laid out
as `fmt` does: it must say the same, and laid out again be the same text. The same seed gives the
same inputs.

Work is what is counted, not seconds: characters that the grammar reads, repairs included, for each
character of the input. A watchdog ends the run if one input takes a minute.
"""

from __future__ import annotations

import argparse
import faulthandler
import re
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from compiler.check import check_policies
from compiler.policyset import LAYERS, LoadedFile, PolicySet
from grammar import reader, repair
from grammar.diagnostics import Severity, render_text, to_json
from grammar.layout import layout, layout_tests, same
from grammar.parse import parse_bytes
from grammar.parse_tests import parse_tests_bytes
from grammar.source import decode
from grammar.tree import PolicyFile
from portfolio.household import Attribute, AttributeType

ROOT = Path(__file__).resolve().parent.parent
MOST_WORK = 3_000
"""Readings of a character of the input, on the average, that no input may need."""
SLACK = 100
"""Characters by which short inputs are taken to be longer."""
PATIENCE = 60
"""Seconds after which the watchdog ends the run."""
ATTRIBUTES = tuple(
    Attribute("securities", name, AttributeType.FRACTION, frozenset({"stock"}))
    for name in ("revenue.oil", "revenue.tobacco")
)
ODD = (
    "", "(", ")", '"', "“", ",", "#", "%", "$", "\n", "\t", "\x00", "\ufeff", "é", "\u202e", "−",
    "50%", "$-5", "0%", "999999999999 years", "2026-02-30", "3 points", "not", "not (", "and", "or",
    "=", "<=", "at", "each", "the larger of", "100%", "-1", "1e9", "0.000000001%", "$1,00",
    "12/31/2026",
)  # fmt: skip


# --- inputs --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Corpus:
    """The headers and statements of policies, and of tests."""

    headers: tuple[str, ...]
    statements: tuple[str, ...]
    sound: tuple[str, ...]
    tests: tuple[str, ...]
    words: tuple[str, ...]


def corpus() -> Corpus:
    """Everything that is shipped or tested."""
    texts = {
        path: path.read_bytes().decode(errors="replace")
        for folder in ("policies", "tests", "docs")
        for path in sorted((ROOT / folder).rglob("*.polic*"))
        if path.is_file()
    }
    headers, statements, tests = [], [], []
    for path, text in texts.items():
        blocks = re.split(r"\n(?=(?:rule|default|note|set|waive|define|test)\b)", text)
        if path.suffix == ".policytest":
            tests += blocks
        else:
            headers.append(blocks[0])
            statements += blocks[1:]
    headers = [each for each in headers if "layer " in each and not _mistaken(each)]
    sound = [each for each in statements if not _mistaken(each)]
    whole = "\n".join(texts.values())
    words = sorted(set(re.findall(r'"[^"\n]*"|[^\s",()]+', whole)))
    return Corpus(
        *(tuple(dict.fromkeys(each)) for each in (headers, statements, sound, tests, words))
    )


def _mistaken(text: str) -> bool:
    _, found = parse_bytes(text.encode(), "any.policy")
    return any(each.severity is Severity.ERROR for each in found)


def damaged(corpus: Corpus, random: Random) -> tuple[str, bytes]:
    """One input: the ending of its file's name, and its bytes."""
    if random.random() < 0.2:
        ending, parts = ".policytest", random.choices(corpus.tests, k=random.randint(1, 2))
    else:
        ending = ".policy"
        some = corpus.sound if random.random() < 0.8 else corpus.statements
        parts = [random.choice(corpus.headers), *random.choices(some, k=random.randint(1, 2))]
    text = "\n".join(part[:1_500] for part in parts)
    for _ in range(random.choice((0, 0, 1, 1, 1, 2, 4))):
        text = random.choice(WORD_DAMAGE)(text, corpus, random)
    data = text.encode()
    for _ in range(random.choice((0, 0, 0, 0, 1, 2, 8))):
        data = random.choice(BYTE_DAMAGE)(data, random)
    return ending, data


def _spot(text: str, random: Random) -> tuple[int, int]:
    """The place of some word."""
    words = list(re.finditer(r'"[^"\n]*"|[^\s",()]+|\S', text))
    return random.choice(words).span() if words else (0, 0)


def _another_word(text: str, corpus: Corpus, random: Random) -> str:
    start, end = _spot(text, random)
    return text[:start] + random.choice((*ODD, random.choice(corpus.words))) + text[end:]


def _one_more_word(text: str, corpus: Corpus, random: Random) -> str:
    start, _ = _spot(text, random)
    return f"{text[:start]}{random.choice((*ODD, random.choice(corpus.words)))} {text[start:]}"


def _no_word(text: str, corpus: Corpus, random: Random) -> str:
    del corpus
    start, end = _spot(text, random)
    return text[:start] + text[end:]


def _misspelt(text: str, corpus: Corpus, random: Random) -> str:
    del corpus
    start, end = _spot(text, random)
    letters = list(text[start:end])
    random.shuffle(letters)
    return text[:start] + "".join(letters) + text[end:]


def _rows_moved(text: str, corpus: Corpus, random: Random) -> str:
    del corpus
    rows = text.split("\n")
    row = rows.pop(random.randrange(len(rows)))
    for _ in range(random.choice((0, 1, 1, 2, 40))):
        rows.insert(random.randint(0, len(rows)), row)
    return "\n".join(rows)


def _joined(text: str, corpus: Corpus, random: Random) -> str:
    del corpus
    ends = [each.start() for each in re.finditer("\n", text)]
    at = random.choice(ends) if ends else 0
    return text[:at] + random.choice((" ", "", ", ", " and ")) + text[at + 1 :]


WORD_DAMAGE: tuple[Callable[[str, Corpus, Random], str], ...] = (
    _another_word, _one_more_word, _no_word, _misspelt, _rows_moved, _joined,
)  # fmt: skip


def _another_byte(data: bytes, random: Random) -> bytes:
    at = random.randint(0, len(data))
    return data[:at] + bytes([random.randrange(256)]) + data[at + 1 :]


def _no_bytes(data: bytes, random: Random) -> bytes:
    at = random.randint(0, len(data))
    return data[:at] + data[at + random.choice((1, 1, 2, 5, 40)) :]


def _bytes_again(data: bytes, random: Random) -> bytes:
    at = random.randint(0, len(data))
    end = at + random.choice((1, 3, 10, 60))
    return data[:end] + data[at:end] * random.choice((1, 1, 2, 30)) + data[end:]


BYTE_DAMAGE: tuple[Callable[[bytes, Random], bytes], ...] = (_another_byte, _no_bytes, _bytes_again)


# --- what is tried on each -----------------------------------------------------------------------


@dataclass
class Report:
    """What became of the inputs; `failures` are texts that say all."""

    counts: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    most_work: float = 0.0
    failures: list[str] = field(default_factory=list)

    def add(self, other: Report) -> None:
        self.counts += other.counts
        self.codes += other.codes
        self.most_work = max(self.most_work, other.most_work)
        self.failures += other.failures


class _Odometer:
    """Counts the characters that the grammar reads."""

    def __init__(self) -> None:
        self.read = 0

    def reached(self, text: str) -> int | None:
        self.read += len(text)
        return reader.reached(text)


def attempt(ending: str, data: bytes, report: Report) -> None:
    """Parse, check, show and lay out one input. Raises AssertionError, or whatever goes wrong."""
    name = f"fuzz{ending}"
    tests = ending == ".policytest"
    file, found = parse_tests_bytes(data, name) if tests else parse_bytes(data, name)
    text, _ = decode(data, name)
    findings = list(found)
    if isinstance(file, PolicyFile):
        given = PolicySet("fuzz", LAYERS, (), (LoadedFile(name, text, "", file),), found)
        typed = check_policies(given, ATTRIBUTES)
        findings = list(typed.diagnostics)
        report.counts["statements typed"] += len(typed.statements)
        for statement in typed.statements:
            assert statement.directive.sentence()
    for each in findings:
        assert each.message
        to_json(each)
    render_text(findings, {name: text}, colour=True).encode()
    report.codes.update({each.code for each in findings})
    if any(each.severity is Severity.ERROR for each in found):
        report.counts["with mistakes"] += 1
        return
    report.counts["read whole"] += 1
    once = layout(file) if isinstance(file, PolicyFile) else layout_tests(file)
    again, mistakes = (parse_tests_bytes if tests else parse_bytes)(once.encode(), name)
    assert not mistakes, [each.message for each in mistakes]
    assert same(file, again), "the layout says something else"
    twice = layout(again) if isinstance(again, PolicyFile) else layout_tests(again)
    assert twice == once, "laid out again it is another text"
    report.counts["laid out"] += 1


def fuzz(inputs: int, seed: int) -> Report:
    """So many inputs of one seed, in this process."""
    known, random, report = corpus(), Random(seed), Report()
    odometer = _Odometer()
    repair.reached = odometer.reached
    try:
        for number in range(inputs):
            ending, data = damaged(known, random)
            odometer.read = 0
            faulthandler.dump_traceback_later(PATIENCE, exit=True)
            try:
                attempt(ending, data, report)
            except Exception:
                said = traceback.format_exc()
                report.failures.append(f"input {number} of seed {seed}: {data!r}\n{said}")
            work = odometer.read / (len(data) + SLACK)
            report.most_work = max(report.most_work, work)
            if work > MOST_WORK:
                report.failures.append(f"input {number} of seed {seed}: {work:.0f} readings")
            report.counts["inputs"] += 1
    finally:
        faulthandler.cancel_dump_traceback_later()
        repair.reached = reader.reached
    return report


def shown(report: Report) -> str:
    rows = [f"{count:>12,}  {what}" for what, count in report.counts.items()]
    rows.append(f"{len(report.codes):>12,}  kinds of mistake")
    rows.append(f"{report.most_work:>12,.0f}  readings of a character, at most, for repairs")
    rows.append(f"{len(report.failures):>12,}  failures")
    return "\n".join((*rows, *report.failures[:5]))


def main() -> None:
    parser = argparse.ArgumentParser(description="Damaged policies: no traceback, no hang.")
    parser.add_argument("--inputs", type=int, default=200_000, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--processes", type=int, default=2, metavar="N")
    asked = parser.parse_args()
    size = 1_000
    sizes: Sequence[int] = [min(size, asked.inputs - done) for done in range(0, asked.inputs, size)]
    seeds = [asked.seed * 1_000_000 + number for number in range(len(sizes))]
    report = Report()
    with ProcessPoolExecutor(asked.processes) as pool:
        for part in pool.map(fuzz, sizes, seeds):
            report.add(part)
            done, wrong = report.counts["inputs"], len(report.failures)
            print(f"\r{done:,} inputs, {wrong} failures", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(shown(report))
    sys.exit(1 if report.failures else 0)


if __name__ == "__main__":
    main()
