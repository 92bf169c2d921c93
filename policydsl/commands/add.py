"""`policydsl add`: from a menu to a policy statement, with who, when and why."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from compiler.policyset import PolicySet, load_policies
from compiler.reader import closest
from grammar.diagnostics import to_json
from policydsl import options, output
from policydsl.additions import (
    Addition,
    PlaceError,
    addition,
    as_name,
    filled,
    free_id,
    target,
)
from policydsl.answers import Answer, AnswerError, name, text
from policydsl.asking import answers, taken, taken_or_asked
from policydsl.policies import DEFAULT, policies_folder, shipped
from policydsl.tables import table
from policydsl.templates import Question, Template, load_templates
from portfolio.book import Book, load_book

OWNERS = ("program", "advisor", "household", "account")


def _folder(words: list[str]) -> Path | None:
    """The policy set that the words of a command name, wherever in them."""
    for at, word in enumerate(words):
        if word == "--policies" and at + 1 < len(words):
            return Path(words[at + 1])
        if word.startswith("--policies="):
            return Path(word.partition("=")[2])
    return None


class Menu(click.Group):
    """Every template of the policy set is a command of its own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.obj = _folder(args)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(load_templates(policies_folder(ctx.obj)).by_name)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = load_templates(policies_folder(ctx.obj))
        template = found.by_name.get(cmd_name)
        return None if template is None else _command(cmd_name, template)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        wrong = load_templates(policies_folder(ctx.obj))
        mine = [
            each
            for each in wrong.diagnostics
            if each.primary.span.path.endswith(f"/{args[0]}.toml")
        ]
        if mine:
            raise click.UsageError(output.diagnostics_text(mine, wrong.sources).strip())
        names = self.list_commands(ctx)
        if args[0] not in names and not args[0].startswith("-"):
            near = closest(args[0], names)
            advice = f": did you mean {near}?" if near else "; `policydsl add` lists them"
            raise click.UsageError(f"there is no template {args[0]}{advice}")
        return super().resolve_command(ctx, args)


@click.group(name="add", cls=Menu, invoke_without_command=True, subcommand_metavar="[TEMPLATE ...]")
@options.policies
@options.common()
@click.pass_context
def command(ctx: click.Context, policies: Path | None, form: str) -> None:
    """Write a policy statement from a template, with who, when and why.

    Without a TEMPLATE, lists those of the policy set; `policydsl add TEMPLATE --help` shows what
    one asks. On a terminal, what is not given is asked for.

    \b
    Examples
      policydsl add
      policydsl add never-sell --household H00001 --security IDX7 --why "Gift" --by "A. Smith"
    """
    if ctx.invoked_subcommand is not None:
        return
    found = load_templates(policies_folder(policies))
    if form == "json":
        output.result_json({name: _described(each) for name, each in found.by_name.items()})
    elif found.by_name:
        rows = [(name, each.says, ", ".join(each.layers)) for name, each in found.by_name.items()]
        output.result(table(("template", "what it says", "in files of"), rows))
    else:
        output.note("this policy set has no templates: they are `templates/NAME.toml` in it")
    if found.diagnostics:
        output.note(output.diagnostics_text(found.diagnostics, found.sources))
        ctx.exit(1)


def _described(template: Template) -> dict[str, object]:
    return {
        "title": template.title,
        "says": template.says,
        "layers": list(template.layers),
        "questions": [each.model_dump(exclude_none=True) for each in template.questions],
    }


# --- one template --------------------------------------------------------------------------------


def _command(name: str, template: Template) -> click.Command:
    def run(**given: Any) -> None:
        _run(template, given)

    asked = [_option(each) for each in template.questions]
    owners = [
        click.Option([f"--{layer}"], metavar="ID", help=f"Whose file it goes into: this {layer}'s.")
        for layer in template.layers
        if layer in OWNERS
    ]
    helped = f"{template.title}. {template.says}\n\n\b\nExample\n  {_example(name, template)}"
    made = click.Command(name, params=[*asked, *owners], callback=run, help=helped)
    for each in _COMMON:
        each(made)
    return made


def _option(question: Question) -> click.Option:
    said = f"{question.asks} Such as {question.example}."
    if question.type == "choice":
        said = f"{question.asks} One of {', '.join(question.options)}."
    if question.default is not None:
        said += f" Default: {question.default}."
    flag = "--" + question.name.replace("_", "-")
    if question.optional:
        said += " May be left out."
    return click.Option([flag, question.name], metavar=question.type.upper(), help=said)


_COMMON = (
    click.option("--layer", metavar="NAME", help="The layer, where it has no option of its own."),
    click.option("--of", metavar="ID", help="Whose file it is, with --layer."),
    click.option("--why", metavar="TEXT", help="The reason; printed with all that it causes."),
    click.option("--by", metavar="TEXT", help="Who decided it."),
    click.option("--from", metavar="DATE", help="The first day. Default: --as-of."),
    click.option("--until", metavar="DATE", help="The last day in force."),
    click.option("--as-of", metavar="DATE", help="Today. Default: the day of the --book."),
    click.option("--id", "id_", metavar="NAME", help="The id of a new rule. Default: made up."),
    click.option("--file", metavar="PATH", help="The file, in the set. Default: the owner's."),
    click.option("--dry-run", is_flag=True, help="Write nothing; print what would change."),
    options.policies,
    options.book(required=False),
    options.common(),
)


def _example(name: str, template: Template) -> str:
    layer = next((each for each in reversed(template.layers) if each != "account"), "account")
    whose = {"household": "H00001", "advisor": "ADV1", "account": "H00001-TX"}.get(
        layer, "direct-index"
    )
    words = [f"--{layer} {whose}" if layer in OWNERS else f"--layer {layer}"]
    for question in template.questions:
        if not question.optional and question.default is None:
            words.append(f"--{question.name.replace('_', '-')} {_shell(question.example)}")
    words += ["--until 2026-06-28"] if template.ends else []
    words += ["--as-of 2026-03-31", '--why "..."', '--by "A. Smith"']
    rows = "".join(f" \\\n      {word}" for word in words)
    return f"policydsl add {name}{rows}"


def _shell(word: str) -> str:
    return f"'{word}'" if re.search(r"[^\w.,%/-]", word) else word


def _run(template: Template, given: Mapping[str, Any]) -> None:
    ctx = click.get_current_context()
    folder = policies_folder(given["policies"])
    if folder == shipped() and given["policies"] in (None, DEFAULT):
        raise click.UsageError("there is no policy set here: `policydsl init` makes one to own")
    book = _book(ctx, given["book_folder"], given["as_of"])
    policies = load_policies(folder)
    layer, of = _place(template, given, policies, book)
    said = answers(template, given, None if book is None else book.as_of)
    try:
        at = target(layer, of, said["by"].bare, folder, policies, given["file"])
        said |= _names(template, given, said, of or layer, policies)
        made = addition(filled(template, said), at, folder, policies, book)
    except (PlaceError, AnswerError) as error:
        raise click.UsageError(str(error)) from error
    written = not (made.stopped or given["dry_run"])
    if written:
        place = folder / made.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(made.after)
    if given["form"] == "json":
        output.result_json(_as_json(made, written))
    else:
        output.result(_as_text(made, written))
    ctx.exit(1 if made.stopped else 0)


def _book(ctx: click.Context, folder: Path | None, as_of: str | None) -> Book | None:
    if folder is None:
        return None
    book = load_book(folder, None if as_of is None else options.day(as_of))
    output.end_where_stopped(ctx, book)
    return book


# --- where to ------------------------------------------------------------------------------------


def _place(
    template: Template, given: Mapping[str, Any], policies: PolicySet, book: Book | None
) -> tuple[str, str | None]:
    """The layer, and whose file of it."""
    named = [layer for layer in template.layers if given.get(layer) is not None]
    if len(named) + (given["layer"] is not None) > 1:
        raise click.UsageError("a statement stands in one file: name one layer")
    if named:
        layer, of = named[0], str(given[named[0]])
    else:
        layer = given["layer"] or _asked_layer(template)
        of = given["of"]
        if of is None and layer in OWNERS:
            of = taken_or_asked(text, None, f"Which {layer}?", f"--{layer}").bare
    if layer not in template.layers:
        raise click.UsageError(
            f"this template is for files of {', '.join(template.layers)}, not of {layer}"
        )
    if layer not in policies.layers:
        raise click.UsageError(f"this policy set has no layer {layer}")
    if of is not None:
        of = taken(text, of, "whose file it is").bare
        _known(layer, of, book)
    return layer, of


def _asked_layer(template: Template) -> str:
    if len(template.layers) == 1:
        return template.layers[0]
    flags = " or ".join(
        f"--{each}" if each in OWNERS else f"--layer {each}" for each in template.layers
    )
    if not output.interactive():
        raise click.UsageError(f"whose file is it to go into? Give {flags}")
    found: str = click.prompt("For which layer?", type=click.Choice(template.layers))
    return found


def _known(layer: str, of: str, book: Book | None) -> None:
    ids = {"household": "household_ids", "account": "account_ids"}
    if book is None or layer not in ids:
        return
    known: tuple[str, ...] = getattr(book, ids[layer])
    if of not in known:
        near = closest(of, known)
        advice = f": did you mean {near}?" if near else ""
        raise click.UsageError(f"{book.name} has no {layer} {of}{advice}")


def _names(
    template: Template,
    given: Mapping[str, Any],
    said: Mapping[str, Answer],
    whose: str,
    policies: PolicySet,
) -> dict[str, Answer]:
    """The id, the title and the name of a group that a new rule is given."""
    if template.id is None or template.heading is None:
        return {}
    wanted = as_name(whose, template.named(template.id, said))
    id = free_id(wanted, policies)
    if given["id_"] is not None:
        id = taken(name, given["id_"], "--id").bare
    return {
        "id": name(id),
        "group": name(re.sub(r"[.-]", "_", id)),
        "heading": text(template.named(template.heading, said)),
    }


# --- what came of it -----------------------------------------------------------------------------


def _as_text(made: Addition, written: bool) -> str:
    found = output.diagnostics_text(made.found, made.sources)
    stops = "".join(f"{account} would not be traded\n" for account in made.held)
    if made.stopped:
        return f"{made.diff()}\n{found}{stops}\nnothing is written: mend the errors first\n"
    said = f"{found}\n" if found else ""
    if not written:
        return made.diff() + (f"\n{said}" if said else "")
    shown = "".join(f"    {row}\n" for row in made.statement.splitlines())
    return f"{made.path}:{made.line}\n{shown}{said}"


def _as_json(made: Addition, written: bool) -> dict[str, object]:
    return {
        "path": made.path,
        "line": made.line,
        "statement": made.statement,
        "written": written,
        "diff": made.diff(),
        "held": {account: list(causes) for account, causes in made.held.items()},
        "diagnostics": [to_json(each) for each in made.found],
    }
