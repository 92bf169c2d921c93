"""A policy set of any size: all layers, groups, guards, dates, defaults with sets, waivers, notes.

The same sizes give the same bytes. Nothing in it is in error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

BECAUSE = "Minute {0} of the committee, item {1}"
FIRST_DEFAULT = "choice.d5"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
INDUSTRIES = ("Tobacco", "Banks", "Software", "Airlines", "Utilities", "Mining", "Hotels", "Media")
FLAGS = ("account.taxable", "account.discretionary", "not account.held_away")
TAGS = ("founder", "retiree", "employee", "trustee")
STATES = ("CA", "NY", "TX", "WA", "MA")

MANIFEST = """name = "scale"

[attributes.securities."revenue.oil"]
type = "fraction"
applies_to = ["stock"]

[attributes.securities.esg_score]
type = "number"
"""


@dataclass(frozen=True)
class File:
    """Whose file, and the numbers of the rules in it."""

    name: str
    header: str
    layer: str
    numbers: range


def write_policies(folder: Path, rules: int, files: int) -> int:
    """Write a set with so many rules, `set`s and waivers in so many files; returns its rows."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.joinpath("policyset.toml").write_text(MANIFEST, encoding="utf-8")
    rows = 0
    for file in _files(rules, files):
        path = folder / file.layer / f"{file.name}.policy"
        path.parent.mkdir(exist_ok=True)
        text = f"{file.header}\n" + "".join(_said(file))
        path.write_text(text, encoding="utf-8")
        rows += text.count("\n")
    return rows


def _files(rules: int, files: int) -> Iterator[File]:
    """The ipc, advisors, programs and accounts have every tenth file each, households the rest."""
    done = 0
    for at in range(files):
        end = rules * (at + 1) // files
        yield _file(at, files, range(done, end))
        done = end


def _file(at: int, files: int, numbers: range) -> File:
    if at == 0 or at % 10 == 1:
        layer = "ipc"
    elif at == 2:
        layer = "firm"
    else:
        layer = {2: "advisor", 3: "program", 4: "account"}.get(at % 10, "household")
    owner = {
        "household": f'"H{at:05}"',
        "account": f'"H{at:05}-TX"',
        "advisor": f'"ADV{at}"',
        "program": f'"program-{at}"',
    }.get(layer, "")
    header = f'policy {layer}.f{at} "File {at} of {files}"\nlayer {layer} {owner}'.rstrip()
    if layer in ("firm", "ipc"):
        header += '\nowner "Investment Policy Committee"\nfrom 2026-01-01'
    return File(f"f{at}", header + "\n", layer, numbers)


# --- what a file says ----------------------------------------------------------------------------


def _said(file: File) -> Iterator[str]:
    above = file.layer in ("firm", "ipc")
    kinds = (*EVERYWHERE, *(ABOVE if above else BELOW))
    for number in file.numbers:
        if not above and number == file.numbers[0]:
            yield "\n" + _set(number)
        elif not above and number == file.numbers[-1]:
            yield "\n" + _cash(f"{file.layer}.r{number}", number)
        else:
            yield "\n" + kinds[number % len(kinds)](f"{file.layer}.r{number}", number)


def ticker(number: int) -> str:
    """`AAA`, `AAB` ...: 17,576 of them."""
    first, rest = divmod(number % 26**3, 26 * 26)
    return LETTERS[first] + LETTERS[rest // 26] + LETTERS[rest % 26]


def _because(number: int) -> str:
    return f'    because "{BECAUSE.format(number, number % 7 + 1)}"\n'


def _when(number: int) -> str:
    flag, tag, state = FLAGS[number % 3], TAGS[number % 4], STATES[number % 5]
    return f'    when {flag} and ("{tag}" in household.tags or taxpayer.state is "{state}")\n'


def _list(rule: str, number: int) -> str:
    names = ", ".join(f'"{ticker(number * 3 + k)}"' for k in range(3))
    return f'rule {rule} "List {number}"\n    never buy {names}\n' + _because(number)


def _group(rule: str, number: int) -> str:
    one, other = INDUSTRIES[number % 8], INDUSTRIES[(number + 3) % 8]
    return (
        f'define group_{number} as anything where industry in ("{one}", "{other}")'
        f" and esg_score below {number % 50 + 1}\n\n"
        f'rule {rule} "Group {number}"\n    never hold group_{number}\n{_when(number)}'
        f"    existing positions comply within {number % 300 + 30} days\n"
        f"    missing counts as allowed\n" + _because(number)
    )


def _lots(rule: str, number: int) -> str:
    return (
        f'rule {rule} "Young lots {number}"\n    never sell "{ticker(number)}" where lot.age below'
        f" {number % 200 + 30} days and lot.gain above ${number % 900 + 100}\n" + _because(number)
    )


def _weight(rule: str, number: int) -> str:
    return (
        f'rule {rule} "No more of one {number}"\n    keep "{ticker(number)}" at most'
        f" {number % 20 + 1}% of account\n{_when(number)}"
        f"    except {'when account.taxable' if number % 2 else 'anything where lot.pledged'}\n"
        f"    from 2026-0{number % 9 + 1}-01\n" + _because(number)
    )


def _screen(rule: str, number: int) -> str:
    return (
        f'rule {rule} "Screen {number}"\n'
        f"    never buy anything where revenue.oil at least {number % 60 + 1}%"
        f' and country is not "US"\n    except "{ticker(number)}"\n    missing counts as excluded\n'
        + _because(number)
    )


def _default(rule: str, number: int) -> str:
    del rule
    return (
        f'default choice.d{number} "Choice {number}"\n'
        f'    keep "{ticker(number)}" between 0% and {number % 5 + 2}% of account\n'
        "    allow program, advisor, household, account to set between 0% and 20%\n"
        + _because(number)
    )


def _set(number: int) -> str:
    """A choice for the first default, which every set of more than five rules has."""
    return f"set {FIRST_DEFAULT} to between 0% and {number % 17 + 3}%\n" + _because(number)


def _watched(rule: str, number: int) -> str:
    return (
        f'note {rule} "Watched {number}"\n    keep "{ticker(number)}" at most {number % 9 + 1}%'
        f" of household\n" + _because(number)
    )


def _waived(rule: str, number: int) -> str:
    return (
        f'rule {rule} "Waived in part {number}"\n    never buy "{ticker(number)}"\n'
        f'{_because(number)}\nwaive {rule} for "{ticker(number)}"\n'
        f"    from 2026-06-01 until 2026-08-{number % 30 + 1:02}\n"
        f'{_because(number)}    approved by "Chair of the committee"\n'
    )


def _cash(rule: str, number: int) -> str:
    """Of a thing that many files speak about."""
    return (
        f'rule {rule} "Cash {number}"\n    keep cash at least {number % 4 + 1}% of account\n'
        + _because(number)
    )


def _accounts(rule: str, number: int) -> str:
    return (
        f'rule {rule} "Some accounts {number}"\n    never trade "{ticker(number)}"\n'
        f'    when account.type in ("taxable", "trust") and account.value above ${number:,},000\n'
        + _because(number)
    )


EVERYWHERE: tuple[Callable[[str, int], str], ...] = (_list, _group, _lots, _weight, _screen)
ABOVE: tuple[Callable[[str, int], str], ...] = (_default, _watched, _waived)
BELOW: tuple[Callable[[str, int], str], ...] = (_accounts, _waived)
