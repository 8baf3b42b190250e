"""What a workflow is: step types, the definition and its canonical form, files, and the way through Pulumi."""

from __future__ import annotations

from pulumi_8x8.definition.durations import parse_duration, show_duration
from pulumi_8x8.definition.encoding import ORDER, decode, encode, from_inputs, record_order, to_inputs
from pulumi_8x8.definition.files import Source, parse_source, read_source
from pulumi_8x8.definition.model import Definition
from pulumi_8x8.definition.steps import *  # noqa: F403
from pulumi_8x8.definition.sub_accounts import (
    find_sub_accounts,
    logical_names,
    read_sub_accounts,
    rename_sub_accounts,
)
from pulumi_8x8.definition.values import UNKNOWN, Hole, Json, Path
from pulumi_8x8.phrasing import show_path
