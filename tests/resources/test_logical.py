"""Logical sub-accounts and digests, as a program has them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest

import pulumi_8x8 as automation
from pulumi_8x8.resources.digests import NOT_AS_DECLARED, gate_refusal
from pulumi_8x8.resources.program import full_name

from .program_kit import LATER, PINNED, later, run_program

DEV = {"8x8:subAccounts": '{"chat": "dev_chat", "pager": "dev_pager"}'}
PRODUCTION = {"8x8:subAccounts": '{"chat": "p_chat", "pager": "p_pager"}'}
#: One sub-account for everything.
SMALL = {"8x8:subAccounts": '{"pager": "all", "chat": "all"}'}

Program = Callable[[], automation.Workflow]


def sms(sub_account: Any = "pager", text: Any = "Hi", step: str = "page", **more: Any) -> dict[str, Any]:
    inputs = {"subAccountId": sub_account, "destination": "+6531234567", "text": text, **more}
    return {"id": step, "stepType": "SMS", "inputs": inputs}


def menu(*steps: Any, **parts: Any) -> Program:
    """A workflow ``menu``, of the sub-account ``chat`` unless ``parts`` has another."""
    given = {"trigger": "inbound_sms", "sub_account_id": "chat", "steps": list(steps) or [sms()], **parts}
    return lambda: automation.Workflow("menu", **given)


BODY = {"trigger": "inbound_sms", "subaccountId": "chat", "definition": {"name": "menu", "steps": [sms()]}}


def from_file(folder: Path) -> Program:
    (folder / "menu.json").write_text(json.dumps(BODY))
    return lambda: automation.Workflow("menu", source=folder / "menu.json")


def typed() -> automation.Workflow:
    step = automation.SMS("page", sub_account_id="pager", destination="+6531234567", text="Hi")
    return automation.Workflow("menu", trigger="inbound_sms", sub_account_id="chat", steps=[step])


def inside_an_if() -> automation.Workflow:
    step = automation.If("ask", condition="{{true}}", do=[[sms()]])
    return automation.Workflow("menu", trigger="inbound_sms", sub_account_id="chat", steps=[step])


def digest(program: Program, config: Mapping[str, str], *, preview: bool = False) -> Any:
    return run_program(lambda: program().digest, config, preview=preview).value


@pytest.mark.parametrize("form", ["dictionaries", "typed", "file", "if"])
def test_names_stand_for_sub_accounts(form: str, tmp_path: Path) -> None:
    """A name stands for its sub-account on the envelope and in steps, however they are written; the digest is equal."""
    program = {"dictionaries": menu(), "typed": typed, "file": from_file(tmp_path), "if": inside_an_if}[form]
    found = run_program(lambda: program() and None, DEV).definition("menu")
    assert found.sub_account_id == "dev_chat"
    assert '"subAccountId": "dev_pager"' in json.dumps(found.steps)
    assert '"pager"' not in json.dumps(found.body())
    assert digest(program, DEV) == digest(program, PRODUCTION)
    if form != "if":
        assert digest(program, DEV) == digest(menu(), PRODUCTION)


def test_what_is_no_name_is_literal() -> None:
    """Without the config, in other inputs, and in an Output nothing is replaced."""
    assert run_program(lambda: menu()() and None).definition("menu").sub_account_id == "chat"
    step = sms(pulumi.Output.from_input("pager"), source="chat")
    inputs = run_program(lambda: menu(step)() and None, DEV).definition("menu").steps["page"]["inputs"]
    assert (inputs["subAccountId"], inputs["source"]) == ("pager", "chat")


def test_strangers_are_warned_of() -> None:
    """Beside the resource, with the place: a sub-account that the config neither names nor has; scripts are none."""
    known = ("chat", "dev_pager", "{{data.subAccountId}}")
    steps = [{**sms(each, step=f"s{number}"), "nextStepId": f"s{number + 1}"} for number, each in enumerate(known)]
    steps[-1]["nextStepId"] = None
    assert run_program(lambda: menu(*steps)() and None, DEV).warned == []
    stranger = automation.If("ask", condition="{{true}}", do=[[sms("p_chat", step="d")]])
    (warning,) = run_program(lambda: menu(stranger)() and None, DEV).warned
    assert warning.endswith(
        "steps.ask.do[0].d.inputs.subAccountId: 8x8:subAccounts (chat, pager) doesn't contain the sub-account "
        '"p_chat"; does it belong to another environment?'
    )
    assert warning.startswith(f"{Path(__file__).relative_to(Path.cwd())}:")
    assert run_program(lambda: menu(stranger)() and None).warned == []


@pytest.mark.parametrize("setting", ['["chat"]', "chat=dev_chat", '{"chat": 1}', '{"chat": ""}', '"chat"'])
def test_a_setting_that_makes_no_sense(setting: str) -> None:
    """One message, which names the setting and how to set it."""
    with pytest.raises(pulumi.RunError, match=r"8x8:subAccounts is not an object of texts.*config set --path"):
        run_program(lambda: menu()() and None, {"8x8:subAccounts": setting})


SECRET = pulumi.Output.secret

#: A sub-account that is called as another name.
CROSSED = {"8x8:subAccounts": '{"chat": "pager", "pager": "p_pager"}'}

#: Two programs with their configs that have the same digest.
SAME: dict[str, tuple[Callable[[], Program], Mapping[str, str], Callable[[], Program], Mapping[str, str]]] = {
    "one sub-account for two names": (menu, SMALL, menu, PRODUCTION),
    "a sub-account in place of its name": (lambda: menu(sub_account_id="dev_chat"), DEV, menu, PRODUCTION),
    "a name that is a sub-account as well": (menu, CROSSED, menu, PRODUCTION),
    "an Output with it": (lambda: menu(sms(pulumi.Output.from_input("dev_pager"))), DEV, menu, PRODUCTION),
    "the status": (lambda: menu(status="disabled"), DEV, menu, DEV),
    "an Output": (lambda: menu(sms(text=pulumi.Output.from_input("Hi"))), DEV, menu, DEV),
    "steps in an Output": (lambda: menu(steps=pulumi.Output.from_input([sms(), {"do": []}][:1])), DEV, menu, DEV),
    "secrets": (lambda: menu(sms(text=SECRET("a"))), DEV, lambda: menu(sms(text=SECRET("b"))), DEV),
    "a part that is secret": (
        lambda: menu(sms(text=pulumi.Output.concat("t ", SECRET("a")))),
        DEV,
        lambda: menu(sms(text=SECRET("b"))),
        DEV,
    ),
    "what a builder adds": (lambda: menu({**sms(), "do": [], "outputs": {}, "nextStepId": None}), DEV, menu, DEV),
}

#: Likewise, and that have not.
DIFFERENT: dict[str, tuple[Callable[[], Program], Callable[[], Program]]] = {
    "a text": (lambda: menu(sms(text="Bye")), menu),
    "the name": (lambda: menu(name="other"), menu),
    "the trigger": (lambda: menu(trigger="http_request"), menu),
    "another name of a sub-account": (lambda: menu(sms("chat")), menu),
    "a secret": (lambda: menu(sms(text=SECRET("Hi"))), menu),
    "a secret elsewhere": (lambda: menu(sms(text=SECRET("Hi"))), lambda: menu(sms(source=SECRET("Hi")))),
}


@pytest.mark.parametrize("case", SAME)
def test_the_same_digest(case: str) -> None:
    """What differs between environments, or means the same, makes no difference."""
    first, here, second, there = SAME[case]
    assert digest(lambda: first()(), here) == digest(lambda: second()(), there) != LATER


@pytest.mark.parametrize("case", DIFFERENT)
def test_another_digest(case: str) -> None:
    """What customers would notice makes another one."""
    first, second = DIFFERENT[case]
    assert digest(lambda: first()(), DEV) != digest(lambda: second()(), DEV)


def test_what_is_not_known_yet() -> None:
    """The digest is unknown as long as a value is, and known at preview otherwise; it isn't a secret."""
    assert digest(lambda: menu(sms(text=later()))(), DEV, preview=True) == LATER
    assert digest(menu(), DEV, preview=True) == digest(menu(), DEV)
    secrets: list[Any] = []

    def program() -> pulumi.Output[Any]:
        made = menu(sms(text=SECRET("s3cr3t")))().digest
        return pulumi.Output.from_input(made.is_secret()).apply(secrets.append)

    run_program(program)
    assert secrets == [False]


def test_digests_are_those_of_all_workflows() -> None:
    """By resource name; a pinned one has its version's digest, one that differs from the program has none."""

    def program() -> pulumi.Output[Any]:
        made = menu()()
        automation.Workflow("pinned", trigger="inbound_sms", steps=[sms()], pin_version=3)
        held = automation.Workflow("held", trigger="inbound_sms", steps=[sms()])
        held.steps = pulumi.Output.from_input({"page": sms(text="not updated")})
        return pulumi.Output.all(made.digest, automation.digests())

    own, found = run_program(program, DEV).value
    assert found == {"menu": own, "pinned": PINNED, "held": NOT_AS_DECLARED}


def test_two_of_one_name_have_no_digests() -> None:
    """Digests have names as keys, so an error names a name that is used twice."""

    def program() -> pulumi.Output[Any]:
        for _ in range(2):
            menu()()
        return automation.digests()

    with pytest.raises(pulumi.RunError, match='several workflows of the program have the name "menu"'):
        run_program(program)


OURS, THEIRS = "a" * 64, "b" * 64
FIRST = (
    "The workflow wasn't changed. Deploy it to staging first: pulumi up --stack acme/shop/staging. To remove this "
    "gate, change requires_digest_from (or 8x8:requiresDigestFrom)."
)

#: The other stack's output ``digests``, and the message.
VERDICTS: dict[str, tuple[Any, str]] = {
    "it runs it": ({"menu": OURS}, ""),
    "it runs another": (
        {"menu": THEIRS},
        f"staging runs the digest bbbbbbbb, and this stack would deploy aaaaaaaa. {FIRST}",
    ),
    "it does not have it": ({"other": OURS}, f"staging doesn't run it. {FIRST}"),
    "it is pinned there": (
        {"menu": "pinned to version 3"},
        f'staging doesn\'t run it as declared ("pinned to version 3"). {FIRST}',
    ),
    "it was left out there": (
        {"menu": NOT_AS_DECLARED},
        f'staging doesn\'t run it as declared ("not as its program says"). {FIRST}',
    ),
    "there is no output": (
        None,
        'the stack acme/shop/staging has no output "digests", so the provider can\'t check whether that stack runs '
        'this workflow. The workflow wasn\'t changed. Add pulumi.export("digests", automation.digests()) to that '
        "stack's program, and deploy that stack. To remove this gate, change requires_digest_from (or "
        "8x8:requiresDigestFrom).",
    ),
}


@pytest.mark.parametrize("case", VERDICTS)
def test_the_gate(case: str) -> None:
    """What another stack doesn't run is refused, in one message with what runs there and what to do."""
    theirs, wanted = VERDICTS[case]
    assert gate_refusal("menu", OURS, theirs, "acme/shop/staging") == (wanted and f'workflow "menu": {wanted}')


def test_an_output_that_is_none_of_ours() -> None:
    """Something else that is exported as digests is like nothing."""
    assert gate_refusal("menu", OURS, "text", "a/b/c") == gate_refusal("menu", OURS, None, "a/b/c")


def test_full_names() -> None:
    """Missing parts of a stack's name come from this stack."""
    names: list[str] = []

    def program() -> None:
        names.extend(map(full_name, ("staging", "other/staging", "acme/other/staging")))

    run_program(program)
    assert names == ["organization/shop/staging", "organization/other/staging", "acme/other/staging"]


@pytest.mark.parametrize("version", [0, -1, True, "seven", "7", 1.5, "a" * 63, "A" * 64])
def test_a_pin_that_is_none(version: Any) -> None:
    """What is neither a version nor a digest ends the program with one message."""
    wanted = r"pin_version: .+; write the number of a version, 1 or more, or its digest \(64 hex digits\)"
    with pytest.raises(pulumi.RunError, match=wanted):
        run_program(lambda: menu(pin_version=version)() and None)
