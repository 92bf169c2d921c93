"""The same inputs give the same trades, byte for byte, however they are laid out."""

from __future__ import annotations

import random
import re
import shutil
from pathlib import Path

import pytest

from compiler.policyset import load_policies
from tests.policydsl.runs import POLICIES, SHARED, edited_policies, rebalanced, record

CHOSEN = ("H00001", "H00002", "H00004")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, small_book: Path) -> Path:
    return rebalanced(tmp_path_factory.mktemp("same") / "run", small_book, households=CHOSEN)


def trades(run: Path) -> bytes:
    return (run / "trades.csv").read_bytes()


def test_a_second_run_repeats_every_file_but_the_record_of_time(
    first: Path, small_book: Path, tmp_path: Path
) -> None:
    again = rebalanced(tmp_path / "run", small_book, households=CHOSEN)
    names = [p.relative_to(first) for p in sorted(first.rglob("*")) if p.is_file()]
    differing = [
        str(name)
        for name in names
        if not (again / name).exists() or (first / name).read_bytes() != (again / name).read_bytes()
    ]
    assert set(differing) <= {"run.json", "log.jsonl", "seal.json"}
    one, two = record(first), record(again)
    assert set(one["files"]) == set(two["files"])
    for timed in ("timings", "files", "log_head"):
        del one[timed], two[timed]
    assert one == two


def test_households_in_reversed_order(first: Path, small_book: Path, tmp_path: Path) -> None:
    again = rebalanced(tmp_path / "run", small_book, households=reversed(CHOSEN))
    assert trades(again) == trades(first)


def test_a_household_alone_trades_as_it_does_among_others(small_run: Path, first: Path) -> None:
    among = [line for line in trades(small_run).splitlines() if line.split(b",")[1] in IDS]
    assert among == trades(first).splitlines()[1:]


IDS = {name.encode() for name in CHOSEN}


@pytest.mark.parametrize("seed", [1, 2])
def test_policies_in_other_files_and_another_order(
    first: Path, small_book: Path, tmp_path: Path, seed: int
) -> None:
    policies = edited_policies(tmp_path / "policies")
    shuffle(policies, random.Random(seed))
    again = rebalanced(tmp_path / "run", small_book, policies, CHOSEN)
    assert record(again)["policy_revision"] != record(first)["policy_revision"]
    assert trades(again) == trades(first)


def shuffle(policies: Path, source: random.Random) -> None:
    """Rename every file of the set, move some, and shuffle the statements after each header."""
    files = [policies / file.path for file in load_policies(policies).files]
    names = [f"{number:02}" for number in range(len(files))]
    source.shuffle(names)
    for path, name in zip(files, names, strict=True):
        head, *blocks = re.split(
            r"^(?=(?:rule|default|set|define)\b)", path.read_text(), flags=re.M
        )
        definitions = [block for block in blocks if block.startswith("define")]
        rest = [block for block in blocks if not block.startswith("define")]
        source.shuffle(rest)
        source.shuffle(definitions)
        target = policies / source.choice(["a", "z", "a/b"]) / f"{name}.policy"
        target.parent.mkdir(parents=True, exist_ok=True)
        mixed = [*definitions, *rest] if source.random() < 0.5 else [*rest, *definitions]
        target.write_text(head.rstrip("\n") + "\n\n" + "\n".join(b.strip() + "\n" for b in mixed))
        path.unlink()


def test_tables_of_the_book_in_another_order(first: Path, small_book: Path, tmp_path: Path) -> None:
    book = Path(shutil.copytree(small_book, tmp_path / "book"))
    source = random.Random(3)
    for name in ("households", "accounts", "tax_entities", "lots", "securities", "models"):
        head, *lines = (book / f"{name}.csv").read_text().splitlines()
        source.shuffle(lines)
        (book / f"{name}.csv").write_text("\n".join([head, *lines]) + "\n")
    again = rebalanced(tmp_path / "run", book, households=CHOSEN)
    assert trades(again) == trades(first)


@pytest.mark.long
@pytest.mark.parametrize("name", ["us100-small", "us500"])
def test_a_real_book_repeats_itself(name: str, tmp_path: Path) -> None:
    book = SHARED / name
    if not book.is_dir():
        pytest.skip(f"{book} is not here")
    ids = (book / "households.csv").read_text().splitlines()[1:4]
    chosen = [line.split(",")[0] for line in ids]
    policies = edited_policies(tmp_path / "policies")
    one = rebalanced(tmp_path / "one", book, POLICIES, chosen)
    shuffle(policies, random.Random(4))
    two = rebalanced(tmp_path / "two", book, policies, chosen[::-1])
    assert trades(one) == trades(two)
