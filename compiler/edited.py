"""Policies with some rules taken out, or with other words in place of some of their lines."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from compiler.check import TypedPolicies
from compiler.clashes import topics
from compiler.statements import Statement


def without(typed: TypedPolicies, rules: Collection[str]) -> TypedPolicies:
    """The policies without these rules (ids), their `set`s and their waivers."""
    return replace(
        typed,
        statements=tuple(each for each in typed.statements if each.rule_id not in rules),
        grants=tuple(each for each in typed.grants if each.statement.rule_id not in rules),
        faults=tuple(each for each in typed.faults if each.rule_id not in rules),
        waivers=tuple(each for each in typed.waivers if each.rule_id not in rules),
    )


def rewritten(typed: TypedPolicies, statements: Mapping[str, Statement]) -> TypedPolicies:
    """The policies with these statements (by key) in place of those of their keys."""
    return replace(
        typed,
        statements=tuple(statements.get(each.key, each) for each in typed.statements),
        grants=tuple(
            replace(each, statement=statements.get(each.statement.key, each.statement))
            for each in typed.grants
        ),
        about={**typed.about, **{key: topics(each) for key, each in statements.items()}},
    )
