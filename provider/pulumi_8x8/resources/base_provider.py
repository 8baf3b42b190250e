"""What the providers share: the stack's config, messages, and errors that show as one message."""

from __future__ import annotations

import functools
import gc
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping
from os import environ
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar

from pulumi.dynamic import ConfigureRequest, ResourceProvider
from pulumi.output import Output, Unknown

from pulumi_8x8.api import Client, Settings, Timer
from pulumi_8x8.api.call_log import CallLog, show_calls, wanted_detail
from pulumi_8x8.definition import Hole
from pulumi_8x8.errors import Pulumi8x8Error, SettingsError
from pulumi_8x8.phrasing import printable_lines
from pulumi_8x8.resources.properties import About
from pulumi_8x8.resources.sealing import Secrets
from pulumi_8x8.resources.seam import EngineCall, Plugin, current_call, keys_of

# What is not known yet, in a program and in the plugin.
for _kind in (Output, Awaitable, Unknown):
    Hole.register(_kind)

_C = TypeVar("_C", bound="Configured")
_P = ParamSpec("_P")
_R = TypeVar("_R")


class Shown(Exception):
    """An error of this package, of which the user sees the text only."""


def plainly(method: Callable[Concatenate[_C, _P], _R]) -> Callable[Concatenate[_C, _P], _R]:
    """Shows an error of this package as one message, without a traceback and without the values of secrets."""

    @functools.wraps(method)
    def wrapper(self: _C, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        call = current_call()
        self._current.call, self._current.secrets, self._current.abouts = call, Secrets(), {}
        try:
            with self._clock.limited(call.timeout):
                return method(self, *args, **kwargs)
        except Pulumi8x8Error as error:
            raise Shown(printable_lines(f"{type(error).__name__}: {self.hide(str(error))}{error.more}")) from None

    return wrapper


class Configured(ResourceProvider):
    """A provider that knows the stack's config. One instance serves all resources of an operation, in several threads.

    What is pickled into the state is empty: :meth:`configure` makes the rest, in the plugin's process.
    """

    #: The reference to the class isn't a secret; encryption would only bloat the state.
    serialize_as_secret_always = False

    #: Shows and counts the calls of this process; ``None`` if nobody wants to see them.
    _calls: ClassVar[CallLog | None] = None

    def configure(self, req: ConfigureRequest) -> None:
        """Keeps the stack's config; the call that needs a setting reports what is wrong with it."""
        gc.freeze()  # this process lives for one operation
        self.configure_with(req.config.get, functools.partial(keys_of, req.config))
        self._show_calls()

    def _show_calls(self) -> None:
        """Shows the calls of all providers of this process in one list, if the environment asks for it."""
        try:
            detail = wanted_detail(environ)
        except SettingsError as error:
            self.warn(str(error))
            return
        if detail and Configured._calls is None:
            Configured._calls = show_calls(detail, self._plugin.inform)

    def configure_with(self, config: Callable[[str], object], names: Callable[[], Iterable[str]] = tuple) -> None:
        """:meth:`configure`, without the engine.

        :param config: the value of a key such as ``8x8:accountId``, ``None`` when it is not set.
        :param names: returns all its keys.
        """
        self._plugin = Plugin(Shown, self.end)
        self._clock = Timer(self._plugin.is_wanted)
        self._current = threading.local()
        self.config = config
        resolve = functools.partial(Settings.resolve, config, names=names)
        self._resolve = functools.cache(resolve)  # the same in all of an operation

    def end(self) -> None:
        """Ends all waits: the user interrupts the operation, or it has ended."""
        self._clock.stop()
        if Configured._calls is not None:
            Configured._calls.summarize()

    def client(self, settings: Settings) -> Client:
        """Makes a client; a seam for tests without a network."""
        return Client(settings, notify=self.warn, clock=self._clock, hide=self.hide)

    def settings(self, place: Mapping[str, Any], key: Mapping[str, Any] | None = None) -> Settings:
        """The settings of the account that a resource with the properties ``place`` is in.

        :param key: the properties whose ``account`` names the config key of the API key; by default ``place``.
        :raises SettingsError: the account isn't configured.
        """
        account = place.get("account") or {}
        api_key = ((place if key is None else key).get("account") or {}).get("apiKey")
        return self._resolve(account_id=account.get("id"), base_url=account.get("baseUrl"), api_key=api_key)

    @property
    def call(self) -> EngineCall:
        """The engine's call that this thread serves."""
        return self._current.call  # type: ignore[no-any-return]

    def about(self, properties: Mapping[str, Any]) -> About:
        """Returns the record in ``properties``; each call reads it once."""
        known: dict[int, tuple[Mapping[str, Any], About]] = self._current.abouts
        if id(properties) not in known:
            known[id(properties)] = properties, About.read(properties)  # keeps them, so that the id stays theirs
        return known[id(properties)][1]

    def know(self, secrets: Secrets) -> None:
        """Hides ``secrets`` in the messages of this call."""
        self._current.secrets = secrets

    def hide(self, text: str) -> str:
        """``text`` without the values of secrets."""
        return self._current.secrets.hide(text)  # type: ignore[no-any-return]

    def warn(self, message: str) -> None:
        """Shows a warning beside the resource that this call is about."""
        call: EngineCall | None = getattr(self._current, "call", None)
        self._plugin.warn(call.urn if call else "", printable_lines(self.hide(message) if call else message))
