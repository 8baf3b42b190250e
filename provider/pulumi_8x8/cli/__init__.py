"""``pulumi-8x8``: the command line. Each command is a module of its own, imported when it is called."""

from __future__ import annotations

from importlib import import_module

import click

#: Command -> module and function, in the order of the help.
_COMMANDS = {
    "new": "pulumi_8x8.cli.new:new",
    "lint": "pulumi_8x8.cli.lint:lint",
    "run": "pulumi_8x8.cli.run:run",
    "test": "pulumi_8x8.cli.test:test",
    "emulator": "pulumi_8x8.cli.emulator:emulator",
    "review": "pulumi_8x8.cli.review:review",
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, function = _COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(import_module(module), function)
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="pulumi-8x8")
def main() -> None:
    """Workflows of the 8x8 Automation API: check them, and run the service on this machine."""
