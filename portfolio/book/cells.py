"""Every cell checked against its column; what cannot be read is noted and becomes null.

After this pass a table holds only text that its column's type accepts, so later stages convert
without asking again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from portfolio.book.contract import Cell, Column, TableContract
from portfolio.book.draft import ONE_BY_ONE, WHOLE_BOOK, Draft, Notes, Reach, Subject
from portfolio.book.files import TextTable

NUMBER = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?$"
_NUMBERS = (Cell.NUMBER, Cell.FRACTION, Cell.MONEY, Cell.SHARES)
_LARGEST = 1e15

# Columns without which a position or an account cannot be valued.
_VALUES = {
    ("prices", "date"),
    ("prices", "close"),
    ("lots", "shares"),
    ("lots", "security_id"),
    ("accounts", "cash"),
    ("accounts", "unsettled_cash"),
}

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Fault:
    code: str
    bad: Mask
    says: str
    expected: str


def check_cells(table: TextTable, extra: tuple[Column, ...], notes: Notes) -> TextTable:
    """The table with every unreadable cell nulled and noted; `extra` are declared attributes."""
    columns = dict(table.columns)
    for column in (*table.contract.columns, *extra):
        if column.name not in columns:
            continue
        values = columns[column.name]
        if column.cell is Cell.FLAG:
            values = pc.utf8_lower(values)
        doubtful = np.zeros(table.rows, dtype=bool)
        for fault in _faults(column, values):
            bad = fault.bad & ~doubtful
            if bad.any():
                _note(table, column, fault, bad, notes)
                doubtful |= bad
        columns[column.name] = (
            pc.if_else(pa.array(doubtful), None, values) if doubtful.any() else values
        )
    return replace(table, columns=columns)


def _faults(column: Column, values: pa.Array) -> list[_Fault]:
    faults = []
    empty = np.asarray(values.is_null())
    if column.required:
        faults.append(_Fault("B0201", empty, "is empty", _expects(column)))
    if column.cell is Cell.DATE:
        bad = _mask_of_uniques(values, lambda text: not is_date(text))
        faults.append(_Fault("B0202", bad, "is not a date", _expects(column)))
    elif column.cell in _NUMBERS:
        faults += _number_faults(column, values)
    elif column.cell is Cell.FLAG:
        bad = _mask_of_uniques(values, lambda text: text not in ("true", "false"))
        faults.append(_Fault("B0206", bad, "is neither true nor false", _expects(column)))
    elif column.values:
        bad = _mask_of_uniques(values, lambda text: text not in column.values)
        faults.append(_Fault("B0205", bad, "is not a value of this column", _expects(column)))
    return faults


def _number_faults(column: Column, values: pa.Array) -> list[_Fault]:
    numeric = np.asarray(pc.fill_null(pc.match_substring_regex(values, NUMBER), False), dtype=bool)
    given = ~np.asarray(values.is_null())
    floats = as_floats(pc.if_else(pa.array(numeric), values, None))
    out = numeric & (np.abs(np.nan_to_num(floats)) > _LARGEST)
    if column.minimum is not None:
        out |= numeric & (floats < column.minimum)
    if column.above is not None:
        out |= numeric & (floats <= column.above)
    if column.maximum is not None:
        out |= numeric & (floats > column.maximum)
    return [
        _Fault("B0203", given & ~numeric, "is not a number", _expects(column)),
        _Fault("B0204", out, "is out of range", _expects(column)),
    ]


def as_floats(values: pa.Array) -> NDArray[np.float64]:
    """Numeric text as floats; null becomes not-a-number. A leading plus sign is accepted."""
    plain = pc.replace_substring_regex(values, r"^\+", "")
    floats: NDArray[np.float64] = plain.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return floats


def is_date(text: str) -> bool:
    """Whether `text` is an ISO date, YYYY-MM-DD, that exists, of 1900 to 2199."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return False
    try:
        return 1900 <= date.fromisoformat(text).year < 2200
    except ValueError:
        return False


def _mask_of_uniques(values: pa.Array, is_bad: Callable[[str], bool]) -> Mask:
    """Asks once for each distinct text; null is never bad."""
    encoded = pc.dictionary_encode(values)
    verdicts = np.array([is_bad(text) for text in encoded.dictionary.to_pylist()], dtype=bool)
    mask = np.zeros(len(values), dtype=bool)
    given = ~np.asarray(values.is_null())
    if given.any():
        codes = pc.fill_null(encoded.indices, 0).to_numpy(zero_copy_only=False)
        mask[given] = verdicts[codes[given]]
    return mask


def _expects(column: Column) -> str:
    if column.values:
        return "one of " + ", ".join(column.values)
    if column.cell is Cell.DATE:
        return "a date such as 2024-03-08"
    if column.cell is Cell.FLAG:
        return "true or false"
    if column.cell not in _NUMBERS:
        return "a value"
    bounds = []
    if column.above is not None:
        bounds.append(f"above {column.above:g}")
    if column.minimum is not None:
        bounds.append(f"at least {column.minimum:g}")
    if column.maximum is not None:
        bounds.append(f"at most {column.maximum:g}")
    return "a number such as 1234.56" if not bounds else "a number " + " and ".join(bounds)


def _note(table: TextTable, column: Column, fault: _Fault, bad: Mask, notes: Notes) -> None:
    rows = [int(row) for row in np.flatnonzero(bad)]
    together = len(rows) > ONE_BY_ONE or len(rows) == table.rows > 3
    texts = table.columns[column.name]
    for row in rows[:1] if together else rows:
        value = texts[row].as_py()
        shown = f"`{column.name}`" if value is None else f"`{column.name}` {value!r}"
        count = f" here and in {len(rows) - 1:,} rows below" if together else ""
        subjects = [subject_of_row(table, each) for each in (rows if together else [row])]
        notes.add(
            Draft(
                fault.code,
                table.file,
                f"{shown} {fault.says}{count}",
                fault.expected,
                row=row,
                column=column.name,
                value=value,
                subjects=tuple(dict.fromkeys(subjects)),
                reach=reach_of(table.contract, column.name),
                through_funds=table.contract.name != "prices",
                rows=len(rows) if together else 1,
                account_id=None if together else cell(table, "account_id", row),
                household_id=None if together else cell(table, "household_id", row),
            )
        )


def reach_of(contract: TableContract, column: str) -> Reach:
    """How far a doubtful cell of this column goes."""
    return Reach.VALUE if (contract.name, column) in _VALUES else Reach.TRADES


def cell(table: TextTable, column: str, row: int) -> str | None:
    """One cell as text; None where it is empty or the column is not there."""
    if column not in table.columns:
        return None
    text: str | None = table.columns[column][row].as_py()
    return text


def subject_of_row(table: TextTable, row: int) -> Subject:
    """Whom a mistake in this row concerns; the whole book where the row does not say."""
    contract = table.contract
    if contract.subject is not None:
        named = cell(table, contract.subject, row)
        if named is not None:
            return Subject(contract.subject_kind, named)
    household = cell(table, "household_id", row)
    return WHOLE_BOOK if household is None else Subject("household", household)
