"""A run folder is changed at a thousand places, and no change goes unseen by the hashes alone."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from policydsl.verification.folder import folder_differences
from tests.policydsl.runs import record

MUTATIONS = 1200
Mutation = Callable[[random.Random, Path], None]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, signed_run: Path) -> Path:
    """A signed run that this module changes and puts back."""
    return Path(shutil.copytree(signed_run, tmp_path_factory.mktemp("tampered") / "run"))


def contents(run: Path) -> dict[str, bytes]:
    return {
        path.relative_to(run).as_posix(): path.read_bytes()
        for path in sorted(run.rglob("*"))
        if path.is_file()
    }


def put_back(run: Path, files: dict[str, bytes]) -> None:
    for path in sorted(run.rglob("*"), reverse=True):
        name = path.relative_to(run).as_posix()
        if path.is_symlink() or (path.is_file() and name not in files):
            path.unlink()
        elif path.is_dir() and not any(each.startswith(f"{name}/") for each in files):
            path.rmdir()
    for name, content in files.items():
        path = run / name
        if not path.is_file() or path.read_bytes() != content:
            path.write_bytes(content)


# --- what is done to a run -----------------------------------------------------------------------


def any_file(rng: random.Random, run: Path) -> Path:
    return rng.choice(sorted(path for path in run.rglob("*") if path.is_file()))


def flip(rng: random.Random, run: Path) -> None:
    path = any_file(rng, run)
    flip_at(path, rng.randrange(path.stat().st_size), 1 << rng.randrange(8))


def flip_at(path: Path, place: int, bits: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= bits
    path.write_bytes(content)


def truncate(rng: random.Random, run: Path) -> None:
    path = any_file(rng, run)
    content = path.read_bytes()
    path.write_bytes(content[: rng.randrange(len(content))])


def append(rng: random.Random, run: Path) -> None:
    path = any_file(rng, run)
    path.write_bytes(path.read_bytes() + rng.choice([b"\n", b" ", b"\0", b"mine"]))


def lines_of(rng: random.Random, run: Path) -> tuple[Path, list[bytes]]:
    path = run / rng.choice(["log.jsonl", "log.jsonl", "trades.csv", "blocks.csv"])
    return path, path.read_bytes().splitlines(keepends=True)


def drop_line(rng: random.Random, run: Path) -> None:
    path, lines = lines_of(rng, run)
    lines.pop(rng.randrange(len(lines)))
    path.write_bytes(b"".join(lines))


def reorder_lines(rng: random.Random, run: Path) -> None:
    path, lines = lines_of(rng, run)
    one, other = rng.sample(range(len(lines)), 2)
    lines[one], lines[other] = lines[other], lines[one]
    path.write_bytes(b"".join(lines))


def duplicate_line(rng: random.Random, run: Path) -> None:
    path, lines = lines_of(rng, run)
    number = rng.randrange(len(lines))
    lines.insert(number, lines[number])
    path.write_bytes(b"".join(lines))


def swap_households(rng: random.Random, run: Path) -> None:
    one, other = rng.sample(record(run)["households"], 2)
    swap(run / "proposals" / f"{one}.json", run / "proposals" / f"{other}.json")


def swap_files(rng: random.Random, run: Path) -> None:
    swap(any_file(rng, run), any_file(rng, run))


def swap(one: Path, other: Path) -> None:
    mine, theirs = one.read_bytes(), other.read_bytes()
    one.write_bytes(theirs)
    other.write_bytes(mine)


def add_file(rng: random.Random, run: Path) -> None:
    name = rng.choice(
        ["notes.txt", ".hidden", "proposals/H9.json", "inputs/book/flows2.csv", "x/y"]
    )
    (run / name).parent.mkdir(exist_ok=True)
    (run / name).write_bytes(rng.choice([b"", b"{}\n", b"mine"]))


def copy_file(rng: random.Random, run: Path) -> None:
    path = any_file(rng, run)
    shutil.copy(path, path.with_name(f"copy-of-{path.name}"))


def rename(rng: random.Random, run: Path) -> None:
    path = any_file(rng, run)
    path.rename(path.with_name(rng.choice([path.name.upper() + "X", f".{path.name}", "other"])))


def delete(rng: random.Random, run: Path) -> None:
    any_file(rng, run).unlink()


def empty(rng: random.Random, run: Path) -> None:
    any_file(rng, run).write_bytes(b"")


def replace_by_link(rng: random.Random, run: Path) -> None:
    path = any_file(rng, run)
    elsewhere = run.parent / "elsewhere"
    elsewhere.write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(elsewhere)


def add_folder(rng: random.Random, run: Path) -> None:
    (run / rng.choice(["empty", "inputs/empty", "proposals/empty"])).mkdir()


KINDS: tuple[Mutation, ...] = (
    *(flip, flip, flip, flip, flip, truncate, append),
    *(drop_line, reorder_lines, duplicate_line, swap_households, swap_files),
    *(add_file, copy_file, rename, delete, empty, replace_by_link, add_folder),
)


# --- and what is seen of it ----------------------------------------------------------------------


def seen(run: Path) -> bool:
    """Whether the hashes alone, without the signer's key, tell that something is another."""
    return next(folder_differences(run), None) is not None


def mutations(run: Path) -> Iterator[str]:
    """Changes of all kinds, each put back; those that change nothing are left out."""
    rng, files = random.Random(7), contents(run)
    for number in range(2 * MUTATIONS):
        change = KINDS[number % len(KINDS)]
        change(rng, run)
        links = any(path.is_symlink() for path in run.rglob("*"))
        folders = any(path.is_dir() and not any(path.iterdir()) for path in run.rglob("*"))
        try:
            if contents(run) != files or links or folders:
                yield change.__name__
        finally:
            put_back(run, files)


def test_a_thousand_changes_are_all_seen(run: Path) -> None:
    unseen, done = [], Counter[str]()
    assert not seen(run)
    for name in islice(mutations(run), MUTATIONS):
        done[name] += 1
        if not seen(run):
            unseen.append(name)
    assert unseen == []
    assert not seen(run)
    assert done.total() == MUTATIONS
    assert set(done) == {kind.__name__ for kind in KINDS}


def test_each_file_is_held_from_its_first_byte_to_its_last(run: Path) -> None:
    files = contents(run)
    for name, content in files.items():
        for place in (0, len(content) // 2, len(content) - 1):
            flip_at(run / name, place, 1)
            assert seen(run), (name, place)
            put_back(run, files)
    assert not seen(run)


def test_each_byte_of_the_seal_and_of_its_signature_is_held(run: Path) -> None:
    files = contents(run)
    for place in range(len(files["seal.json"])):
        for bits in (1, 32):  # another digit; another case of a letter
            flip_at(run / "seal.json", place, bits)
            assert seen(run), place
    put_back(run, files)
    assert not seen(run)
