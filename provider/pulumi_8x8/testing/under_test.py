"""A workflow under test: what the fixture ``workflow`` returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from pulumi_8x8.definition import Json, parse_duration
from pulumi_8x8.simulator import Instance, Message, Simulation, Stubs, Tap, TapError, media, place, read_moment

#: The time when a test starts: a Monday.
START = "2026-03-02T10:00Z"


class WorkflowUnderTest:
    """A simulated workflow, with a clock that the test moves.

    :param body: the definition in the service's shape. :param at: the time at the start, ISO 8601.
    :param http: answers to HTTP calls, see :class:`pulumi_8x8.simulator.Stubs`.
    """

    def __init__(self, body: Mapping[str, Json], at: str = START, http: Sequence[Mapping[str, Json]] = ()) -> None:
        self.simulation = Simulation(body, read_moment(at), Stubs(list(http)))

    def message(self, text: str, **about: str) -> None:
        """A customer writes. :param about: ``sender`` (a phone number), ``channel`` (``sms``, ``whatsapp``, …)."""
        self.simulation.say(text, **about)

    def tap(
        self,
        choice: str | None = None,
        *,
        id: str | None = None,
        title: str | None = None,
        step: str | None = None,
        answers: Mapping[str, Any] | None = None,
        location: Mapping[str, Any] | None = None,
        accepts: bool = True,
        **about: str,
    ) -> None:
        """A customer taps what one of the last messages offers: ``tap("Book a table")``, ``tap("book")``.

        :param choice: a title or an id. :param id: only an id. :param title: only a title.
        :param step: the step that sent the message, if it isn't one of the last.
        :param answers: what the customer enters into a form. :param location: the place that the customer sends.
        :param accepts: whether the customer allows calls. :param about: as in :meth:`message`.
        :raises AssertionError: it isn't offered, it could mean several, or it sends nothing.
        """
        where = None if location is None else place(**location)
        try:
            self.simulation.tap(Tap(choice, id, title, step, answers or {}, where, accepts), **about)
        except TapError as error:
            raise AssertionError(str(error)) from None

    def send(self, kind: str, url: str, text: str | None = None, **about: str) -> None:
        """A customer sends an ``image``, ``audio``, ``video`` or ``file``. :param text: its caption."""
        self.simulation.say(media(kind, url, text), **about)

    def refuse(self, code: int, message: str | None = None, times: int = 1) -> None:
        """Lets the messaging API refuse the next messages, with a code such as 3038."""
        self.simulation.refuse(code, message, times)

    def receive(self, body: dict[str, Any]) -> None:
        """A webhook body of the service comes in. :raises EventError: ``body`` isn't an inbound message."""
        self.simulation.receive(body)

    def start(self, data: dict[str, Any] | None = None) -> None:
        """Starts an instance by hand or by an HTTP trigger. ``data`` becomes its context."""
        self.simulation.start(data or {})

    def press(self, keys: str) -> None:
        """The customer presses keys in a call. :raises AssertionError: nothing waits for keys."""
        assert self.simulation.press(keys), "nothing waits for keys"

    def wait(self, length: str | timedelta) -> None:
        """Lets time pass: a timedelta, ``d.HH:mm:ss``, ``HH:mm:ss`` or whole days. :raises DurationError: otherwise."""
        self.simulation.move(length if isinstance(length, timedelta) else parse_duration(length))

    @property
    def sent(self) -> list[Message]:
        """The messages sent so far."""
        return self.simulation.sent

    def sent_texts(self) -> list[str]:
        """The texts of the messages sent so far: of one with buttons, its main text."""
        return [message.text for message in self.simulation.sent]

    def sent_words(self) -> list[str]:
        """The messages sent so far as their receiver reads them: header, text, footer and choices, each on a line."""
        return [message.words for message in self.simulation.sent]

    @property
    def instance(self) -> Instance:
        """The newest instance. :raises AssertionError: no instance has started."""
        assert self.simulation.instances, "no instance has started"
        return self.simulation.instances[-1]

    @property
    def data(self) -> dict[str, Any]:
        """The context of the newest instance."""
        return self.instance.data

    @property
    def status(self) -> str:
        """The newest instance's status: ``Runnable``, ``Suspended``, ``Complete`` or ``Terminated``."""
        return self.instance.status

    @property
    def errors(self) -> list[str]:
        """Why the newest instance faulted."""
        return [error.message for error in self.instance.errors]

    def path(self) -> list[str]:
        """The ids of the steps that the newest instance has begun, in order."""
        assert self.simulation.instances, "no instance has started"
        return [run.step_id for run in self.simulation.runs() if run.started_at is not None]

    def __str__(self) -> str:
        """What happened."""
        return str(self.simulation)
