"""Completion of commands and options in a shell, by click's own mechanism."""

from __future__ import annotations

import sys

import click
from click.shell_completion import get_completion_class

from pipeline.cli import main
from pipeline.cli.common import Command
from pipeline.program import PROGRAM

_VARIABLE = f"_{PROGRAM.replace('-', '_').upper()}_COMPLETE"
"""With it set, the program prints completions instead of running: click's own name for it."""


@click.command(cls=Command, example="completion bash")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the shell's completion script.

    \b
    bash: openrouter-usage completion bash >> ~/.bashrc
    zsh:  openrouter-usage completion zsh >> ~/.zshrc
    fish: openrouter-usage completion fish > ~/.config/fish/completions/openrouter-usage.fish
    """
    found = get_completion_class(shell)
    if found is None:  # click knows the three
        raise click.UsageError(f"no completion for {shell}")
    sys.stdout.write(found(main, {}, PROGRAM, _VARIABLE).source() + "\n")
