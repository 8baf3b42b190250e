"""Every failure that a user can meet, with its whole message: which workflow, what the service sent, what was done.

The engine puts the resource's URN before each. Ids, times and places differ from run to run and are written as
``<id>``, ``<time>``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from pulumi_8x8 import errors
from pulumi_8x8.api import ask_to_register
from pulumi_8x8.definition import encode, to_inputs
from pulumi_8x8.emulator import EmulatorSettings
from pulumi_8x8.resources.base_provider import Shown

from .harness import API_KEY, Calls, LocalProvider, Plugin, Refused, definition, request, urn_of
from .test_provider_life import MENU, PASS, PAUSE, Service, Stack

NAMELESS = definition("menu", steps=[{"id": "say", "stepType": "SMS"}])
BYE = definition("menu", "Bye")
NO_NAME = {"code": 5001, "message": "Workflow name is required."}
SERVER_ERROR = {"code": 2000, "message": "Internal server error", "errorId": "e-1"}


@dataclass(frozen=True)
class Failure:
    """What a user does, what happens, and the message.

    :ivar act: given a stack with the workflow deployed.
    :ivar shown: the exception's name and message as the engine shows them, or the failures of check().
    """

    act: Callable[[Stack], object]
    shown: str
    changed: bool = False


def fault(stack: Stack, *rules: dict[str, Any]) -> Stack:
    stack.service.fault(*rules)
    return stack


def with_config(stack: Stack, **config: object) -> Calls:
    return Calls(LocalProvider(stack.service, {f"8x8:{key}": value for key, value in config.items()}))


def other(stack: Stack, text: str = "Hi", name: str = "other") -> str:
    """Somebody else's definition."""
    return str(stack.service.call("POST", json=definition(name, text).body())["definition"]["id"])


def create(stack: Stack, name: str = "other", **options: Any) -> None:
    stack.up({"menu": (MENU, {}), "other": (definition(name), options)})


def running(stack: Stack, **options: Any) -> Stack:
    stack.deploy(PAUSE, **options)
    stack.start()
    return stack


def unreachable(stack: Stack) -> None:
    fault(stack, {"drop": True, "times": 99}).refresh()


def deletion_that_never_happens(stack: Stack) -> None:
    late = Stack(Service(EmulatorSettings(delete_delay=3600)))
    late.deploy()
    late.destroy()


def deleted_while_updating(stack: Stack) -> None:
    old = stack.state["menu"]
    provider = Calls(LocalProvider(stack.service), inputs=old.inputs)
    provider.check(old.inputs, to_inputs(BYE))
    provider.diff(stack.id, old.outputs, to_inputs(BYE))
    stack.service.call("DELETE", f"/{stack.id}")
    provider.update(stack.id, old.outputs, to_inputs(BYE))


def comes_back(stack: Stack) -> None:
    """The service denies the definition, and then has it again."""
    by_id, deny = f"/definitions/{stack.id}$", {"status": 200, "body": []}
    fault(
        stack, {"method": "GET", "path": "/definitions$", **deny}, {"method": "GET", "path": by_id, **deny, "times": 2}
    )
    calls, old = with_config(stack), stack.state["menu"]
    calls.inputs = old.inputs
    assert calls.read(stack.id, old.outputs).id == ""
    calls.read(stack.id, old.outputs)


def interrupted(stack: Stack) -> None:
    """The user interrupts while the service is asked again and again."""
    fault(stack, {"drop": True, "times": 99})
    provider = LocalProvider(stack.service)
    provider._clock.stop()
    Calls(provider).read(stack.id, stack.state["menu"].outputs)


def interrupted_creation(stack: Stack) -> None:
    fault(stack, {"method": "POST", "status": 502})
    provider = LocalProvider(stack.service)
    provider._clock.stop()
    Calls(provider, "other").create(to_inputs(definition("other")))


def interrupted_deletion(stack: Stack) -> None:
    old = running(stack, onDelete={"wait": "1.00:00:00"}).state["menu"]
    provider = LocalProvider(stack.service)
    provider._clock.stop()
    Calls(provider, inputs=old.inputs).delete(old.id, old.outputs)


def timed_deletion(stack: Stack) -> None:
    old = running(stack, onDelete={"wait": "00:00:05"}).state["menu"]
    asked = request(urn_of("menu"), id=old.id, properties=old.outputs, old_inputs=old.inputs, timeout=0.05)
    Plugin(LocalProvider(stack.service)).Delete(asked)


URL = "https://automation.8x8.com/api/v1/accounts/acme"
KEY_ADVICE = (
    "The service did not accept the key for the account acme. Nothing was changed. Check 8x8:apiKey "
    "(PULUMI_8X8_API_KEY) and 8x8:accountId (PULUMI_8X8_ACCOUNT_ID): pulumi config set --secret 8x8:apiKey <key>"
)
ANOTHER = (
    "The answer doesn't seem to come from the Automation API. Check 8x8:baseUrl (PULUMI_8X8_BASE_URL), and any proxy "
    "between this machine and the service."
)
GO_ON = (
    "To see the changes, run `pulumi refresh` and `pulumi preview --diff`. Then run the same command again. To "
    "overwrite the changes, set overwrite=True on the workflow."
)

FAILURES = {
    "no key": Failure(
        lambda stack: with_config(stack, apiKey=None).read(stack.id, {}),
        "SettingsError: the API key of the 8x8 Automation API is not set: pulumi config set --secret 8x8:apiKey <key>"
        "   (or the environment variable PULUMI_8X8_API_KEY)\n"
        "Nothing was sent. The key is shown at https://connect.8x8.com/.",
    ),
    "a wrong key": Failure(
        lambda stack: with_config(stack, apiKey="wrong").read(stack.id, stack.state["menu"].outputs),
        f"Unauthorized: GET {URL}/definitions/<id>: 401 Request was not authenticated properly (code 1200). "
        f"Its errorId is <id>.\n{KEY_ADVICE}\n{ask_to_register('acme')}",
    ),
    "no answer": Failure(
        unreachable,
        f"Unreachable: GET {URL}/definitions/<id>: no answer (a fault rule makes the emulator lose this answer). "
        "Nothing was changed.\nCheck the network, and that 8x8:baseUrl (PULUMI_8X8_BASE_URL) is the service's address. "
        "Tried 6 times in <n> s.",
    ),
    "throttled for too long": Failure(
        lambda stack: fault(stack, {"status": 429, "headers": {"Retry-After": "600"}}).refresh(),
        f"Throttled: GET {URL}/definitions/<id>: 429 Too Many Requests.\nNothing was changed. Try again in 600 s.",
    ),
    "something else answers": Failure(
        lambda stack: fault(stack, {"status": 404, "body": "<html>Not here</html>"}).refresh(),
        f"Rejected: GET {URL}/definitions/<id>: 404 <html>Not here</html>.\nNothing was changed. {ANOTHER}",
    ),
    "something else says yes": Failure(
        lambda stack: fault(
            stack, {"status": 200, "body": "<html>Log in</html>", "headers": {"Content-Type": "text/html"}}
        ).refresh(),
        f"BadAnswer: GET {URL}/definitions/<id>: the answer (200, text/html) is not JSON: '<html>Log in</html>'\n"
        f"Nothing was changed. {ANOTHER}",
    ),
    "lint": Failure(
        lambda stack: stack.up({"menu": (definition("menu", steps=[]), {})}),
        "Refused: steps: the workflow has no steps, so it does nothing [no-steps]\n    → add definition.steps",
    ),
    "the service refuses a new one": Failure(
        lambda stack: create(fault(stack, {"method": "POST", "status": 400, "body": NO_NAME})),
        f'Rejected: workflow "other": POST {URL}/definitions: 400 Workflow name is required (code 5001).\n'
        "Nothing was changed.",
    ),
    "the service refuses another trigger": Failure(
        lambda stack: fault(
            stack, {"method": "PUT", "status": 400, "body": {"code": 5000, "message": "No.", "errorId": "e-1"}}
        ).deploy(replace(MENU, trigger="http_request", sub_account_id="a")),
        f'Rejected: workflow "menu": PUT {URL}/definitions/<id>: 400 No (code 5000). Its errorId is e-1.\nNothing was '
        "changed.\nThe service refused these changes to version 1:\n  subAccountId changed\n  trigger changed",
    ),
    "a server's error on every try": Failure(
        lambda stack: create(fault(stack, {"method": "POST", "status": 500, "body": SERVER_ERROR, "times": 9})),
        f'BadAnswer: workflow "other": POST {URL}/definitions: 500 Internal server error (code 2000). '
        "Its errorId is e-1.\nThe service may or may not have carried it out. Tried 6 times in <n> s.\n"
        "Run the same command again: it first checks what was done.",
    ),
    "an equal name": Failure(
        lambda stack: (other(stack), create(stack)),
        'Refused: workflow "other": the account acme already has a definition of the same name, and nothing proves '
        "that this stack created it. A second definition could send customers every reply twice. The existing "
        'definition wasn\'t changed.\nTo take it over, add this argument to the workflow:\n  adopt="<id>"   (version '
        "1, <time>, 0 hours old, enabled)\nTo take it over in this stack only, run instead: pulumi config set --path "
        "'8x8:adopt.other' <id>\nTo create a second definition, give the workflow another name.",
        changed=True,
    ),
    "adopting what is not there": Failure(
        lambda stack: create(stack, adopt="3f0c2f4e-0000-4000-8000-000000000001"),
        'Refused: adopt="<id>": the account acme has no workflow definition <id>: it was deleted, or belongs '
        "to another account. Nothing was changed. Remove adopt= to create a new definition.",
    ),
    "adopting what is managed": Failure(
        lambda stack: create(stack, "menu", adopt=stack.id),
        'Refused: both "menu" and "other" of this program manage the workflow definition <id>. Nothing was changed. '
        "Remove one of them from the state (pulumi state delete <its URN>) or from the program:\n"
        f"  {urn_of('menu')}\n  {urn_of('other')}",
    ),
    "an edit while updating": Failure(
        lambda stack: fault(stack, PASS, {"method": "GET", "edit": definition("menu", "edited").body()}).deploy(BYE),
        'Conflict: workflow "menu" (<id>) was changed by somebody else: it is now version 2, <time>, with these '
        "changes:\n"
        f"  steps.say.inputs.text changed\nThe update wasn't carried out. {GO_ON}",
        changed=True,
    ),
    "drift that stops": Failure(
        lambda stack: (stack.edit(definition("menu", "edited")), stack.deploy(BYE, onDrift="stop")),
        'Conflict: workflow "menu" was changed outside Pulumi (version 2, <time>):\n  steps.say.inputs.text changed\n'
        "The workflow wasn't changed (8x8:onDrift or on_drift is stop). Write the change into the program to keep it; "
        'to discard it, deploy once with on_drift="overwrite".',
        changed=True,
    ),
    "drift that the program changes too": Failure(
        lambda stack: (stack.edit(definition("menu", "edited")), stack.deploy(BYE, onDrift="warn")),
        'Conflict: workflow "menu" was changed outside Pulumi (version 2, <time>):\n  steps.say.inputs.text changed\n'
        "The program changes the same places, so this change can't stay (8x8:onDrift or on_drift is warn). The "
        "workflow wasn't changed. Write the change into the program to keep it; to discard it, deploy once with "
        'on_drift="overwrite".',
        changed=True,
    ),
    "another account is configured": Failure(
        lambda stack: with_config(stack, accountId="other").read(stack.id, stack.state["menu"].outputs),
        'Conflict: workflow "menu" was deployed to the account acme, but 8x8:accountId (PULUMI_8X8_ACCOUNT_ID) is '
        "now other. Nothing was changed. Set it back, or use another stack for the other account.",
    ),
    "a replacement of what runs": Failure(
        lambda stack: running(stack).up({"menu": (PAUSE, {"account": {"id": "other"}})}),
        'StillRunning: workflow "menu" (<id>) is not deleted: 1 instance is running or suspended (version 2: 1), the '
        "oldest since <time>. A deletion would terminate them for good. Nothing was changed. Wait until they end, "
        'or set on_delete={"wait": "1.00:00:00"} or on_delete="terminate" on the workflow, and deploy that. If the '
        "program no longer has the workflow, add it again with that argument, deploy, and then remove it.\n"
        "The replacement didn't start, and nothing was created.",
        changed=True,
    ),
    "what was gone is there again": Failure(
        comes_back,
        "Conflict: the workflow definition <id> (version 1, <time>) exists again: the service reported twice that it "
        "was gone, and now returns it. This operation stops here, so that nothing is created twice or deleted. Run "
        "the same command again.",
    ),
    "interrupted": Failure(
        interrupted,
        f"Interrupted: interrupted before the next try. GET {URL}/definitions/<id>: no answer (a fault rule "
        "makes the emulator lose this answer). Nothing was changed.\nCheck the network, and that 8x8:baseUrl "
        "(PULUMI_8X8_BASE_URL) is the service's address.",
    ),
    "interrupted while creating": Failure(
        interrupted_creation,
        f'Interrupted: workflow "other": interrupted before the next try. POST {URL}/definitions: 502 Bad Gateway.\n'
        "The service may or may not have carried it out.\n"
        "Run the same command again: it first checks what was done.",
    ),
    "interrupted while waiting for what runs": Failure(
        interrupted_deletion,
        'Interrupted: workflow "menu" (<id>): interrupted during the wait before its deletion: 1 instance is running '
        "or suspended (version 2: 1), the oldest since <time>. The workflow wasn't deleted. It is disabled, so "
        "nothing new starts. Run the same command again to continue waiting.",
        changed=True,
    ),
    "the time is over while waiting for what runs": Failure(
        timed_deletion,
        'Interrupted: workflow "menu" (<id>): the operation reached the time limit in custom_timeouts during the wait '
        "before its deletion: 1 instance is running or suspended (version 2: 1), the oldest since <time>. The "
        "workflow wasn't deleted. It is disabled, so nothing new starts. Run the same command again to continue "
        "waiting.",
        changed=True,
    ),
    "on_drift": Failure(
        lambda stack: stack.deploy(BYE, onDrift="later"),
        """SettingsError: on_drift must be "overwrite", "warn" or "stop", not 'later'""",
    ),
    "a deletion while updating": Failure(
        deleted_while_updating,
        'NotFound: workflow "menu": somebody else deleted the definition <id> meanwhile. Nothing was changed. '
        "Run the same command again; a preview shows what it does now.",
        changed=True,
    ),
    "deleting what was edited": Failure(
        lambda stack: (stack.edit(definition("menu", "edited")), stack.destroy()),
        'Conflict: workflow "menu" (<id>) was changed by somebody else: it is now version 2, <time>, with these '
        "changes:\n"
        f"  steps.say.inputs.text changed\nThe deletion wasn't carried out. {GO_ON}",
        changed=True,
    ),
    "deleting what runs": Failure(
        lambda stack: running(stack).destroy(),
        'StillRunning: workflow "menu" (<id>) is not deleted: 1 instance is running or suspended (version 2: 1), the '
        "oldest since <time>. A deletion would terminate them for good. Nothing was changed. Wait until they end, "
        'or set on_delete={"wait": "1.00:00:00"} or on_delete="terminate" on the workflow, and deploy that. If the '
        "program no longer has the workflow, add it again with that argument, deploy, and then remove it.",
        changed=True,
    ),
    "waiting for what does not end": Failure(
        lambda stack: running(stack, onDelete={"wait": "00:00:00"}).destroy(),
        'StillRunning: workflow "menu" (<id>) wasn\'t deleted: after 00:00:00, 1 instance is running or suspended '
        "(version 2: 1), the oldest since <time>. It is disabled, so nothing new starts. Run the same command again "
        "to continue waiting. To wait longer or to terminate the instances, change on_delete and deploy first.",
        changed=True,
    ),
    "the service refuses the deletion": Failure(
        lambda stack: fault(
            stack, {"method": "DELETE", "status": 400, "body": {"code": 1000, "message": "Invalid definition id."}}
        ).destroy(),
        f'Rejected: workflow "menu": DELETE {URL}/definitions/<id>: 400 Invalid definition id (code 1000).\n'
        "Nothing was changed.",
    ),
    "the service does not delete": Failure(
        deletion_that_never_happens,
        'ApiError: workflow "menu": the service accepted the deletion of <id> but has not carried it out within 0 s. '
        "Run the same command again. It also succeeds if the definition is already gone.",
    ),
    "on_delete": Failure(
        lambda stack: with_config(stack).delete(stack.id, {**stack.state["menu"].outputs, "onDelete": encode("later")}),
        """SettingsError: on_delete must be "terminate" or {"wait": "1.00:00:00"}, not 'later'""",
    ),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_failures(failure: Failure, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each failure is one message, without a traceback and without the key; nothing changed unless others did."""
    monkeypatch.setattr("pulumi_8x8.api.account.DELETION_LIMIT", 0.02)
    for name in ("ACCOUNT_ID", "API_KEY", "BASE_URL"):
        monkeypatch.delenv(f"PULUMI_8X8_{name}", raising=False)
    stack = Stack(Service())
    stack.deploy()
    before = stack.service.definitions()
    with pytest.raises(Exception) as raised:
        failure.act(stack)
    # By an exception of this package, or as failures of check().
    shown = str(raised.value) if isinstance(raised.value, Shown) else f"{type(raised.value).__name__}: {raised.value}"
    assert isinstance(raised.value, Shown | Refused)
    kind = getattr(errors, failure.shown.partition(":")[0], None)
    page = f"\nMore: pulumi-8x8 docs {kind.page}" if kind and kind.page and isinstance(raised.value, Shown) else ""
    assert masked(shown) == failure.shown + page
    assert API_KEY not in str(raised.value)
    stack.service.clear_faults()
    assert (stack.service.definitions() == before) or failure.changed


def masked(text: str) -> str:
    text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "<id>", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "<time>", text)
    return re.sub(r"times in \d+ s", "times in <n> s", text)
