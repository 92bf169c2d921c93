"""What is checked and not yet enforced is said wherever the statement is."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.check import check_policies
from compiler.directive_page import kinds
from compiler.directives.base import Directive
from compiler.directives.lot_order import LotOrder
from compiler.effective import effective
from compiler.layers import household_policy
from compiler.policyset import load_policies
from tests.by_hand import usual

TEXT = 'layer ipc\n\nrule ipc.lots "Lots"\n    use highest cost lots\n'


def test_every_kind_is_enforced() -> None:
    """One that is not has a case of its own, and this file goes."""
    assert all(kind.unenforced is Directive.unenforced for _, kind in kinds())


def test_a_kind_that_waits_is_warned_of_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "core.policy").write_text(TEXT)
    assert check_policies(load_policies(tmp_path)).diagnostics == ()
    monkeypatch.setattr(LotOrder, "unenforced", property(lambda _: "the engine comes later"))
    typed = check_policies(load_policies(tmp_path))
    (warning,) = typed.diagnostics
    assert warning.code == "W0321"
    assert warning.message == "`ipc.lots` is not yet enforced: the engine comes later"
    home = usual()
    (remark,) = household_policy(typed, home).remarks
    assert remark == "not yet enforced: ipc.lots (core.policy:4): the engine comes later"
    (slot,) = effective(typed, home, "TX").slots
    assert [line.why for line in slot.lines] == ["not yet enforced: the engine comes later"]
