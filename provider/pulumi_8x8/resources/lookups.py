"""Look-ups: plain values that the program reads from the service while it runs."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from os import environ
from typing import Any, ParamSpec, TypeVar

import pulumi

from pulumi_8x8.api import Client, StoredDefinition, Usage
from pulumi_8x8.api.call_log import show_calls, wanted_detail
from pulumi_8x8.errors import Pulumi8x8Error, SettingsError
from pulumi_8x8.resources.arguments import check_lookup
from pulumi_8x8.resources.options import Account
from pulumi_8x8.resources.program import current_program

_P = ParamSpec("_P")
_R = TypeVar("_R")


def _lookup(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Checks the arguments; the engine shows an error of this package as one message."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def wrapper(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        check_lookup(function.__name__, **signature.bind(*args, **kwargs).arguments)
        try:
            return function(*args, **kwargs)
        except Pulumi8x8Error as error:
            raise pulumi.RunError(str(error)) from None

    return wrapper


def _client(account: Account | None) -> Client:
    """Returns the client of an account; each stack, and so each program, has its own config."""
    program = current_program()
    if program.is_recorded:
        raise SettingsError(
            "the program reads from the service while it runs, which only a deployment does. Nothing was sent. To "
            "check and review its workflows: pulumi preview --json | pulumi-8x8 review"
        )
    _show_calls()
    if account not in program.clients:
        program.clients[account] = Client(program.settings(account))
    return program.clients[account]


@functools.cache
def _show_calls() -> None:
    """Shows the calls of this program, if the environment asks for it. :raises SettingsError: its value is wrong."""
    if detail := wanted_detail(environ):
        show_calls(detail, pulumi.log.info)


@_lookup
def get_workflow(id: str, account: Account | None = None) -> StoredDefinition:
    """Returns the newest version of one definition.

    :param account: another account than the stack's.
    :raises pulumi.RunError: there is none of that id, or the service doesn't answer.
    """
    return _client(account).latest(id)


@_lookup
def get_workflows(
    name: str | None = None, trigger: str | None = None, account: Account | None = None
) -> list[StoredDefinition]:
    """Returns the newest version of each definition that the service lists, in its order.

    :param name: only definitions with this name.
    :param trigger: only definitions with this trigger.
    """
    return [
        stored
        for stored in _client(account).list_definitions()
        if name in (None, stored.definition.name) and trigger in (None, stored.definition.trigger)
    ]


@_lookup
def get_workflow_versions(id: str, account: Account | None = None) -> list[StoredDefinition]:
    """Returns all versions of one definition, the newest first."""
    return _client(account).history(id)


@_lookup
def get_time_zones(contains: str = "", account: Account | None = None) -> list[Mapping[str, Any]]:
    """Returns the time zones that scripts know and whose name contains ``contains``, as the service describes them."""
    return _client(account).time_zones(contains)


@_lookup
def get_script_functions(account: Account | None = None) -> list[Mapping[str, Any]]:
    """Returns the functions that scripts may call, as the service describes them."""
    return _client(account).functions()


@_lookup
def get_usage(account: Account | None = None) -> Usage:
    """Returns how many workflows the account may start this month, and has."""
    return _client(account).usage()
