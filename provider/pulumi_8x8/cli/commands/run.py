"""``pulumi-8x8 run``: runs a workflow on this machine and shows what happens."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from pulumi_8x8.cli.support.output import columns, echo, print_document, show_printed
from pulumi_8x8.cli.support.vocabulary import (
    ExitCode,
    Failed,
    data_option,
    format_option,
    needs,
    program_options,
    read_data,
    workflow_option,
)

# The simulator is imported where it is used, so that `--help` and completion are fast.
if TYPE_CHECKING:
    from pulumi_8x8.programs.loading import LoadedWorkflow, ProgramSettings
    from pulumi_8x8.simulator import Simulation

_HELP = "Enter a message, '/tap Yes', '/wait 01:00:00' (or a number of days), '/keys 1', or '/quit'"
_LONGEST = timedelta(days=366)
#: An endless workflow is stopped after so many events, or characters of its output.
_MOST_EVENTS, _MOST_SHOWN = 5_000, 4_000_000
_ORDER = "pulumi_8x8.run.order"


class _Ordered(click.Command):
    """A command that knows in which order its replies and taps were given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        *_, order = self.make_parser(ctx).parse_args(list(args))
        ctx.meta[_ORDER] = [param.name for param in order if param.name in ("replies", "taps")]
        return super().parse_args(ctx, args)


@click.command(cls=_Ordered, epilog="More: pulumi-8x8 docs emulator")
@click.argument("path", type=click.Path())
@workflow_option
@click.option("--message", "messages", multiple=True, help="A customer's message that starts the workflow. Repeatable.")
@click.option("--reply", "replies", multiple=True, help="The answer when the workflow waits for a reply. Repeatable.")
@click.option(
    "--tap", "taps", multiple=True, help="The title or id of what the customer taps in the last messages. Repeatable."
)
@click.option("--keys", multiple=True, help="The pressed keys when the workflow waits for keys (DTMF). Repeatable.")
@data_option("A JSON object that starts the workflow instead of a message.")
@click.option("--from", "sender", help="The customer's phone number.")
@click.option("--channel", help="sms, whatsapp, viber, … Default: sms or whatsapp, depending on the trigger.")
@click.option("--at", help="The start time, such as 2026-03-01T20:00+08:00. Default: now.")
@click.option(
    "--http",
    "stub_file",
    metavar="FILE",
    help="A file with answers to HTTP calls: a list 'stubs' of objects with url, method, status, and body.",
)
@format_option("text", "json", former={"--trace": None}, help="For people, or programs.")
@click.option("--interactive", is_flag=True, help=f"Chat in the terminal. {_HELP}.")
@program_options
@needs("emulator")
def run(
    path: str,
    name: str | None,
    messages: Sequence[str],
    replies: Sequence[str],
    taps: Sequence[str],
    keys: Sequence[str],
    data: str | None,
    sender: str | None,
    channel: str | None,
    at: str | None,
    stub_file: str | None,
    format: str,
    interactive: bool,
    settings: ProgramSettings,
) -> None:
    """Run a workflow on this machine, without an account and without sending anything.

    PATH is a workflow file, a Python program (a .py file, or the folder of a Pulumi project), or a folder with several.
    A program runs with your rights, without the engine, a stack's state, and the service. A text <unknown> stands for a
    value that only a deployment knows, and <secret:name> for an encrypted one.

    The clock skips every wait. The workflow gets replies, taps and keys in order, one for each wait. If none are left,
    the wait times out. A tap may also start the workflow again.

    \b
    $ pulumi-8x8 run menu.json --message Hi --reply 2 --at 2026-03-01T20:00+08:00
    $ pulumi-8x8 run booking.json --message Hi --tap "Book a table"
    $ pulumi-8x8 run menu.json --interactive
    $ pulumi-8x8 run . --workflow menu --message Hi --stack dev

    Exits with 0, with 1 if an instance stops at an error, or with 2 if the workflow can't run.
    """
    workflow = _workflow(path, name, settings)
    from pulumi_8x8.simulator import Simulation, Stubs, read_moment, read_stubs

    try:
        moment = datetime.now(UTC) if at is None else read_moment(at)
    except ValueError as error:
        raise Failed(f"--at: {error}") from None
    stubs = Stubs(read_stubs(stub_file)) if stub_file else Stubs()
    simulation = Simulation(workflow.body, moment, stubs)

    def say(text: str) -> None:
        simulation.say(text, sender, channel)

    def tap(choice: str) -> None:
        simulation.tap(choice, sender, channel)

    show = _printer(simulation, format)
    if data is not None or messages or simulation.trigger == "http_request" or not interactive:
        _start(simulation, None if data is None else read_data(data), messages, say)
    if interactive:
        show()
        _chat(simulation, say, tap, show)
    else:
        given = {"replies": deque(replies), "taps": deque(taps)}
        order: list[str] = click.get_current_context().meta[_ORDER]
        answer: dict[str, Callable[[str], None]] = {"replies": say, "taps": tap}
        answers = deque((answer[name], given[name].popleft()) for name in order)
        _play(simulation, answers, deque(keys), show, tap)
    sys.exit(ExitCode.FOUND if any(instance.errors for instance in simulation.instances) else ExitCode.DONE)


def _workflow(path: str, name: str | None, settings: ProgramSettings) -> LoadedWorkflow:
    from pulumi_8x8.programs.loading import UNKNOWN_TEXT, load

    loaded = load([path], settings, meanwhile=["pulumi_8x8.simulator"])
    show_printed(loaded.printed)
    workflow = loaded.named(name)
    if workflow.unknown:
        places = ", ".join(workflow.unknown)
        echo(f'Only a deployment knows these values, so they are "{UNKNOWN_TEXT}" here: {places}', err=True)
    return workflow


def _start(
    simulation: Simulation, data: dict[str, Any] | None, messages: Sequence[str], say: Callable[[str], None]
) -> None:
    if data is None and not messages:
        if simulation.trigger != "http_request":
            raise Failed(f"a workflow with the trigger {simulation.trigger} needs --message or --data to start")
        data = {}
    if data is not None:
        simulation.start(data)
    for text in messages:
        say(text)
    if not simulation.instances:
        raise Failed(f"no message starts the workflow: its trigger is {simulation.trigger}")


def _play(
    simulation: Simulation,
    answers: deque[tuple[Callable[[str], None], str]],
    keys: deque[str],
    show: Callable[[], int],
    tap: Callable[[str], None],
) -> None:
    from pulumi_8x8.simulator import TapError

    last = simulation.clock.now() + _LONGEST
    while show() < _MOST_SHOWN and len(simulation.trace) < _MOST_EVENTS:
        waiting = simulation.waiting()
        events = [run.event or "" for run in waiting]
        waits = any(event.startswith("reply ") for event in events)
        if answers and (waits or (answers[0][0] is tap and simulation.next_due() is None)):
            answer, text = answers.popleft()
            try:
                answer(text)
            except TapError as error:
                show()
                raise Failed(f"--tap: {error}") from None
            if waits and {run.id for run in waiting} <= {run.id for run in simulation.waiting()}:
                show()
                raise Failed(f"the workflow waits for another reply: {events[0]}. Set --from and --channel")
        elif keys and any(event.startswith("dtmf ") for event in events):
            simulation.press(keys.popleft())
        elif (due := simulation.next_due()) is None:
            break
        elif due > last:
            echo(f"The workflow still runs after {_LONGEST.days} days. The simulation stopped.", err=True)
            break
        else:
            simulation.move_to(due)
    else:
        if not all(instance.ended for instance in simulation.instances):
            echo(f"The workflow still runs after {len(simulation.trace):,} events. The simulation stopped.", err=True)
    unused = [f"--{'tap' if answer is tap else 'reply'} {text!r}" for answer, text in answers]
    unused += [f"--keys {text!r}" for text in keys]
    if unused:
        echo(f"Not used, since the workflow didn't wait for it: {', '.join(unused)}", err=True)


def _chat(
    simulation: Simulation, say: Callable[[str], None], tap: Callable[[str], None], show: Callable[[], object]
) -> None:
    from pulumi_8x8.definition import parse_duration
    from pulumi_8x8.errors import DurationError
    from pulumi_8x8.simulator import TapError

    echo(_HELP, err=True)
    while True:
        try:
            line = input("> " if sys.stdin.isatty() else "").strip()
        except (EOFError, KeyboardInterrupt):
            break
        command, _, argument = line.partition(" ")
        if command == "/quit":
            break
        if command == "/wait":
            try:
                simulation.move(parse_duration(argument))
            except DurationError as error:
                echo(str(error), err=True)
        elif command == "/tap":
            try:
                tap(argument.strip())
            except TapError as error:
                echo(str(error), err=True)
        elif command == "/keys":
            if not simulation.press(argument.strip()):
                echo("The workflow doesn't wait for keys.", err=True)
        elif command.startswith("/"):
            echo(_HELP, err=True)
        elif line:
            say(line)
        show()


def _printer(simulation: Simulation, format: str) -> Callable[[], int]:
    """Returns a function that prints the events since its last call, and returns the characters of all calls."""
    from pulumi_8x8.simulator import show, show_json

    shown = characters = 0

    def print_new() -> int:
        nonlocal shown, characters
        events = simulation.trace[shown:]
        shown = len(simulation.trace)
        if events:
            text = show_json(events) if format == "json" else show(events, coloured=True, columns=columns())
            characters += len(text)
            if format == "json":
                print_document(text)
            else:
                echo(text, styles=True)
        return characters

    return print_new
