"""Reads the traffic of a workflow from the service, with progress."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pulumi_8x8.cli.support.output import in_parallel
from pulumi_8x8.errors import StackError

if TYPE_CHECKING:
    from pulumi_8x8.analysis.counts import Traffic
    from pulumi_8x8.api import Client
    from pulumi_8x8.definition import Definition
    from pulumi_8x8.evidence.journeys import Journey
    from pulumi_8x8.evidence.records import Record

#: How many instances are read at most without ``--last``, and with ``--since`` alone: a call for the log of each.
LAST, LAST_SINCE = 500, 10_000


def read_traffic(
    client: Client,
    definition_id: str,
    *,
    last: int | None = None,
    since: datetime | None = None,
    version: int | None = None,
    shown: Definition | None = None,
) -> tuple[Traffic, bool]:
    """Reads instances, and counts them on the steps of one version. Returns whether there are older instances, too.

    It makes a call for all versions, one for each version or 500 instances, one for each log, and one for the
    errors of each terminated instance.

    :param version: shows this version, and reads only its instances. ``None``: the newest version, and all instances.
    :param shown: shows this definition instead.
    :raises NotFound: no definition has that id.
    :raises StackError: it has no such version.
    """
    from pulumi_8x8.evidence.records import read_records
    from pulumi_8x8.evidence.traffic import count_traffic

    last = last or (LAST if since is None else LAST_SINCE)
    read = read_records(
        client,
        definition_id,
        last=last,
        since=since,
        version=version,
        logs="all",
        faults="all",
        gather=in_parallel,
    )
    if version is not None and version not in read.versions:
        known = ", ".join(str(each) for each in read.versions)
        raise StackError(f"the definition {definition_id} has no version {version}. It has {known}")
    stored = read.newest if version is None else read.versions[version]
    definitions = {number: each.definition for number, each in read.versions.items()}
    journeys = map(_journey, read.records)
    if shown is not None:
        return count_traffic(shown, None, definitions, journeys), read.more
    return count_traffic(stored.definition, stored.version, definitions, journeys), read.more


def _journey(record: Record) -> Journey:
    from pulumi_8x8.evidence.journeys import Journey

    faults = tuple((fault.step, fault.message) for fault in record.faults)
    return Journey(record.version, record.status, record.started, record.ended, record.runs, faults)
