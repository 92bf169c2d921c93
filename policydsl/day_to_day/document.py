"""Two runs compared, as a document with stable field names: see `schema.py`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from policydsl.day_to_day.comparison import Comparison, HouseholdChange
from policydsl.day_to_day.market_changes import FactChange, ModelMove
from policydsl.day_to_day.position_changes import PositionChanges
from policydsl.day_to_day.recorded import RecordedRun, Row
from policydsl.day_to_day.rule_changes import RuleChange
from policydsl.day_to_day.trade_changes import Answer, Order
from policydsl.document import plain

Json = dict[str, Any]


def comparison_document(found: Comparison) -> Json:
    """Everything that differs; dollars and shares are text, so that no reader rounds them."""
    return {
        "before": _run(found.a),
        "after": _run(found.b),
        "same": found.same,
        "only_before": list(found.went),
        "only_after": list(found.came),
        "versions": [
            {"name": each.name, "before": each.before, "after": each.after}
            for each in found.versions
        ],
        "prices": [
            {
                "security_id": each.security_id,
                "before": plain(each.before),
                "after": plain(each.after),
                "change": round(float(each.change), 8),
                "held": _cents(each.worth),
                "effect": _cents(each.effect),
            }
            for each in found.prices
        ],
        "risk": {
            "same": not found.correlations,
            "volatility": [
                {"security_id": each.security_id, "before": each.before, "after": each.after}
                for each in found.risk
            ],
        },
        "models": [_model(each) for each in found.models],
        "facts": [_fact(each) for each in found.facts],
        "clients": [_fact(each) for each in found.clients],
        "positions": [_position(each) for each in found.positions if each.any],
        "policies": [_rule(each) for each in found.rules],
        "dates": [
            {
                "rule_id": each.rule_id,
                "statement": each.key,
                "what": "waiver" if each.waiver else "statement",
                "began": each.began,
                "day": each.day.isoformat(),
                "layer": each.layer,
                "file": each.path,
                "line": each.line,
            }
            for each in found.dates
        ],
        "state": [
            {
                "household_id": each.household_id,
                "statement": each.statement,
                "where": each.where,
                "before": each.before,
                "after": each.after,
            }
            for each in found.state
        ],
        "households": [_household(each) for each in found.households],
    }


def _run(run: RecordedRun) -> Json:
    record = run.record
    return {
        "run": str(run.folder),
        "book": record["book"],
        "as_of": record["as_of"],
        "policies": record["policies"],
        "policy_revision": record["policy_revision"],
        "policies_at": record["policies_at"],
        "content": record["content"],
        "log_head": record["log_head"],
    }


def _cents(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _model(each: ModelMove) -> Json:
    weights = [
        {
            "security_id": moved.name,
            "before": None if moved.before is None else f"{moved.before:f}",
            "after": None if moved.after is None else f"{moved.after:f}",
        }
        for moved in each.moved
    ]
    return {"model_id": each.model_id, "came": each.came, "went": each.went, "weights": weights}


def _fact(each: FactChange) -> Json:
    return {
        "table": each.table,
        "row": each.whose,
        "column": each.column,
        "before": each.before,
        "after": each.after,
    }


def _position(each: PositionChanges) -> Json:
    return {
        "household_id": each.household_id,
        "lots": [
            {
                "lot_id": lot.lot_id,
                "account_id": lot.account_id,
                "security_id": lot.security_id,
                "what": lot.word,
                "shares": plain(lot.shares),
                "basis": plain(lot.basis),
            }
            for lot in each.lots
        ],
        "orders": [
            {
                "account_id": order.account_id,
                "security_id": order.security_id,
                "proposed": plain(order.proposed),
                "done": plain(order.done),
                "what": order.word,
            }
            for order in each.orders
        ],
        "cash": [
            {
                "account_id": cash.account_id,
                "before": _cents(cash.before),
                "after": _cents(cash.after),
                "traded": _cents(cash.traded),
                "otherwise": _cents(cash.otherwise),
            }
            for cash in each.cash
        ],
        "actions": [_cells(row) for row in each.actions],
        "flows_came": [_cells(row) for row in each.came],
        "flows_went": [_cells(row) for row in each.went],
    }


def _cells(row: Row) -> dict[str, str]:
    return dict(sorted(row.items()))


def _rule(each: RuleChange) -> Json:
    return {
        "kind": each.part.kind,
        "name": each.part.name,
        "file": each.part.path,
        "what": each.word,
        "line_before": each.line_before,
        "line_after": each.line_after,
        "before": each.before,
        "after": each.after,
    }


def _household(each: HouseholdChange) -> Json:
    return {
        "household_id": each.household_id,
        "same": each.same,
        "before": _answer(each.before, each.gave_way[0]),
        "after": _answer(each.after, each.gave_way[1]),
        "trades": [
            {
                "trade_id": change.trade_id,
                "what": change.word,
                "before": _order(change.before),
                "after": _order(change.after),
            }
            for change in each.trades
        ],
    }


def _answer(answer: Answer, gave_way: int) -> Json:
    return {
        "status": answer.status,
        **measured(answer.measures),
        "gap_bp": answer.gap,
        "gave_way": gave_way,
        "findings": list(answer.findings),
    }


def measured(measures: Any) -> Json:
    """A count, dollars and a rate, or what they moved by."""
    return {
        "trades": int(measures["trades"]),
        **{name: _cents(measures[name]) for name in ("sold", "bought", "tax")},
        "tracking_error": float(measures["tracking_error"]),
    }


def _order(order: Order | None) -> Json | None:
    if order is None:
        return None
    return {
        "shares": plain(order.shares),
        "amount": plain(order.amount),
        "lots": {name: plain(shares) for name, shares in order.lots},
    }
