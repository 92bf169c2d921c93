"""What the author wrote arrives in the tree as it was meant, each node with its place."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from pathlib import Path

import pytest

from grammar import tree
from grammar.parse import parse, parse_bytes
from grammar.tree import Comparison, Node, Unit
from grammar.write import directive, statement

VALID = (Path(__file__).parent / "valid.policy").read_text(encoding="utf-8")


def line(text: str):
    """The only directive or clause of a rule, or the definition or set, that `text` says."""
    words = ("define", "set", "rule", "default")
    body = text if text.startswith(words) else f"rule a\n  never hold x\n  {text}"
    file, diagnostics = parse(body, "a.policy")
    assert not diagnostics, diagnostics
    (one,) = file.statements
    if text.startswith(words):
        return one
    return (*one.directives[1:], *one.clauses)[0]


@pytest.mark.parametrize(
    ("text", "low", "high", "relation", "base"),
    [
        ("between 1% and 3% of account", "1%", "3%", None, "account"),
        ("between 1% of account and 3% of account", "1%", "3%", None, "account"),
        ("between 97% and 103% of model", "97%", "103%", None, "model"),
        ("within 3 points of model", None, "3 points", None, "model"),
        ("at most 3 points above target", None, "3 points", "above", "target"),
        ("at least 1 point below target", "1 point", None, "below", "target"),
        ("at least 6 months of withdrawals", "6 months", None, None, "withdrawals"),
        ("at most 60", None, "60", None, None),
        ("<= 3% of account", None, "3%", None, "account"),
        (">= $500", "$500", None, None, None),
        ("between $500 and 3% of account", "$500", "3% of account", None, None),
        ("between 1% of account and 3% of household",
         "1% of account", "3% of household", None, None),
        ("at most the larger of $50,000 and 3% of account",
         None, "the larger of $50,000 and 3% of account", None, None),
        ("at most 1% of account minus $500", None, "1% of account minus $500", None, None),
        ("at most (the smaller of $5 and $6) minus $1",
         None, "(the smaller of $5 and $6) minus $1", None, None),
    ],
)  # fmt: skip
def test_the_base_of_a_bound(text, low, high, relation, base) -> None:
    from_text = line(f"keep cash {text}").bound
    written = [None if one is None else _said(one) for one in (from_text.low, from_text.high)]
    assert written == [low, high]
    assert from_text.relation == relation
    assert (from_text.base and from_text.base.value) == base


def _said(value: tree.Expression) -> str:
    at = tree.Name(span=value.span, value="x")
    said = statement(tree.Set(span=at.span, head=at.span, id=at, bound=None, value=value,
                              off=False, clauses=()))  # fmt: skip
    return said.removeprefix("set x to ")


def test_measures_and_things() -> None:
    assert line("keep realized gains at most $60,000 in 2026").measure.value == "realized gains"
    assert line("keep banks at most 5% of account").measure.value == "banks"
    both = line('keep banks, "ABC" at most 5% of account')
    assert both.measure is None
    assert [type(item).__name__ for item in both.things.items] == ["Name", "Text"]
    assert line('keep "ABC" at most 5% of account').things.items[0].value == "ABC"
    each = line("keep each asset_class target within 10 points of model")
    assert each.each
    assert each.measure.value == "asset_class target"


def test_periods_and_holders() -> None:
    kept = line("keep realized tax at most $5 each year prorated per household where x")
    assert (kept.period.year, kept.period.prorated) == (None, True)
    assert kept.per.value == "household"
    assert kept.where == tree.Flag(span=kept.span, name=tree.Name(span=kept.span, value="x"))
    assert line("keep realized tax at most $5 in 2026").period.year == 2026


@pytest.mark.parametrize(
    ("text", "comparison"),
    [
        ("is 5", "is"), ("= 5", "is"), ("== 5", "is"), ("is not 5", "is not"), ("!= 5", "is not"),
        ("<> 5", "is not"), ("< 5", "below"), ("<= 5", "at most"), ("≤ 5", "at most"),
        ("> 5", "above"), (">= 5", "at least"), ("is at least 5", "at least"),
        ("is below 5", "below"), ("before 2026-01-31", "before"), ("< 2026-01-31", "before"),
        (">= 2026-01-31", "on or after"), ("is on or before 2026-01-31", "on or before"),
        ("after today", "after"),
    ],
)  # fmt: skip
def test_comparisons(text: str, comparison: str) -> None:
    found = line(f"when x {text}").condition
    assert found.comparison is Comparison(comparison)


def test_conditions() -> None:
    within = line('when x not in ("a", "b",)').condition
    assert (within.negated, [one.value for one in within.options]) == (True, ["a", "b"])
    tagged = line('when "vip" in account.tags').condition
    assert tagged.options == (tree.Name(span=tagged.span, value="account.tags"),)
    assert line("when x in banks").condition.options[0].value == "banks"
    assert line("when x is in banks").condition == line("when x in banks").condition
    assert line("when x is not missing").condition.negated
    nested = line("when a and (b or not c)").condition
    assert isinstance(nested, tree.All)
    assert isinstance(nested.operands[1], tree.Any)
    between = line("when x between 1 and 2 and y").condition
    assert isinstance(between, tree.All)
    assert isinstance(between.operands[0], tree.Between)


def test_numbers_keep_digits_and_units() -> None:
    units = {
        "5%": Unit.PERCENT, "3 points": Unit.POINTS, "1 point": Unit.POINTS, "2 bps": Unit.BPS,
        "1,000 shares": Unit.SHARES, "1 day": Unit.DAYS, "12 months": Unit.MONTHS,
        "1 year": Unit.YEARS, "$ 1,250.50": Unit.MONEY, "60": Unit.NONE, "-2.5": Unit.NONE,
    }  # fmt: skip
    for text, unit in units.items():
        value = line(f"set a to {text}").value
        assert value.unit is unit
        digits = "".join(sign for sign in text if sign in "-.0123456789")
        assert str(value.value) == digits
    assert line("set a to 0.10%").value.value == Decimal("0.10")


def test_words_of_the_language_are_names_where_names_belong() -> None:
    for word in ("kind", "name", "cash", "sector", "rule", "set", "owner", "each", "when", "to"):
        assert line(f"define {word} as anything").name.value == word
        assert line(f"rule {word}\n  never hold x").id.value == word
    assert line("never buy keep, only, default").things.items[1].value == "only"
    assert line("when year is 2026 and rule").condition.operands[1].name.value == "rule"


def test_lines_run_on() -> None:
    text = """
define list as "A", # first

    "B",
    only, owner
define next as anything where (a
    # a comment
    or b
)
    and c
"""
    file, diagnostics = parse(text, "a.policy")
    assert not diagnostics
    first, second = file.statements
    assert [item.value for item in first.things.items] == ["A", "B", "only", "owner"]
    assert isinstance(second.things.where, tree.All)
    assert [(one.text, one.own_line) for one in file.comments] == [
        (" first", False),
        (" a comment", True),
    ]


def test_a_forgotten_bracket_or_comma_costs_one_line() -> None:
    text = 'define x as "A",\nrule b\n  when (c\n  because "d"\n  never hold y\n'
    file, diagnostics = parse(text, "a.policy")
    assert [(one.code, one.primary.span.line) for one in diagnostics] == [
        ("E0108", 1),
        ("E0104", 3),
    ]
    assert directive(file.statements[0].directives[0]) == "never hold y"


def test_whatever_the_editor_writes_is_read_the_same() -> None:
    plain = 'rule a "T"\n  never hold x where y is "z"\n  because "He said “no”"\n'
    expected, _ = parse(plain, "a.policy")
    variants = [
        plain.replace("\n", "\r\n"),
        plain.replace("\n", "\r"),
        "\ufeff" + plain,
        plain.replace("  ", "\t"),
        plain.replace(" ", "\u00a0"),
        plain.replace('"T"', "“T”:").replace('"z"', "”z“"),
        plain.replace("is", "="),
        plain.rstrip(),
    ]
    for variant in variants:
        file, diagnostics = parse(variant, "a.policy")
        assert not diagnostics, variant
        text = expected.statements
        if "\u00a0" in variant:
            assert file.statements[0].directives == text[0].directives
        else:
            assert file.statements == text
        assert parse_bytes(variant.encode(), "a.policy")[0].statements == file.statements


def test_utf16_is_read_and_reported() -> None:
    file, diagnostics = parse_bytes("rule a\n never hold x".encode("utf-16"), "a.policy")
    assert [one.code for one in diagnostics] == ["E0115"]
    assert len(file.statements) == 1


def spans(node: Node):
    for one in fields(node):
        value = getattr(node, one.name)
        for child in value if isinstance(value, tuple) else (value,):
            if isinstance(child, Node):
                yield node, child
                yield from spans(child)


def test_every_node_stands_within_its_parent_and_says_what_stands_there() -> None:
    file, _ = parse(VALID, "a.policy")
    rows = VALID.split("\n")
    for parent, child in spans(file):
        outer, inner = parent.span, child.span
        if not isinstance(parent, tree.PolicyFile):
            assert (outer.line, outer.column) <= (inner.line, inner.column)
            assert (inner.end_line, inner.end_column) <= (outer.end_line, outer.end_column)
        cut = rows[inner.line - 1][inner.column - 1 : inner.end_column - 1]
        if isinstance(child, tree.Text):
            assert cut == f'"{child.value}"'
        if isinstance(child, tree.Name):
            assert cut == child.value
        if isinstance(child, tree.Date):
            assert cut == child.value.isoformat()


def test_dates_on_one_line_are_two_clauses() -> None:
    rule = line("rule a\n  never hold x\n  from 2026-06-01 until 2026-08-29")
    assert [type(one).__name__ for one in rule.clauses] == ["From", "Until"]


def test_the_header() -> None:
    file, _ = parse(VALID, "a.policy")
    header = file.header
    assert (header.id.value, header.title.value) == ("ipc.core", "Core house policy")
    assert (header.layer.name.value, header.layer.of) == ("ipc", None)
    assert header.owner.value == "Investment Policy Committee"
    assert (str(header.starts.value), str(header.ends.value)) == ("2026-01-01", "2029-12-31")
    assert header.guard.name.value == "account.discretionary"
    assert parse("", "a.policy")[0].header.id is None
