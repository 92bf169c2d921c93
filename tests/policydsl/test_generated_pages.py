"""Pages that are made from the code say what the code says."""

from __future__ import annotations

import re

from compiler.directive_page import directive_page, kinds, stated
from policydsl.code_page import code_page, meanings
from tests.policydsl.runs import POLICIES

DOCS = POLICIES.parent / "docs"


def test_the_page_of_codes(golden) -> None:  # type: ignore[no-untyped-def]
    golden(DOCS / "error-codes.md", code_page())


def test_every_code_is_on_it_once() -> None:
    listed = re.findall(r"^\| \[(\w+)\]\(errors/\1\.md\)", code_page(), re.M)
    assert sorted(listed) == sorted(meanings())


def test_the_page_of_directives(golden) -> None:  # type: ignore[no-untyped-def]
    golden(DOCS / "directives.md", directive_page())


def test_every_kind_says_its_form_and_what_comes_of_it() -> None:
    found = list(kinds())
    assert len(found) >= 11
    assert len({kind.kind for _, kind in found}) == len(found)
    for module, kind in found:
        form, about = stated(module)
        assert form.count("`") % 2 == 0
        assert about.endswith(".")
        assert kind.build.__doc__
        assert kind.breaches.__doc__
