"""`policydsl add`: every template gives a sound statement, and an answer gives nothing more."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import Result
from hypothesis import given, settings
from hypothesis import strategies as st

from grammar.parse import parse
from policydsl import output
from policydsl.additions import filled
from policydsl.answers import TYPES, Answer, AnswerError, text
from policydsl.templates import Template, load_templates, shape
from tests.policydsl.runs import POLICIES, edited_policies, policydsl

TEMPLATES = load_templates(POLICIES)
PAGE = POLICIES.parent / "docs" / "errors" / "E0241.md"
WHO = ("--why", "As agreed", "--by", "A. Smith", "--as-of", "2026-03-31")
OWNERS = {"program": "etf", "advisor": "ADV7", "household": "H7", "account": "H7-TX"}
NOT_FOR = {("waiver", layer) for layer in OWNERS}
"""The rule waived is the committee's, and it lets no layer below waive it."""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    return edited_policies(tmp_path / "policies")


def add(folder: Path, name: str, *words: str, who: tuple[str, ...] = WHO) -> Result:
    return policydsl("add", name, "--policies", folder, *words, *who)


def words_of(template: Template, *, everything: bool, **other: str) -> list[str]:
    words = [
        word
        for each in template.questions
        if everything or not each.optional or each.name in other
        for word in (f"--{each.name.replace('_', '-')}", other.get(each.name, each.example))
    ]
    if template.ends:
        return [*words, "--until", "2026-06-28"]
    # Long enough for what falls due once a year.
    return [*words, "--until", "2027-06-28"] if everything else words


def whose(layer: str) -> list[str]:
    if layer in OWNERS:
        return [f"--{layer}", OWNERS[layer]]
    return ["--layer", layer, "--file", f"{layer}/added.policy"]


# --- the templates of the house ------------------------------------------------------------------


def test_there_is_a_menu() -> None:
    assert TEMPLATES.diagnostics == ()
    assert len(TEMPLATES.by_name) >= 10


def cases() -> list[tuple[str, str]]:
    found = [(name, layer) for name, each in TEMPLATES.by_name.items() for layer in each.layers]
    return [case for case in found if case not in NOT_FOR]


@pytest.mark.parametrize(("name", "layer"), cases())
def test_a_template_filled_with_its_examples_checks_and_is_laid_out(
    name: str, layer: str, house: Path
) -> None:
    template = TEMPLATES.by_name[name]
    for everything in (True, False):
        result = add(house, name, *whose(layer), *words_of(template, everything=everything))
        assert result.exit_code == 0, result.output
        assert "error" not in result.output
    assert policydsl("fmt", "--check", house).exit_code == 0
    checked = json.loads(policydsl("check", house, "--format", "json").stdout)
    # Each stands there twice, with and without what may be left out: of payments that is a warning.
    assert {each["code"] for each in checked["sets"][0]["diagnostics"]} <= {"W0322"}


@pytest.mark.parametrize(
    ("name", "question", "option"),
    [
        (name, question.name, option)
        for name, template in TEMPLATES.by_name.items()
        for question in template.questions
        for option in question.options
        if option != question.example
    ],
)
def test_every_word_of_a_choice_can_be_chosen(
    name: str, question: str, option: str, house: Path
) -> None:
    template = TEMPLATES.by_name[name]
    words = words_of(template, everything=True, **{question: option})
    result = add(house, name, *whose(template.layers[-1]), *words, "--dry-run")
    assert result.exit_code == 0, result.output


def test_the_statement_says_who_when_and_why(house: Path) -> None:
    assert add(house, "never-sell", "--household", "H7", "--security", "MSFT").exit_code == 0
    assert (house / "household" / "H7.policy").read_text() == (
        'policy household.h7 "Household H7"\n'
        'layer household "H7"\n'
        'owner "A. Smith"\n'
        "\n"
        'rule h7.keep_msft "MSFT is kept"\n'
        '    never sell "MSFT"\n'
        "    from 2026-03-31\n"
        '    because "As agreed"\n'
        '    approved by "A. Smith"\n'
    )


def test_a_later_first_day_leaves_the_day_it_was_asked_for_in_the_reason(house: Path) -> None:
    words = ("--household", "H7", "--security", "MSFT", "--from", "2026-07-01")
    assert add(house, "never-sell", *words).exit_code == 0
    written = (house / "household" / "H7.policy").read_text()
    assert "    from 2026-07-01\n" in written
    assert 'because "As agreed; asked for on 2026-03-31"' in written


# --- the file ------------------------------------------------------------------------------------


def test_what_stands_in_a_file_stays_as_it_is(house: Path) -> None:
    file = house / "household" / "H00001.policy"
    before = file.read_bytes()
    add(house, "never-sell", "--household", "H00001", "--security", "MSFT")
    assert file.read_bytes().startswith(before)
    assert file.read_text().count("rule h00001.keep_msft ") == 1


def test_a_second_rule_of_one_name_is_numbered(house: Path) -> None:
    for _ in range(2):
        add(house, "never-sell", "--household", "H7", "--security", "MSFT")
    written = (house / "household" / "H7.policy").read_text()
    assert re.findall(r"^rule (\S+)", written, re.M) == ["h7.keep_msft", "h7.keep_msft_2"]


def test_the_ends_of_lines_are_those_of_the_file(house: Path) -> None:
    file = house / "household" / "H00001.policy"
    file.write_bytes(file.read_bytes().rstrip().replace(b"\n", b"\r\n"))
    add(house, "never-sell", "--household", "H00001", "--security", "MSFT")
    assert b"\n" not in file.read_bytes().replace(b"\r\n", b"")


def test_a_dry_run_prints_the_change_and_writes_nothing(house: Path) -> None:
    before = {path: path.read_bytes() for path in house.rglob("*") if path.is_file()}
    words = ("--household", "H00001", "--security", "MSFT", "--dry-run")
    result = add(house, "never-sell", *words)
    assert '+    never sell "MSFT"\n' in result.stdout
    assert before == {path: path.read_bytes() for path in house.rglob("*") if path.is_file()}


def test_an_error_stops_it_and_nothing_is_written(house: Path) -> None:
    file = house / "household" / "H00001.policy"
    before = file.read_bytes()
    words = ("--household", "H00001", "--least", "5%", "--most", "12%")
    result = add(house, "cash-band", *words)
    assert result.exit_code == 1
    assert "error[E0401]" in result.stdout
    assert "nothing is written" in result.stdout
    assert file.read_bytes() == before


def test_a_waiver_needs_the_rule_s_leave(house: Path) -> None:
    words = ("--rule", "ipc.esg.tobacco", "--securities", "ABC", "--until", "2026-06-28")
    assert "error[E0405]" in add(house, "waiver", "--household", "H7", *words).stdout
    granted = house / "ipc" / "esg.policy"
    granted.write_text(granted.read_text() + "    allow household to waive\n")
    assert add(house, "waiver", "--household", "H7", *words).exit_code == 0


def test_mistakes_that_were_there_before_stop_nothing(house: Path) -> None:
    (house / "ipc" / "wrong.policy").write_text(
        'policy ipc.w "W"\nlayer ipc\nrule ipc.w "W"\n    never buy nothing_defined\n'
    )
    result = add(house, "never-sell", "--household", "H7", "--security", "MSFT")
    assert result.exit_code == 0
    assert "E0202" not in result.output


def test_an_account_of_the_book_that_it_would_stop_is_named(house: Path, small_book: Path) -> None:
    words = ("--household", "H00002", "--amount", "$900,000,000")
    result = add(house, "cash-reserve", *words, "--book", str(small_book))
    assert result.exit_code == 1
    assert "H00002-TX would not be traded" in result.stdout
    assert "error[E0404]" in result.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--household", "H9", "--file", "../x.policy"), "is not a `.policy` file below"),
        (("--household", "H9", "--file", "x/../../../x.policy"), "is not a `.policy` file below"),
        (("--household", "H9", "--file", "x.txt"), "is not a `.policy` file below"),
        (("--household", "H9", "--file", "ipc/core.policy"), "is not a file of household H9"),
        (("--household", ".."), "gives no file a name"),
        (("--household", 'H9"\nlayer firm'), "one line without quotation marks"),
        (("--layer", "firm"), "this template is for files of advisor, household, account"),
        (("--household", "H9", "--advisor", "ADV1"), "one file"),
        ((), "whose file is it to go into?"),
        (("--household", "H9", "--until", "soon"), "a day such as"),
        (("--household", "H9", "--id", "never"), "a name such as"),
    ],
)
def test_a_statement_without_a_place_is_wrong_usage(
    words: tuple[str, ...], said: str, house: Path
) -> None:
    before = sorted(house.parent.rglob("*"))
    result = add(house, "never-sell", "--security", "MSFT", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert sorted(house.parent.rglob("*")) == before


def test_a_file_that_the_set_does_not_take_in_is_not_written(house: Path) -> None:
    manifest = house / "policyset.toml"
    assert '"**/*.policy"' in manifest.read_text()
    manifest.write_text(manifest.read_text().replace('"**/*.policy"', '"ipc/*.policy"'))
    result = add(house, "never-sell", "--household", "H7", "--security", "MSFT")
    assert result.exit_code == 2
    assert "do not take in household/H7.policy" in result.stderr


def test_a_household_that_the_book_has_not_is_wrong_usage(house: Path, small_book: Path) -> None:
    words = ("--household", "H0001", "--security", "MSFT", "--book", str(small_book))
    result = add(house, "never-sell", *words)
    assert result.exit_code == 2
    assert "did you mean H00001?" in result.stderr


def test_the_house_policies_of_the_program_are_nobody_s_to_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = policydsl("add", "never-sell", "--household", "H7", "--security", "MSFT", *WHO)
    assert result.exit_code == 2
    assert "`policydsl init` makes one" in result.stderr


# --- the menu ------------------------------------------------------------------------------------


def test_the_menu_is_listed(house: Path) -> None:
    listed = policydsl("add", "--policies", house).stdout
    assert re.search(r"^never-sell +A security, or its older lots", listed, re.M)
    described = json.loads(policydsl("add", "--policies", house, "--format", "json").stdout)
    assert described.keys() == TEMPLATES.by_name.keys()
    assert described["never-sell"]["questions"][0]["name"] == "security"


def test_a_template_that_is_not_there_is_looked_for(house: Path) -> None:
    result = policydsl("add", "never-sel", "--policies", house)
    assert result.exit_code == 2
    assert "did you mean never-sell?" in result.stderr


def test_json_says_where_it_stands(house: Path) -> None:
    words = ("--household", "H7", "--security", "MSFT", "--format", "json")
    said = json.loads(add(house, "never-sell", *words).stdout)
    assert (said["path"], said["line"], said["written"]) == ("household/H7.policy", 5, True)
    row = (house / said["path"]).read_text().splitlines()[said["line"] - 1]
    assert row == 'rule h7.keep_msft "MSFT is kept"'


def test_what_is_not_given_is_asked_for_on_a_terminal(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "interactive", lambda: True)
    typed = 'household\nH7\nMS"FT\nMSFT\n\nAs agreed\nA. Smith\n31.3.2026\n2026-03-31\n'
    result = policydsl("add", "never-sell", "--policies", house, typed=typed)
    assert result.exit_code == 0, result.output
    assert "one line without quotation marks" in result.stderr
    assert "a day such as 2026-06-15" in result.stderr
    assert '    never sell "MSFT"\n' in (house / "household" / "H7.policy").read_text()


def test_without_a_terminal_what_is_missing_is_named(house: Path) -> None:
    result = add(house, "never-sell", "--household", "H7")
    assert result.exit_code == 2
    assert "--security is missing: Which security is kept?" in result.stderr


# --- templates with mistakes ---------------------------------------------------------------------


def test_the_page_shows_the_mistake_and_the_way_out(house: Path) -> None:
    wrong, right = re.findall(r"^```\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    for template, number in ((wrong, 1), (right, 0)):
        (house / "templates" / "mine.toml").write_text(template)
        result = policydsl("add", "--policies", house)
        assert result.exit_code == number
        assert ("error[E0241]" in result.stderr) is bool(number)
        assert "never-sell" in result.stdout


def test_check_finds_a_template_with_a_mistake(house: Path) -> None:
    (house / "templates" / "mine.toml").write_text('title = "Mine"\n')
    result = policydsl("check", house)
    assert result.exit_code == 1
    assert "error[E0241] the template `mine` is not right\n  --> templates/mine.toml:1" in (
        result.stdout
    )
    assert "E0241" in policydsl("check", house, "--format", "sarif").stdout


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('id = "keep_{security}"', 'id = "keep_{what}"', "no question is called `what`"),
        ("{security}[", "{security} {security}[", "filled with its examples"),
        ("[ where lot.acquired before {before}]", " where x is {before}", "put its piece"),
        ('type = "date"', 'type = "day"', "input should be"),
        ('example = "2001-01-01"', 'example = "2001"', "is no answer to `before`"),
        ('name = "security"', 'name = "household"', "no option of `policydsl add`"),
        ("[[questions]]", "[questions", "expected ']'"),
        ("layers = [", "levels = [", "levels: extra inputs"),
    ],
)
def test_a_template_with_a_mistake_is_told_with_its_cause(
    old: str, new: str, said: str, house: Path
) -> None:
    original = (house / "templates" / "never-sell.toml").read_text()
    assert old in original
    (house / "templates" / "mine.toml").write_text(original.replace(old, new, 1))
    (found,) = load_templates(house).diagnostics
    assert (found.code, found.primary.span.path) == ("E0241", "templates/mine.toml")
    assert said in found.primary.text
    assert policydsl("add", "mine", "--policies", house).exit_code == 2


# --- no answer says more than its question asks --------------------------------------------------

HOSTILE = st.one_of(
    st.text(),
    st.text(alphabet='"”“ \n\r\t#{}[](),.$%-ab1\u2028\x0b\x85', max_size=20),
    st.sampled_from(
        [
            'MSFT"\n    never buy anything\n#',
            "MSFT\nrule x.y",
            "MSFT where price above $1",
            "5% of account",
            "{why}",
            "[until {until}]",
            "x\u2028rule y",
            "1,000",
            "$1,00",
            "١٢%",
            "2026-02-30",
            "only",
            "a, b,",
            "2026-01-01 to 2026-02-01 to 2026-03-01",
        ]
    ),
)


@settings(deadline=None)
@given(st.data())
def test_no_answer_brings_a_statement_of_its_own(data: st.DataObject) -> None:
    template = TEMPLATES.by_name[data.draw(st.sampled_from(sorted(TEMPLATES.by_name)))]
    own = {
        "id": Answer("h.x", "h.x"),
        "group": Answer("h_x", "h_x"),
        "heading": text("H"),
        "from": Answer("2026-01-01", "2026-01-01"),
        "until": Answer("2026-12-31", "2026-12-31"),
        "by": text("B"),
        "why": text("W"),
    }
    usual = {**own, **template.examples()}
    answers = dict(usual)
    asked = [question.name for question in template.questions] + ["why", "by"]
    for name in data.draw(st.sets(st.sampled_from(asked), min_size=1)):
        question = next((each for each in template.questions if each.name == name), None)
        try:
            read = text if question is None else question.answer
            answers[name] = read(data.draw(HOSTILE))
        except AnswerError:
            return
    try:
        written = filled(template, answers)
    except AnswerError:
        return
    file, found = parse(written, "x")
    assert found == ()
    assert file.comments == ()
    assert shape(file.statements) == shape(parse(filled(template, usual), "x")[0].statements)


@settings(deadline=None)
@given(HOSTILE)
def test_an_answer_is_refused_or_stays_on_its_line(typed: str) -> None:
    for read in TYPES.values():
        try:
            words = read(typed).words
        except AnswerError:
            continue
        assert len(words.splitlines()) == 1
        assert words.count('"') % 2 == 0


def test_a_directive_more_is_another_shape() -> None:
    one, two = (
        parse(f'rule x.y "T"\n    never buy "A"\n{more}', "x")[0].statements
        for more in ("", '    never buy "B"\n')
    )
    assert shape(one) != shape(two)
    assert shape(one) == shape(parse('rule a.b "U"\n    never buy "A", "B"\n', "x")[0].statements)
