"""``pulumi-8x8 instances stats``: counts how many conversations took each step and path, and where they stop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import click

from pulumi_8x8.cli.support.conversations import LAST, read_traffic
from pulumi_8x8.cli.support.output import bar, echo, print_document, print_json, print_table, show_seconds
from pulumi_8x8.cli.support.selection import since_option
from pulumi_8x8.cli.support.target import of_a_stack, workflow_argument
from pulumi_8x8.cli.support.vocabulary import format_option
from pulumi_8x8.phrasing import count, printable

if TYPE_CHECKING:
    from pulumi_8x8.analysis.counts import LinkTraffic, StepTraffic, Traffic
    from pulumi_8x8.cli.support.target import ServiceAccess

_BAR = 10


@click.command()
@workflow_argument()
@click.option(
    "--last",
    type=click.IntRange(1),
    metavar="N",
    help=f"Only the newest N conversations. Default: {LAST}, or with --since 10,000.",
)
@since_option
@click.option(
    "--version", type=click.IntRange(1), metavar="N", help="Show this version, and count only its conversations."
)
@format_option("text", "json", "markdown", former={})
@of_a_stack
def stats(
    service: ServiceAccess, workflow: str, last: int | None, since: datetime | None, version: int | None, format: str
) -> None:
    """Count how many conversations took each step and each path, where they stop, how long they wait, and which errors
    they meet.

    The counts are for the steps of the newest version. Conversations on another version count where it has the same
    step or path. The command reads a log for each conversation. If a log doesn't show which of two paths a conversation
    took, both show a range. The output contains no data of customers.

    \b
    $ pulumi-8x8 instances stats menu --last 200
    $ pulumi-8x8 instances stats menu --since 7d --format markdown

    Exits with 0, or with 2 if the service or the stack can't be read.
    """
    from pulumi_8x8.analysis.counts import traffic_data

    target = service.find(workflow)
    traffic, more = read_traffic(target.client, target.id, last=last, since=since, version=version)
    if format == "json":
        print_json({"workflow": target.label, "definitionId": target.id, "more": more, **traffic_data(traffic)})
        return
    lines, tables = [*_summary(target.label, traffic)], [*_tables(traffic)]
    if format == "markdown":
        print_document(_markdown(lines, tables))
        return
    for line in lines:
        echo(line)
    for table in tables:
        echo()
        print_table(table.titles, table.rows)
    if more:
        echo(f"Only the newest {count(traffic.instances, 'conversation')}. To count more: --last", err=True)


@dataclass(frozen=True)
class _Table:
    titles: Sequence[str]
    rows: Sequence[Sequence[object]]


def _summary(label: str, traffic: Traffic) -> Iterator[str]:
    yield f"{printable(label)}, version {traffic.version}: {count(traffic.instances, 'conversation')}"
    if traffic.first is not None and traffic.last is not None:
        yield f"started from {traffic.first:%Y-%m-%d %H:%M}Z to {traffic.last:%Y-%m-%d %H:%M}Z"
    words = {
        "complete": "complete",
        "faulted": "stopped at an error",
        "terminated": "terminated without an error",
        "waiting": "running",
        "suspended": "suspended",
    }
    standing = ", ".join(f"{traffic.statuses[key]:,} {word}" for key, word in words.items() if traffic.statuses[key])
    if standing:
        yield standing
    for each in traffic.versions:
        if each.version != traffic.version:
            how = "has the same steps and paths" if each.same else "counts only where it has the same step or path"
            yield f"{each.instances:,} of them on version {each.version}, which {how}"
    if traffic.unexplained:
        yield f"{traffic.unexplained:,} of them count only for steps: their logs don't follow their definition"


def _tables(traffic: Traffic) -> Iterator[_Table]:
    links: dict[str, list[LinkTraffic]] = {}
    for link in traffic.links:
        links.setdefault(link.link.source, []).append(link)
    flow: list[tuple[str, ...]] = []
    for step in traffic.steps:
        flow.append(_flow_row(step.step, step.took, 0, step.of))
        for link in links.get(step.step, []):
            inside = " (inside)" if link.link.how == "inside" else ""
            flow.append(_flow_row(f"  → {link.link.target}{inside}", link.took, link.either, link.of))
    titles: tuple[str, ...] = ("STEP, → PATH", "CONVERSATIONS", "OF", "SHARE")
    if all(row[2] == f"{traffic.instances:,}" for row in flow):  # the same number in each row
        flow, titles = [(*row[:2], *row[3:]) for row in flow], (*titles[:2], *titles[3:])
    yield _Table(titles, flow)
    stops = [_stop_row(step) for step in traffic.steps]
    if any(any(row[1:]) for row in stops):
        yield _Table(("STEP", "ENDED", "ERRORS", "TERMINATED", "HERE NOW"), [row for row in stops if any(row[1:])])
    waits = [
        (step.step, f"{step.runs:,}", show_seconds(step.waits.median), show_seconds(step.waits.p95))
        for step in traffic.steps
        if step.waits is not None and step.waits.p95 >= 1
    ]
    if waits:
        yield _Table(("STEP", "RUNS", "MEDIAN TIME", "95 % WITHIN"), waits)
    if traffic.faults:
        rows = [
            (each.step, each.kind if each.code is None else f"{each.kind}, code {each.code}", f"{each.instances:,}")
            for each in traffic.faults
        ]
        yield _Table(("STEP", "ERROR", "CONVERSATIONS"), rows)


def _flow_row(name: str, took: int, either: int, of: int) -> tuple[str, ...]:
    number = f"{took:,} to {took + either:,}" if either else f"{took:,}"
    share = f"{100 * took / of:3.0f} % {bar(took / of, _BAR)}".rstrip() if of else ""
    return name, number, f"{of:,}", share


def _stop_row(step: StepTraffic) -> tuple[object, ...]:
    numbers = (step.ended, step.faulted, step.terminated, step.waiting)
    return step.step, *(f"{number:,}" if number else "" for number in numbers)


def _markdown(lines: Sequence[str], tables: Sequence[_Table]) -> str:
    from pulumi_8x8.review.formats.markdown import escape

    def row(cells: Sequence[object]) -> str:
        return f"| {' | '.join(escape(str(cell).strip()) for cell in cells)} |\n"

    text = "".join(f"{escape(line)}\n\n" for line in lines)
    for table in tables:
        titles = [title.capitalize() for title in table.titles]
        text += row(titles) + row(["---"] * len(titles)) + "".join(map(row, table.rows)) + "\n"
    return text
