"""The documents that ``make docs`` writes, each made from the code that it describes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from tools.docs import (
    authoring,
    commands,
    configuration,
    errors,
    file_schemas,
    messages,
    mistakes,
    names,
    outputs,
    readmes,
    rules,
    schema,
)

ROOT = Path(__file__).resolve().parents[2]


#: Each generated file, from the root on, and what returns its content. Some keep parts of the existing file.
GENERATED: dict[str, Callable[[], str]] = {
    "docs/authoring.md": authoring.page,
    "docs/cli.md": commands.document,
    "docs/configuration.md": configuration.page,
    "docs/errors.md": errors.page,
    "docs/json.md": outputs.page,
    "docs/lint.md": rules.page,
    "docs/messages.md": messages.page,
    "docs/mistakes.md": mistakes.page,
    "docs/python.md": names.page,
    "docs/stubs.schema.json": file_schemas.stubs,
    "docs/tests.schema.json": file_schemas.tests,
    "docs/workflow.schema.json": schema.text,
    **{f"examples/{example}/README.md": partial(readmes.filled, example) for example in readmes.EXAMPLES},
}
