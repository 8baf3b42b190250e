"""``pulumi-8x8 emulator``: the Automation API on this machine."""

from __future__ import annotations

import os

import click

from pulumi_8x8.cli.support.vocabulary import Failed

# What serves is imported where it is used, so that `--help` and completion come at once.
_API_KEY = "emulator-key"


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8088, show_default=True, help="0: any that is free.")
@click.option(
    "--database",
    default=".dev/emulator.sqlite",
    show_default=True,
    help="SQLite file that keeps everything; made when it is not there. ':memory:': nothing is kept.",
)
@click.option("--api-key", default=_API_KEY, show_default=True, help="The key that calls must carry.")
@click.option("--account", "accounts", multiple=True, help="Serve only this account; may be given several times.")
@click.option(
    "--http",
    "stub_file",
    metavar="FILE",
    help="File with answers to the HTTP calls of workflows: 'stubs', a list of url, method, status, body.",
)
@click.option(
    "--allow-host",
    "allowed_hosts",
    metavar="HOST[:PORT]",
    multiple=True,
    help="Let HTTP calls of workflows out to this host; others fail as if it did not exist.",
)
def emulator(
    port: int,
    database: str,
    api_key: str,
    accounts: tuple[str, ...],
    stub_file: str | None,
    allowed_hosts: tuple[str, ...],
) -> None:
    """Serve the Automation API on 127.0.0.1, without an account and without sending real messages.

    Prints its address on one line, then serves until it is interrupted (Ctrl-C or SIGTERM).

    \b
    $ pulumi-8x8 emulator
    $ pulumi-8x8 emulator --port 0 --database :memory:

    Exits with 0 when it is interrupted, and with 2 when it cannot start.
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
        click.echo(f"Automation API emulator at {address} ({key})")

    store = Store(database)
    try:
        serve(store, settings, port, ready)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise Failed(f"cannot listen on 127.0.0.1:{port}: {reason}; choose another --port") from None
    finally:
        store.close()
