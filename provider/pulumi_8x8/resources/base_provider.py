"""What the providers have in common: their config, messages, and errors that are shown as one message."""

from __future__ import annotations

import functools
import gc
import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Concatenate, ParamSpec, TypeVar

from pulumi.dynamic import ConfigureRequest, ResourceProvider
from pulumi.output import Output, Unknown

from pulumi_8x8.api import Client, Settings, Timer
from pulumi_8x8.definition import Hole
from pulumi_8x8.errors import Pulumi8x8Error
from pulumi_8x8.resources.sealing import Secrets
from pulumi_8x8.resources.seam import EngineCall, Plugin, current_call

# What is not known yet, in a program and in the plugin.
for _kind in (Output, Awaitable, Unknown):
    Hole.register(_kind)

_C = TypeVar("_C", bound="Configured")
_P = ParamSpec("_P")
_R = TypeVar("_R")


class Shown(Exception):
    """An error of ours on its way to the user, who sees the text and nothing else."""


def plainly(method: Callable[Concatenate[_C, _P], _R]) -> Callable[Concatenate[_C, _P], _R]:
    """Lets the user see an error of ours as one message, without a traceback and without the value of a secret."""

    @functools.wraps(method)
    def wrapper(self: _C, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        call = current_call()
        self._begin(call)
        try:
            with self._clock.limited(call.timeout):
                return method(self, *args, **kwargs)
        except Pulumi8x8Error as error:
            raise Shown(f"{type(error).__name__}: {self.hide(str(error))}") from None

    return wrapper


class Configured(ResourceProvider):
    """A provider that knows the stack's config. One instance serves all resources of an operation, in several threads.

    What is pickled into the state is empty: everything else is made by :meth:`configure`, in the plugin's process.
    """

    #: The reference to the class is no secret; encrypting it would only bloat the state.
    serialize_as_secret_always = False

    _resolve: Callable[[str | None, str | None, str | None], Settings]
    _plugin: Plugin
    _clock: Timer
    _current: threading.local

    def configure(self, req: ConfigureRequest) -> None:
        """Keeps the stack's config; what is wrong with it is told by the call that needs it."""
        gc.freeze()  # this is the plugin's process, which lives for one operation: what is read in it stays
        self.configure_with(req.config.get)

    def configure_with(self, config: Callable[[str], object]) -> None:
        """:meth:`configure`, without the engine.

        :param config: the value of a key such as ``8x8:accountId``, ``None`` when it is not set.
        """
        self._plugin = Plugin(Shown, self.end)
        self._clock = Timer(self._plugin.is_wanted)
        self._current = threading.local()
        self.config = config
        # Asked for several times a workflow, and the same in all of an operation.
        self._resolve = functools.cache(
            lambda account_id, base_url, api_key: Settings.resolve(
                config, account_id=account_id, base_url=base_url, api_key=api_key
            )
        )

    def end(self) -> None:
        """The user interrupts the operation, or it has ended: nothing waits any longer."""
        self._clock.stop()

    def client(self, settings: Settings) -> Client:
        """Makes a client; a seam for running without a network."""
        return Client(settings, notify=self.warn, clock=self._clock)

    def settings(self, place: Mapping[str, Any], key: Mapping[str, Any] | None = None) -> Settings:
        """Where a resource with the properties ``place`` is.

        :param key: the properties that name the key's setting, when they are others.
        :raises SettingsError: it is not configured.
        """
        account = place.get("account") or {}
        api_key = ((place if key is None else key).get("account") or {}).get("apiKey")
        return self._resolve(account.get("id"), account.get("baseUrl"), api_key)

    @property
    def call(self) -> EngineCall:
        """The engine's call that this thread serves."""
        call: EngineCall = self._current.call
        return call

    def know(self, secrets: Secrets) -> None:
        """What must not show in the messages of this call."""
        self._current.secrets = secrets

    def hide(self, text: str) -> str:
        """``text`` without the values of secrets."""
        return self._current.secrets.hide(text)  # type: ignore[no-any-return]

    def warn(self, message: str) -> None:
        """Shows a warning beside the resource that this call is about."""
        call: EngineCall | None = getattr(self._current, "call", None)
        self._plugin.warn(call.urn if call else "", self.hide(message) if call else message)

    def _begin(self, call: EngineCall) -> None:
        self._current.call, self._current.secrets = call, Secrets()
