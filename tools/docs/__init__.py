"""The documents that ``make docs`` writes, each made from the code that it describes."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tools.docs import commands, readmes, rules
from tools.docs.schema import workflow_schema

ROOT = Path(__file__).resolve().parents[2]


def _schema() -> str:
    return json.dumps(workflow_schema(), indent=2, ensure_ascii=False) + "\n"


#: Each generated file, from the root on, and what returns its content. Some keep parts of the existing file.
GENERATED: dict[str, Callable[[], str]] = {
    "docs/cli.md": commands.document,
    "docs/lint.md": rules.page,
    "docs/workflow.schema.json": _schema,
    **{f"examples/{example}/README.md": partial(readmes.filled, example) for example in readmes.EXAMPLES},
}
