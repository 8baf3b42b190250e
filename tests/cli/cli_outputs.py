"""What the commands print of published definitions, as one text: ``PYTHONHASHSEED=1 python tests/cli/cli_outputs.py``.

The seed also decides the order of keys on the way through the engine.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

TESTS = Path(__file__).parents[1]
CORPUS = "corpus"
MENU, RESERVATION = f"{CORPUS}/05-docs-menu-waitforreply.json", f"{CORPUS}/07-tutorial-reservation-menu-converse.json"
AT = ("--at", "2026-03-01T20:00+08:00")

COMMANDS = [
    *(("lint", "--format", form, CORPUS, "lint/fixtures") for form in ("text", "json", "sarif", "github")),
    *(("review", "--format", form, MENU, RESERVATION) for form in ("text", "markdown", "html", "json")),
    *(("review", "--format", "json", f"review/previews/{name}.json") for name in ("update", "drift", "failed")),
    *(
        ("run", MENU, "--message", "Hi", "--reply", "1", "--reply", "2", *AT, "--format", form)
        for form in ("text", "json")
    ),
    ("run", RESERVATION, "--message", "Hi", "--reply", "2", *AT, "--format", "json"),
    ("run", f"{CORPUS}/11-oas-definition-input-all-steps.json", "--message", "Hi", *AT, "--format", "json"),
    ("test", "../examples/content_rule"),
]


def outputs(seed: int) -> Iterator[str]:
    """One text for each command, and for each thing that is written."""
    from cli_kit import run

    import corpus
    from definition.test_encoding import engine
    from pulumi_8x8.api import Settings, StoredDefinition
    from pulumi_8x8.definition import Definition, from_inputs, to_inputs
    from pulumi_8x8.exporting import plan, read_project
    from pulumi_8x8.exporting.yaml_writer import to_yaml
    from pulumi_8x8.lint import lint
    from pulumi_8x8.review.formats import to_html, to_json, to_markdown
    from pulumi_8x8.review.reviews import Pair, Side, review
    from tools.docs.schema import workflow_schema

    for command in COMMANDS:
        result = run(*command)
        assert result.exit_code in (0, 1), result.output
        yield f"{' '.join(command)}\n{result.exit_code}\n{result.output}"
    yield json.dumps(workflow_schema())
    sent = {name: engine(to_inputs(Definition.from_body(body)), seed) for name, body in corpus.BODIES.items()}
    for recorded in (True, False):  # what an older version has put into the state has no record of the order
        inputs = [{key: part for key, part in each.items() if recorded or key != "__order"} for each in sent.values()]
        came = [from_inputs(each) for each in inputs]
        for one, other in pairwise(came):
            yield json.dumps([one.body(), one.digest(), to_inputs(one)])
            yield to_yaml(one.body())
            yield "\n".join(map(str, lint(one)))
            for show in (to_markdown, to_html, to_json):
                yield show(review("x", [Pair("x", Side(one), Side(other))]))
        stored = [StoredDefinition(f"{at:036}", 1, "2026", "acme", each) for at, each in enumerate(came)]
        project = read_project(Path("none"), Settings("acme", "key"), name="project", stack="test")
        for path, text in plan(project, stored).texts.items():
            yield f"{path}\n{text}"


if __name__ == "__main__":
    sys.path[:0] = map(str, (TESTS, TESTS.parent))
    os.chdir(TESTS)
    print("\n\x1f\n".join(outputs(int(os.environ["PYTHONHASHSEED"]))))
