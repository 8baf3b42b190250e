"""``pulumi-8x8 completion``: prints the script with which a shell completes commands, options, and workflow names."""

from __future__ import annotations

import click

from pulumi_8x8.cli.support.output import print_document

_VARIABLE = "_PULUMI_8X8_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print a script that lets a shell complete commands, options, and the names of the stack's workflows.

    \b
    $ pulumi-8x8 completion bash >> ~/.bashrc
    $ pulumi-8x8 completion zsh >> ~/.zshrc
    $ pulumi-8x8 completion fish > ~/.config/fish/completions/pulumi-8x8.fish

    Exits with 0, or with 2 for another shell.
    """
    from click.shell_completion import get_completion_class

    from pulumi_8x8.cli import main

    made = get_completion_class(shell)
    assert made is not None
    print_document(made(main, {}, "pulumi-8x8", _VARIABLE).source())
