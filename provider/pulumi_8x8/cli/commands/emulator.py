"""``pulumi-8x8 emulator``: the Automation API on this machine."""

from __future__ import annotations

import os

import click

from pulumi_8x8.cli.support.output import echo
from pulumi_8x8.cli.support.vocabulary import Failed, needs

# The emulator is imported where it is used, so that `--help` and completion are fast.
_API_KEY = "emulator-key"


@click.command(epilog="More: pulumi-8x8 docs emulator the-emulator")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8088, show_default=True, help="The port; 0 for any free port."
)
@click.option(
    "--database",
    default=".dev/emulator.sqlite",
    show_default=True,
    help="The SQLite file that stores everything. ':memory:' stores nothing on disk.",
)
@click.option("--api-key", default=_API_KEY, show_default=True, help="The key that requests must carry.")
@click.option("--account", "accounts", multiple=True, help="Serve only this account. Repeatable.")
@click.option(
    "--http",
    "stub_file",
    metavar="FILE",
    help=(
        "A file with answers to HTTP calls of workflows: a list 'stubs' of objects with url, method, status, and body."
    ),
)
@click.option(
    "--allow-host",
    "allowed_hosts",
    metavar="HOST[:PORT]",
    multiple=True,
    help="Let workflows call this host. Calls to other hosts fail as if the host didn't exist. Repeatable.",
)
@needs("emulator")
def emulator(
    port: int,
    database: str,
    api_key: str,
    accounts: tuple[str, ...],
    stub_file: str | None,
    allowed_hosts: tuple[str, ...],
) -> None:
    """Serve the Automation API on 127.0.0.1, without an account and without sending real messages.

    Prints its address on one line, then serves until Ctrl-C or SIGTERM.

    \b
    $ pulumi-8x8 emulator
    $ pulumi-8x8 emulator --port 0 --database :memory:

    Exits with 0 after Ctrl-C or SIGTERM, or with 2 if it can't start.
    """
    from pulumi_8x8.emulator import EmulatorSettings, Store, serve
    from pulumi_8x8.simulator import read_stubs

    if not api_key or not api_key.isascii() or not api_key.isprintable() or api_key != api_key.strip():
        raise Failed("--api-key must be printable ASCII without spaces around it")
    settings = EmulatorSettings(
        api_key=api_key,
        accounts=frozenset(accounts),
        stubs=read_stubs(stub_file) if stub_file else [],
        allowed_hosts=frozenset(allowed_hosts),
    )

    def ready(address: str) -> None:
        key = f"API key {api_key}" if api_key == _API_KEY else "API key as given"
        echo(f"Automation API emulator at {address} ({key})")

    store = Store(database)
    try:
        serve(store, settings, port, ready)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise Failed(
            f"can't listen on 127.0.0.1:{port}: {reason}. If another emulator runs there, stop it. Or choose "
            "another --port, and set 8x8:baseUrl of the stack to its address"
        ) from None
    finally:
        store.close()
