"""A finished run as reports read it: its record, its proposals, the households they are of."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from compiler.assumptions import assumptions_for
from compiler.closing import Closing, Purchase, Sale, purchase_of, sale_of
from compiler.statements import HouseholdPolicy
from policydsl.explanations.sealed import NotSealedError, opened, run_hash
from policydsl.inputs import Inputs, policy_of, recorded_inputs
from policydsl.propose import empty_closing
from policydsl.record.digests import EXPLANATIONS, sha256

Document = dict[str, Any]


class NotARecordError(Exception):
    """Why a folder cannot be reported on."""


@dataclass(frozen=True)
class Record:
    """A run folder. `run` is its run.json; `documents` are proposals, in the run's order."""

    folder: Path
    run: Document
    documents: tuple[Document, ...]

    @cached_property
    def inputs(self) -> Inputs:
        """What the run was given."""
        return recorded_inputs(self.folder)

    @cached_property
    def seal(self) -> str:
        """The hash that stands for every byte of the run."""
        return run_hash(self.folder)

    @cached_property
    def answers(self) -> dict[str, list[Document]]:
        """What was asked after the run and sealed beside it, by household.

        Raises NotARecordError for a file that is not what was sealed for this run.
        """
        found: dict[str, list[Document]] = {}
        for path in sorted((self.folder / EXPLANATIONS).rglob("*.json")):
            name = path.relative_to(self.folder).as_posix()
            try:
                document = opened(path.read_bytes())
            except NotSealedError as error:
                said = f"{name} {error}: run `policydsl verify {self.folder}`"
                raise NotARecordError(said) from error
            if document["run"] != self.seal:
                said = f"{name} is of another run: run `policydsl verify {self.folder}`"
                raise NotARecordError(said)
            found.setdefault(document["question"]["household_id"], []).append(document)
        return found

    def policy(self, document: Document) -> HouseholdPolicy:
        """What held for a household."""
        return policy_of(self.inputs, self.inputs.book.household(document["household_id"]))

    def closing(self, document: Document) -> Closing:
        """A household before and after the trades of its proposal, exactly."""
        household = self.inputs.book.household(document["household_id"])
        policy = self.policy(document)
        accounts = {account.id: account for account in household.accounts}
        sales: list[Sale] = []
        purchases: list[Purchase] = []
        for trade in document.get("trades") or ():
            account = accounts[trade["account_id"]]
            cost = Decimal(str(assumptions_for(policy, account.id).trading_cost))
            if trade["side"] == "buy":
                shares = Decimal(trade["shares"])
                name = trade["security_id"]
                purchases.append(purchase_of(household, account, name, shares, cost))
            else:
                lots = {lot.id: lot for lot in account.lots}
                sales += [
                    sale_of(household, account, lots[row["lot_id"]], Decimal(row["shares"]), cost)
                    for row in trade["lots"]
                ]
        return empty_closing(household, policy, tuple(sales), tuple(purchases))


def read_record(folder: Path, only: Iterable[str] = ()) -> Record:
    """The record of a run, and the proposals of the households named, of all if none is.

    Raises NotARecordError where a file of it is missing, or is not what the run wrote.
    """
    try:
        run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        wanted = list(only)
        unknown = [name for name in wanted if name not in run["households"]]
        if unknown:
            raise NotARecordError(f"{folder} has no household {unknown[0]}")
        names = [name for name in run["households"] if not wanted or name in wanted]
        if not names:
            raise NotARecordError(f"{folder} has no household")
        documents = tuple(_proposal(folder, run, name) for name in names)
        for name in run["files"]:
            if name.startswith("inputs/"):
                _as_written(folder, run, name)
    except FileNotFoundError as error:
        missing = Path(error.filename).relative_to(folder)
        raise NotARecordError(f"{folder} is not a whole run folder: it has no {missing}") from error
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        said = f"{folder} cannot be read: run `policydsl verify {folder}`"
        raise NotARecordError(said) from error
    return Record(folder, run, documents)


def _proposal(folder: Path, run: Document, household_id: str) -> Document:
    document: Document = json.loads(_as_written(folder, run, f"proposals/{household_id}.json"))
    return document


def _as_written(folder: Path, run: Document, name: str) -> bytes:
    """The content of a file of the run."""
    content = (folder / name).read_bytes()
    if sha256(content) != run["files"][name]:
        said = f"{name} of {folder} is not the file that the run wrote"
        raise NotARecordError(f"{said}: run `policydsl verify {folder}`")
    return content
