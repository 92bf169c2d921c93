"""The `given` lines of a test become the rows of a small book.

A row that a line speaks of and that is not there yet is made, so that a test says only what matters
to it; `defaults.py` fills in the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from compiler.attributes import Vocabulary
from compiler.dimensions import Dimension
from compiler.reader import closest
from grammar import tree, trial
from grammar.spans import Span
from grammar.tree import Unit
from policydsl.trials.facts import Fact, cannot, cell, day, facts, money
from portfolio.book.contract import ACTIONS, FLOW_KINDS

IDS = {
    "securities": "security_id",
    "households": "household_id",
    "tax_entities": "tax_entity_id",
    "accounts": "account_id",
    "lots": "lot_id",
}
"""The column of each table that a policy calls `id`."""
FIRST = {"households": "H1", "tax_entities": "T1", "accounts": "A1"}
"""Who there is where a test names nobody."""
_LAYER_OF = {"households": "household", "accounts": "account"}
WORKED_OUT = {
    ("accounts", "value"): "state its cash and what it holds",
    ("accounts", "taxable"): 'state its type: `account.type is "taxable"`',
    ("households", "value"): "state what its accounts hold",
    ("lots", "value"): "state its shares and the price",
}
OF_LOTS = ("age", "long_term", "gain", "loss", "gain_percent")
"""Columns of lots that are worked out, from which dates and basis can be worked back."""
KINDS = {"account": "accounts", "household": "households", "taxpayer": "tax_entities"}


@dataclass
class Row:
    """Cells by column of the book, and the line of the test that speaks of them."""

    cells: dict[str, str | None]
    span: Span | None = None


@dataclass
class Stated:
    """The tables of a book as they are stated line by line.

    `prices` are dollars by security. `asked` keeps what is said of a lot's gain or age, by lot,
    until prices are known. `all_accounts`: the test, or its book, says which accounts there are, so
    that another one is a slip. `owners` are whom the policy files given speak for, by layer: the
    household, or account, of a test that names none.
    """

    today: date
    vocabulary: Vocabulary
    tables: dict[str, list[Row]] = field(default_factory=dict)
    prices: dict[str, Decimal] = field(default_factory=dict)
    asked: dict[str, list[Fact]] = field(default_factory=dict)
    from_book: bool = False
    all_accounts: bool = False
    owners: Mapping[str, str] = field(default_factory=dict)

    def rows(self, table: str) -> list[Row]:
        """The rows of a table, in order."""
        return self.tables.setdefault(table, [])

    def find(self, table: str, name: str) -> Row | None:
        """The row of that id; None where there is none."""
        key = IDS[table]
        return next((row for row in self.rows(table) if row.cells[key] == name), None)

    def row(self, table: str, name: str | None, span: Span) -> Row:
        """The row of that id, the first where none is named; made where it is not there."""
        if name is None and self.rows(table):
            return self.rows(table)[0]
        name = self.owners.get(_LAYER_OF.get(table, ""), FIRST[table]) if name is None else name
        found = self.find(table, name)
        if found is not None:
            return found
        made = Row({IDS[table]: name}, span)
        if table in ("accounts", "tax_entities"):
            made.cells["household_id"] = self.row("households", None, span).cells["household_id"]
        if table == "accounts":
            payer = self.payer_of(made.cells["household_id"], span)
            made.cells["tax_entity_id"] = payer.cells["tax_entity_id"]
        self.rows(table).append(made)
        return made

    def payer_of(self, household: str | None, span: Span) -> Row:
        """The first taxpayer of a household; made where it has none."""
        for row in self.rows("tax_entities"):
            if row.cells.get("household_id") == household:
                return row
        if not self.rows("tax_entities"):
            return self.row("tax_entities", None, span)
        made = Row({"tax_entity_id": f"T-{household}", "household_id": household}, span)
        self.rows("tax_entities").append(made)
        return made

    def of_row(self, table: str, owner: Row, column: str, span: Span) -> Row:
        """The row of `table` that `owner` names in `column`."""
        return self.row(table, owner.cells.get(column), span)


def state(lines: Iterable[trial.Given], stated: Stated) -> None:
    """Add what the lines say. Raises LineError for a line that cannot be acted on."""
    known = [line for line in lines if isinstance(line, trial.GivenFact)]
    for kind in ("household", "taxpayer", "account", None):
        for fact in known:
            if fact.kind == kind:
                _fact(fact, stated)
    stated.all_accounts = stated.from_book or any(fact.kind == "account" for fact in known)
    for line in lines:
        match line:
            case trial.GivenFund():
                _fund(line, stated)
            case trial.GivenModel():
                _model(line, stated)
    for line in lines:
        match line:
            case trial.GivenHolding():
                _holding(line, stated)
            case trial.GivenEvent():
                _event(line, stated)


# --- facts ---------------------------------------------------------------------------------------


def _fact(line: trial.GivenFact, stated: Stated) -> None:
    table = "securities" if line.kind is None else KINDS[line.kind]
    said = facts(line.things.where, table, stated.vocabulary, stated.today)
    names: list[str | None] = [*securities(line.things, "given a fact of")] or [None]
    if names == [None] and table == "securities":
        raise cannot(line.span, "of which security is this so?", help='name it: `given "ABC"`')
    for name in names:
        row = stated.row(table, name, line.span)
        around: dict[str, Row] = {table: row}
        if table == "accounts":
            _link(row, said, stated)
            _paid_by_its_own(row, said, stated)
            around["households"] = stated.of_row("households", row, "household_id", line.span)
            around["tax_entities"] = stated.of_row("tax_entities", row, "tax_entity_id", line.span)
        elif table == "tax_entities":
            _link(row, said, stated)
            around["households"] = stated.of_row("households", row, "household_id", line.span)
        _tell(said, around, stated)


def _link(row: Row, said: Iterable[Fact], stated: Stated) -> None:
    """Whose account or taxpayer it is, before anything is said of those."""
    for fact in said:
        for table, column in (("households", "household_id"), ("tax_entities", "tax_entity_id")):
            named = (fact.table, fact.name) in ((table, "id"), ("accounts", column))
            if named and column in row.cells and fact.text is not None:
                row.cells[column] = fact.text
                stated.row(table, fact.text, fact.span)


def _paid_by_its_own(account: Row, said: Iterable[Fact], stated: Stated) -> None:
    """An account that belongs to another household than it first seemed, and of whose taxpayer
    nothing is said, has one of that household."""
    for fact in said:
        if fact.table == "tax_entities" or fact.name == "tax_entity_id":
            return
        payer = stated.of_row("tax_entities", account, "tax_entity_id", fact.span)
        household = account.cells["household_id"]
        if payer.cells.get("household_id") != household:
            own = stated.payer_of(household, fact.span)
            account.cells["tax_entity_id"] = own.cells["tax_entity_id"]


def _tell(said: Iterable[Fact], around: Mapping[str, Row], stated: Stated) -> None:
    """Write facts into the rows they speak of."""
    for fact in said:
        row = around.get(fact.table)
        if row is None:
            raise cannot(fact.span, "this line says nothing of such a thing", "not said here")
        if (fact.table, fact.name) in WORKED_OUT:
            raise cannot(fact.span, "this is worked out", help=WORKED_OUT[fact.table, fact.name])
        if fact.table == "securities" and fact.name == "price":
            stated.prices[str(row.cells["security_id"])] = money(fact.text)
        elif fact.table == "lots" and fact.name in OF_LOTS:
            stated.asked.setdefault(str(row.cells["lot_id"]), []).append(fact)
        else:
            _write(fact, row, stated)


def _write(fact: Fact, row: Row, stated: Stated) -> None:
    column = IDS[fact.table] if fact.name == "id" else fact.name
    known = stated.vocabulary.get(fact.table, fact.name)
    if known is not None and known.dimension is Dimension.TAGS:
        before = row.cells.get("tags")
        row.cells["tags"] = ";".join(filter(None, (before, fact.text)))
    else:
        row.cells[column] = fact.text


# --- holdings ------------------------------------------------------------------------------------


def _holding(line: trial.GivenHolding, stated: Stated) -> None:
    said = facts(line.things.where, "securities", stated.vocabulary, stated.today)
    account = account_of(said, stated, line.span)
    around = {
        "accounts": account,
        "households": stated.of_row("households", account, "household_id", line.span),
        "tax_entities": stated.of_row("tax_entities", account, "tax_entity_id", line.span),
    }
    if _is_cash(line.things):
        more = money(cell(_quantity(line.amount), Dimension.MONEY, stated.today))
        account.cells["cash"] = f"{money(account.cells.get('cash')) + more:f}"
        _tell(said, around, stated)
        return
    names = securities(line.things, "hold")
    if not names:
        raise cannot(line.things.span, "of which security?", help='name it: `of "ABC"`')
    for name in names:
        lot = Row({"lot_id": _lot_id(said, stated), "security_id": name}, line.span)
        lot.cells["account_id"] = account.cells["account_id"]
        stated.rows("lots").append(lot)
        own = {"securities": stated.row("securities", name, line.span), "lots": lot}
        _tell(said, {**around, **own}, stated)
        lot.cells["shares"] = f"{_shares(line.amount, name, stated):f}"


def account_of(said: Iterable[Fact], stated: Stated, span: Span) -> Row:
    """The account that `account.id is "..."` names, or the first."""
    names = [fact for fact in said if (fact.table, fact.name) == ("accounts", "id")]
    if not names:
        return stated.row("accounts", None, span)
    name = names[0].text
    known = [str(row.cells["account_id"]) for row in stated.rows("accounts")]
    if stated.all_accounts and name is not None and name not in known:
        near = closest(name, known)
        raise cannot(
            names[0].span,
            f'there is no account "{name}"',
            f"accounts of this test: {', '.join(known)}",
            f'did you mean "{near}"?' if near else f'add a line `given account "{name}"`',
        )
    return stated.row("accounts", name, span)


def _is_cash(things: tree.Things) -> bool:
    return [item.value for item in things.items if isinstance(item, tree.Name)] == ["cash"]


def securities(things: tree.Things, what: str) -> list[str]:
    """The ids that a line names in quotes. Raises LineError where it names a group."""
    for item in things.items:
        if isinstance(item, tree.Name):
            raise cannot(
                item.span,
                f"`{item.value}` is no security: what is given is named in quotes",
                help=f'write `"{item.value.upper()}"`, or `for each {item.value} in "ABC", "XYZ"`',
            )
    return [item.value for item in things.items]


def _quantity(amount: tree.Quantity | tree.Name) -> tree.Quantity:
    if isinstance(amount, tree.Quantity):
        return amount
    raise cannot(
        amount.span,
        f"`{amount.value}` stands for no amount",
        help=f"give it values: `for each {amount.value} in 100 shares, 200 shares`",
    )


def _shares(amount: tree.Quantity | tree.Name, name: str, stated: Stated) -> Decimal:
    quantity = _quantity(amount)
    if quantity.unit in (Unit.SHARES, Unit.NONE):
        return quantity.value
    if quantity.unit is Unit.MONEY:
        return quantity.value / stated.prices.get(name, PRICE)
    raise cannot(
        quantity.span, "how much is held?", help="write `100 shares` or an amount such as `$5,000`"
    )


PRICE = Decimal(100)
"""Dollars a share where a test states no price."""


def _lot_id(said: Iterable[Fact], stated: Stated) -> str:
    named = [fact.text for fact in said if (fact.table, fact.name) == ("lots", "id")]
    return named[0] or "" if named else f"L{len(stated.rows('lots')) + 1}"


# --- models, funds, events -----------------------------------------------------------------------


MODEL = "MODEL"
"""The model of every account where a test states weights and no model's name."""


def _parts(
    parts: Iterable[trial.ModelPart], stated: Stated, models: Collection[str | None] = ()
) -> Iterator[tuple[str, str, Span]]:
    """(component, weight, place) of each part: a security, or one of the `models` stated above."""
    for part in parts:
        if isinstance(part.security, tree.Name):
            raise cannot(part.security.span, f"`{part.security.value}` is no security")
        if part.security.value not in models:
            stated.row("securities", part.security.value, part.span)
        weight = cell(_quantity(part.weight), Dimension.FRACTION, stated.today)
        yield part.security.value, weight, part.span


def _model(line: trial.GivenModel, stated: Stated) -> None:
    name = MODEL if line.model is None else line.model.value
    rows = stated.rows("models")
    rows[:] = [row for row in rows if row.cells["model_id"] != name]
    models = {row.cells["model_id"] for row in rows}
    for security, weight, span in _parts(line.parts, stated, models):
        rows.append(Row({"model_id": name, "component": security, "weight": weight}, span))


def _fund(line: trial.GivenFund, stated: Stated) -> None:
    if isinstance(line.fund, tree.Name):
        raise cannot(line.fund.span, f"`{line.fund.value}` is no security")
    fund = stated.row("securities", line.fund.value, line.span)
    fund.cells.setdefault("kind", "etf")
    for security, weight, span in _parts(line.parts, stated):
        cells = {"fund_id": line.fund.value, "security_id": security, "weight": weight}
        stated.rows("constituents").append(Row({**cells}, span))


_RECURRENCES = {"month": "monthly", "quarter": "quarterly", "year": "yearly"}
_WORDS = {"purchase": "buy", "sale": "sell"}
_OF_TRANSACTIONS = {
    "realized_gain": Dimension.MONEY,
    "amount": Dimension.MONEY,
    "term": Dimension.TEXT,
    "lot_id": Dimension.TEXT,
    "order_id": Dimension.TEXT,
}


def _event(line: trial.GivenEvent, stated: Stated) -> None:
    kind = line.kind.value
    if kind in FLOW_KINDS:
        _flow(line, stated)
    elif _WORDS.get(kind, kind) in ACTIONS:
        _transaction(line, stated)
    else:
        raise cannot(
            line.kind.span,
            f"`{kind}` is nothing that happens in an account",
            help="write `withdrawal`, `deposit`, `fee`, `tax` or `rmd` of an amount, "
            "`purchase` or `sale` of shares",
        )


def _flow(line: trial.GivenEvent, stated: Stated) -> None:
    where = None if line.things is None else line.things.where
    said = facts(where, "securities", stated.vocabulary, stated.today)
    amount = money(cell(_quantity(line.amount), Dimension.MONEY, stated.today))
    signed = amount if line.kind.value == "deposit" else -amount
    cells = {
        "account_id": account_of(said, stated, line.span).cells["account_id"],
        "date": day(line.day, stated.today).isoformat(),
        "amount": f"{signed:f}",
        "kind": line.kind.value,
        "recurrence": None if line.every is None else _RECURRENCES[line.every],
    }
    stated.rows("flows").append(Row(cells, line.span))


def _transaction(line: trial.GivenEvent, stated: Stated) -> None:
    names = [] if line.things is None else securities(line.things, "trade")
    if not names:
        raise cannot(line.span, "of which security?", help='write `sale of 100 shares of "ABC"`')
    own, others = _split(None if line.things is None else line.things.where)
    said = [
        fact for each in others for fact in facts(each, "lots", stated.vocabulary, stated.today)
    ]
    account = account_of(said, stated, line.span)
    for name in names:
        stated.row("securities", name, line.span)
        cells: dict[str, str | None] = {
            "date": day(line.day, stated.today).isoformat(),
            "account_id": account.cells["account_id"],
            "security_id": name,
            "action": _WORDS.get(line.kind.value, line.kind.value),
            "shares": f"{_shares(line.amount, name, stated):f}",
            "realized_gain": "0" if line.kind.value == "sale" else None,
        }
        for column, value in own:
            cells[column] = cell(value, _OF_TRANSACTIONS[column], stated.today)
        stated.rows("transactions").append(Row(cells, line.span))


def _split(
    where: tree.Condition | None,
) -> tuple[list[tuple[str, tree.Expression]], list[tree.Condition]]:
    """What is said of the transaction itself, and the rest."""
    own: list[tuple[str, tree.Expression]] = []
    rest: list[tree.Condition] = []
    parts = where.operands if isinstance(where, tree.All) else (where,)
    for part in parts:
        match part:
            case tree.Compare(left=tree.Name(value=name), right=value) if name in _OF_TRANSACTIONS:
                own.append((name, value))
            case None:
                pass
            case _:
                rest.append(part)
    return own, rest
