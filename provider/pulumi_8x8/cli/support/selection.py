"""The selection of instances by workflow, version, status, and start time. It reads them from the service."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

import click

from pulumi_8x8.cli.support.output import echo, in_parallel, read_moment
from pulumi_8x8.errors import DurationError, NotFound, StackError

if TYPE_CHECKING:
    from pulumi_8x8.api import Instance, Status
    from pulumi_8x8.cli.support.target import Target

_F = TypeVar("_F", bound=Callable[..., Any])

#: ``None``: all versions; ``"newest"``: the service's default.
Version: TypeAlias = int | Literal["newest"] | None

_AGO = re.compile(r"(?=\d)(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?", re.ASCII)


@dataclass(frozen=True)
class Selection:
    """The properties of the selected instances.

    :param statuses: any of these; all if empty.
    :param started_after, started_before: both ends are included.
    """

    statuses: tuple[Status, ...] = ()
    version: Version = None
    started_after: datetime | None = None
    started_before: datetime | None = None

    @property
    def is_everything(self) -> bool:
        """Whether neither a version nor a time is set."""
        return self.version is None and self.started_after is None and self.started_before is None


@dataclass(frozen=True)
class FoundInstance:
    """An instance and its workflow."""

    target: Target
    instance: Instance


def select(targets: Sequence[Target], wanted: Selection, limit: int | None = None) -> list[FoundInstance]:
    """Returns the selected instances of ``targets``, the newest first.

    It makes one call for each workflow (its versions, unless ``wanted`` is the newest), and one for each version and
    status. Of several workflows, standard error reports a deleted one, and one without the version is left out.

    :param limit: the largest number of instances to return.
    :raises ApiError: the service doesn't answer, or the only workflow doesn't exist.
    :raises StackError: the only workflow has no such version.
    """

    def versions_of(target: Target) -> list[int | None]:
        if wanted.version == "newest":
            return [None]
        try:
            history = target.client.history(target.id)
        except NotFound as error:
            if len(targets) == 1:
                raise
            echo(f"{target.label}: {error}", err=True)
            return []
        if wanted.version is None:
            return [each.version for each in history if not _too_young(each.created_at, wanted)]
        known = [each.version for each in history]
        if len(targets) == 1 and wanted.version not in known:
            raise StackError(f"{target.label} has no version {wanted.version}. It has {', '.join(map(str, known))}")
        return [wanted.version] if wanted.version in known else []

    def look(part: tuple[Target, int | None, Status | None]) -> list[FoundInstance]:
        target, version, status = part
        found = target.client.instances(
            target.id,
            version=version,
            status=status,
            started_from=wanted.started_after,
            started_to=wanted.started_before,
            limit=limit,
        )
        try:
            return [FoundInstance(target, instance) for instance in found]
        except NotFound as error:  # the version was deleted meanwhile, or nobody asked for it
            if len(targets) == 1 and version is None:
                raise
            if version is None:
                echo(f"{target.label}: {error.summary}", err=True)
            return []

    versions = in_parallel(versions_of, targets, "reading versions")
    parts = [
        (target, version, status)
        for target, its in zip(targets, versions, strict=True)
        for version in its
        for status in wanted.statuses or (None,)
    ]
    every = [each for found in in_parallel(look, parts, "reading instances") for each in found]
    # An instance whose status changes between two calls may be in both answers.
    once = {(each.target.id, each.instance.id): each for each in every}
    never = datetime.min.replace(tzinfo=UTC)
    starts = {key: (read_moment(each.instance.started_at) or never, key[1]) for key, each in once.items()}
    return [once[key] for key in sorted(starts, key=starts.__getitem__, reverse=True)][:limit]


def _too_young(created_at: str, wanted: Selection) -> bool:
    created = read_moment(created_at)
    return created is not None and wanted.started_before is not None and created > wanted.started_before


def _read_time(ctx: click.Context, param: click.Parameter, value: str | None) -> datetime | None:
    moment = None if value is None else _moment(value.strip())
    if value is not None and moment is None:
        raise click.BadParameter(
            f'"{value}" isn\'t a time. Write 2026-03-01, 2026-03-01T12:00+08:00 (UTC without a zone), or a duration '
            "before now: 2d, 1h30m, 1.06:30:00",
            ctx,
            param,
        )
    return moment


def _moment(text: str) -> datetime | None:
    from pulumi_8x8.definition import parse_duration

    ago = _AGO.fullmatch(text)
    if ago:
        days, hours, minutes, seconds = (int(part or 0) for part in ago.groups())
        length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    elif ":" in text and "-" not in text:
        try:
            length = parse_duration(text)
        except DurationError:
            return None
    else:
        return None if text.isdigit() else read_moment(text)
    try:
        return datetime.now(UTC) - length
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def _read_version(ctx: click.Context, param: click.Parameter, value: str | None) -> Version:
    if value is None or value == "newest":
        return value  # type: ignore[return-value]
    if not re.fullmatch(r"[1-9]\d{0,8}", value, re.ASCII):
        raise click.BadParameter(f'"{value}" isn\'t a version. Write a number from 1, or newest', ctx, param)
    return int(value)


#: ``--since``, the argument ``since``.
since_option = click.option(
    "--since",
    metavar="TIME",
    callback=_read_time,
    help="Only conversations that started since: a time such as 2026-03-01T12:00+08:00 (UTC without a zone), or a "
    "duration before now such as 2d, 1h30m, or 1.06:30:00.",
)


def selecting(command: _F) -> _F:
    """Adds ``--version``, ``--started-after`` and ``--started-before`` to a command, which gets ``wanted`` instead."""

    @click.option(
        "--version", metavar="N|newest", callback=_read_version, help="Only this version. Default: all versions."
    )
    @click.option(
        "--started-after",
        metavar="TIME",
        callback=_read_time,
        help="A time such as 2026-03-01T12:00+08:00 (UTC without a zone), or a duration before now such as 2d, 1h30m, "
        "or 1.06:30:00.",
    )
    @click.option(
        "--started-before", metavar="TIME", callback=_read_time, help=("A time or a duration, as for --started-after.")
    )
    @functools.wraps(command)
    def wrapper(
        *args: Any, version: Version, started_after: datetime | None, started_before: datetime | None, **options: Any
    ) -> Any:
        wanted = Selection(version=version, started_after=started_after, started_before=started_before)
        return command(*args, wanted=wanted, **options)

    return wrapper  # type: ignore[return-value]
