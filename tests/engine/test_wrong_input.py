"""Wrong input on the real engine: one message each, no traceback, nothing written."""

from __future__ import annotations

import pytest

from .conftest import Stack

pytestmark = pytest.mark.engine

GOOD = """
    automation.Workflow("menu", trigger="inbound_sms", steps=[{"id": "pause", "stepType": "Wait",
        "inputs": {"duration": "00:00:05"}}])
"""

#: Environment, the program's arguments, what must be in the message. ``{url}`` is the emulator's.
WRONG: dict[str, tuple[dict[str, str], str, list[str]]] = {
    "no account and no key": (
        {"PULUMI_8X8_API_KEY": "", "CONFIG": "{'8x8:acountId': a, 'project:apiKey': wrong-key}"},
        GOOD,
        [
            "the account id of the 8x8 Automation API is not set: pulumi config set 8x8:accountId <id>",
            "PULUMI_8X8_ACCOUNT_ID",
            "the API key of the 8x8 Automation API is not set: pulumi config set --secret 8x8:apiKey <key>",
            "PULUMI_8X8_API_KEY",
            'did you mean "8x8:accountId"?',
            'did you mean "8x8:apiKey"?',
        ],
    ),
    "a wrong key": (
        {"PULUMI_8X8_API_KEY": "wrong-key", "PULUMI_8X8_API_KYE": "wrong-key"},
        GOOD,
        [
            "PULUMI_8X8_API_KYE isn't a setting of pulumi-8x8, which doesn't read it; did you mean \"PULUMI_8X8_",
            "The service did not accept the key for the account account-",
            "401",
            "code 1200",
            "errorId",
            "Nothing was changed",
        ],
    ),
    "nobody at the base URL": (
        {"PULUMI_8X8_BASE_URL": "http://127.0.0.1:9", "CONFIG": "{'8x8:accountId': a, '8x8:onDirft': wrong-key}"},
        GOOD,
        [
            'did you mean "8x8:onDrift"?',
            "http://127.0.0.1:9/api/v1/accounts/a/definitions: no answer",
            "Nothing was changed",
            "8x8:baseUrl",
        ],
    ),
    "a base URL that is none": (
        {"PULUMI_8X8_BASE_URL": "automation.8x8.com", "CONFIG": "{'8x8:accountId': a}"},
        GOOD,
        ["8x8:baseUrl (or PULUMI_8X8_BASE_URL) isn't a plain http(s) address. Set it: "],
    ),
    "no such file": (
        {},
        'automation.Workflow("menu", source="workflows/menu.json")',
        ["workflows/menu.json: the file doesn't exist; the current folder is "],
    ),
    "a file that is no JSON": (
        {},
        'open("menu.json", "w").write("{\\n  1\\n}")\nautomation.Workflow("menu", source="menu.json")',
        ["menu.json:2: not JSON: Expecting property name enclosed in double quotes"],
    ),
    "a file that is no YAML": (
        {},
        'open("menu.yaml", "w").write("a: 1\\n b: 2")\nautomation.Workflow("menu", source="menu.yaml")',
        ["menu.yaml:2: not YAML: "],
    ),
    "rules that can't be loaded": (
        {},
        'open("pyproject.toml", "w").write("[tool.pulumi-8x8]\\nrules = [\'none.py\']")\n'
        'automation.Workflow("menu", source="menu.json")',
        ["/project has no file none.py. ", "Nothing was checked."],
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_one_message(stack: Stack, case: str) -> None:
    """`pulumi up` fails with one message about the mistake and what to do; the service is unchanged."""
    environ, program, parts = WRONG[case]
    config = environ.get("CONFIG")
    if config is not None:
        (stack.folder / "Pulumi.test.yaml").write_text(f"config: {config}\n")
    stack.write(program if program.startswith("\n") else f"\n{program}\n")
    failed = stack.up(code=1, **{key: value for key, value in environ.items() if key != "CONFIG"})
    for part in parts:
        assert failed.diagnostics.count(part) == 1
    assert "Traceback" not in failed.text
    assert "wrong-key" not in failed.text
    assert stack.account.definitions() == []


def test_all_problems_at_once_at_preview(stack: Stack) -> None:
    """A definition that is not valid is refused at preview, all problems of all workflows with their places."""
    stack.write("""
        automation.Workflow("typed", trigger="inbound_sms", steps=[
            automation.SMS("say", sub_account_id="a", destination="{{data.payload.source}}", text={}),
            automation.Wait("pause", duration="1", next_step_id="nowhere"),
        ])
        open("flow.json", "w").write('{"trigger": "inbound_fax",\\n"definition": {"name": "x", "steps": [\\n'
            '{"id": "a"}]}}')
        automation.Workflow("from-file", source="flow.json")
    """)
    with stack.account.calls() as calls:
        failed = stack.preview(code=1)
    for part in (
        "__main__.py:6: steps.say.inputs.text: ",
        "__main__.py:7: steps.pause.nextStepId: ",
        "flow.json:1: trigger: ",
        "flow.json:3: steps.a.stepType: ",
    ):
        assert part in failed.diagnostics, failed.diagnostics
    assert "Traceback" not in failed.text
    assert not [call for call in calls if not call.startswith("GET")]


def test_own_rules(stack: Stack) -> None:
    """A team's rules hold for what the program declares, and in check() for what is known later."""
    (stack.folder / "pyproject.toml").write_text("[tool.pulumi-8x8]\nrules = ['rules.py']")
    (stack.folder / "rules.py").write_text(
        "from pulumi_8x8.lint import Found, rule\n"
        '@rule("acme-short", "error", "About.")\n'
        "def short(context):\n"
        "    for node, inputs in context.inputs_by_kind['Wait']:\n"
        "        if inputs['duration'].startswith('00:00'):\n"
        "            yield Found(node.path, 'this wait is too short')\n"
    )
    stack.write(GOOD)
    assert "steps.pause: this wait is too short [acme-short]" in stack.preview(code=1).diagnostics
    late = """pulumi.Output.from_input("00:00:05")"""
    stack.write(GOOD.replace('"00:00:05"', late))
    run = stack.up(code=1)
    assert "steps.pause: this wait is too short [acme-short]" in run.diagnostics
    assert "Traceback" not in run.text
    assert stack.account.definitions() == []


def test_problems_that_show_late(stack: Stack) -> None:
    """Values that come from Outputs are linted when they are known, with the program's line."""
    stack.write("""
        later = pulumi.Output.from_input("hello")
        automation.Workflow("late", trigger="inbound_sms", steps=[
            automation.Wait("pause", duration=later),
        ])
    """)
    assert "__main__.py:7: steps.pause.inputs.duration: " in stack.preview(code=1).diagnostics


def test_unknown_and_secret_values(stack: Stack) -> None:
    """Values of another workflow's outputs are unknown at preview and no problem; secrets stay secret everywhere."""
    stack.write("""
        secret = pulumi.Output.secret("s3cr3t-token")
        first = automation.Workflow("first", trigger="inbound_sms", steps=[
            automation.Wait("pause", duration="1")])
        automation.Workflow("second", name=first.id.apply(lambda id: f"after {id}"), trigger="http_request", steps=[
            automation.HttpRequest("call", url=first.id.apply(lambda id: f"https://example.com/{id}"), method="POST",
                headers={"Authorization": pulumi.Output.concat("Bearer ", secret)}, body={"nothing": None, "one": 1}),
        ])
        automation.Workflow("third", trigger="http_request", steps=first.version.apply(lambda version: [
            {"id": "a", "stepType": "wait", "do": [], "inputs": {"duration": f"{version}"}}]))
    """)
    assert stack.preview().counts == {"create": 4}
    up = stack.up("--diff")
    by_name = {each["definition"]["name"]: each["definition"] for each in stack.account.definitions()}
    call = by_name[f"after {by_name['first']['id']}"]["steps"][0]
    assert call["inputs"] == {
        "url": f"https://example.com/{by_name['first']['id']}",
        "method": "POST",
        "headers": {"Authorization": "Bearer s3cr3t-token"},
        "body": {"nothing": None, "one": 1},
    }
    assert by_name["third"]["steps"] == [{"id": "a", "stepType": "Wait", "inputs": {"duration": "1"}}]
    assert stack.preview("--expect-no-changes").counts == {"unchanged": 4}
    refresh = stack.run("refresh", "--yes", "--skip-preview", "--diff")
    state = stack.run("stack", "export").out
    everything = up.text + refresh.text + state + stack.preview("--json").text
    assert "s3cr3t" not in everything
