"""The page ``docs/commands.md``, generated from the commands themselves.

``python -m pipeline.cli.docs`` writes it, ``--check`` fails when it is stale.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from inspect import cleandoc

import click

from pipeline.cli import COMMANDS, command, main
from pipeline.cli.common import Command
from pipeline.contracts.docs import write
from pipeline.program import PROGRAM
from pipeline.run.facts import KEYS
from pipeline.settings import ROOT

PAGE = ROOT / "docs" / "commands.md"

_HEAD = """# Commands

Generated from the commands; each prints the same with `--help`.

Every command works in one data directory: `warehouse/data`, unless `--data-dir` before the command or
`OPENROUTER_USAGE_DATA_DIR` names another one. The demo's is `warehouse/demo`. Where a wheel is installed, both are in the
[user's data folder](release.md#install-a-release). Results go to standard output. Warnings, errors and progress go to
standard error; an error is one line. `--format json` prints one JSON object: keys stay, new ones may be added.
"""


def page() -> str:
    """The whole page, in Markdown."""
    return "\n".join([_HEAD, *_index(), *(line for name in COMMANDS for line in _command(name))])


def _index() -> Iterator[str]:
    yield "| command | what it does |\n| --- | --- |"
    for name, (_, short) in COMMANDS.items():
        yield f"| [{name}](#{name}) | {short} |"
    yield ""


def _command(name: str) -> Iterator[str]:
    entry = command(name)
    if not isinstance(entry, Command):
        raise TypeError(f"{name} states no example")
    ctx = click.Context(entry, info_name=f"{PROGRAM} {name}")
    yield f"## {name}\n"
    yield _markdown(entry.help or "")
    usage = " ".join(entry.collect_usage_pieces(ctx)[1:])
    yield f"\n```text\n{PROGRAM} {name} [OPTIONS]{f' {usage}' if usage else ''}\n```\n"
    if options := [_option(one) for one in entry.params if isinstance(one, click.Option)]:
        yield "| option | what it does |\n| --- | --- |"
        yield from options
        yield ""
    yield "| exit code | means |\n| --- | --- |"
    yield from (f"| {code} | {entry.exits[code]} |" for code in sorted(entry.exits))
    yield ""
    if keys := KEYS.get(name):
        yield "| key of the JSON object | what it holds |\n| --- | --- |"
        yield from (f"| {key} | {meaning} |" for key, meaning in keys.items())
        yield ""
    yield f"```sh\n{entry.example}\n```\n"


def _option(option: click.Option) -> str:
    metavar = "" if option.is_flag else f" {option.make_metavar(click.Context(main))}"
    default = f" Default: {option.default}." if option.show_default else ""
    written = f"{option.opts[0]}{metavar}".replace("|", "\\|")
    return f"| `{written}` | {option.help}{default} |"


def _markdown(text: str) -> str:
    """Help as click has it, its paragraphs whole; what click leaves unwrapped is a block."""
    parts = []
    for paragraph in cleandoc(text).split("\n\n"):
        if paragraph.startswith("\b"):
            parts.append(f"```text\n{paragraph.removeprefix(chr(8)).strip()}\n```")
        else:
            parts.append(" ".join(paragraph.split()))
    return "\n\n".join(parts)


if __name__ == "__main__":
    sys.exit(write({PAGE: page()}, sys.argv[1:]))
