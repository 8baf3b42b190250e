"""Flows in a Pulumi program: Outputs and secrets in expressions, expressions in Outputs, and the author's line."""

from __future__ import annotations

import re
from typing import Any

import pulumi
import pytest
from pulumi.runtime.rpc import unwrap_rpc_secret

import pulumi_8x8 as automation
from pulumi_8x8.definition import from_inputs
from pulumi_8x8.definition.checked import wrong_values
from pulumi_8x8.resources.properties import ABOUT

from .program_kit import LATER, Ran, later, run_program

MESSAGE = automation.inbound_sms()
IS_YES = MESSAGE.payload.body == "yes"


def sms(step_id: str, text: Any) -> automation.SMS:
    return automation.SMS(step_id, sub_account_id="acme", destination=MESSAGE.payload.source, text=text)


def ran(text: Any, *, preview: bool = False) -> Ran:
    """A program whose workflow has one step with ``text``."""
    return run_program(
        lambda: automation.Workflow("menu", trigger=MESSAGE, steps=sms("say", text())) and None,
        preview=preview,
    )


def text_of(done: Ran) -> Any:
    return done.definition("menu").steps["say"]["inputs"]["text"]


def secret() -> pulumi.Output[str]:
    return pulumi.Output.secret("it's {{secret}}")


#: A text with an expression and an Output, and the text that is sent.
LATE: dict[str, tuple[Any, Any]] = {
    "an Output in an expression": (
        lambda: "Hi " + MESSAGE.payload.body + pulumi.Output.from_input("it's"),
        "{{'Hi ' + data.payload.body + 'it\\'s'}}",
    ),
    "a number": (lambda: MESSAGE.payload.sms_count + pulumi.Output.from_input(5), "{{data.payload.smsCount + 5}}"),
    "two Outputs": (
        lambda: automation.if_else(
            MESSAGE.payload.body == pulumi.Output.from_input("a"), pulumi.Output.from_input(None), "b"
        ),
        "{{data.payload.body == 'a' ? null : 'b'}}",
    ),
    "an expression in concat": (
        lambda: pulumi.Output.concat("Hi ", f"{MESSAGE.payload.body}", " ", pulumi.Output.from_input("you")),
        "Hi {{data.payload.body}} you",
    ),
    "an expression in format": (
        lambda: pulumi.Output.format("{0} {1}", f"{MESSAGE.payload.body}", pulumi.Output.from_input("you")),
        "{{data.payload.body}} you",
    ),
}


@pytest.mark.parametrize("case", LATE)
def test_outputs_and_expressions(case: str) -> None:
    """Outputs are operands, and texts of Outputs may have expressions; quoting is right when the value is known."""
    make, wanted = LATE[case]
    assert text_of(ran(make)) == wanted


def test_a_secret_in_an_expression_stays_secret() -> None:
    """The script of a secret is a secret, and its place goes to the plugin."""
    done = ran(lambda: MESSAGE.payload.body + secret())
    assert done.inputs["menu"][ABOUT]["secrets"] == [["steps", "say", "inputs", "text"]]
    steps = unwrap_rpc_secret(done.inputs["menu"]["steps"])
    text = unwrap_rpc_secret(steps["say"]["inputs"]["text"])
    assert text == "{{data.payload.body + 'it\\'s \\x7b\\x7bsecret\\x7d\\x7d'}}"


def test_an_output_that_is_not_known_yet() -> None:
    """A preview doesn't know the script either."""
    done = ran(lambda: MESSAGE.payload.body + later(), preview=True)
    assert "it's" not in str(done.inputs)
    assert done.value == LATER


#: A text with an Output, and what check() reports.
WRONG: dict[str, tuple[Any, str]] = {
    "an object": (
        lambda: MESSAGE.payload.body + pulumi.Output.from_input({"a": 1}),
        "an expression can't use this value",
    ),
    "a result": (
        lambda: pulumi.Output.concat(f"{sms('before', 'x').umid}", pulumi.Output.from_input("x")),
        'a text of an Output that reads a result of the step "before"',
    ),
    "a changed text": (
        lambda: pulumi.Output.from_input("x").apply(lambda text: f"{MESSAGE.payload.body}{text}".upper()),
        "a text that was changed after an expression was put into it",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_late_values_that_are_wrong(case: str) -> None:
    """What turns out wrong late is reported at its place, and nothing is sent."""
    make, wanted = WRONG[case]
    (found,) = wrong_values(from_inputs(ran(make).inputs["menu"]))
    assert found.path == ("steps", "say", "inputs", "text")
    assert found.message.startswith(wanted)


def test_an_expression_as_an_argument_of_an_output() -> None:
    """The message names the author's line, and what to write, before the SDK fails with a traceback."""
    with pytest.raises(pulumi.RunError, match=r"^tests/resources/test_flows_in_programs.py:\d+: an Output can't have"):
        pulumi.Output.concat("Hi ", MESSAGE.payload.body)
    with pytest.raises(pulumi.RunError, match=r"^tests/resources/test_flows_in_programs.py:\d+: an expression has a"):
        _ = MESSAGE.payload.body == "a" and "b"


def test_the_authors_line() -> None:
    """A warning and a refusal name the line that called the helper, and the helper's line as detail."""

    def helper(text: str) -> automation.SMS:
        return sms("say", text)

    here = r"tests/resources/test_flows_in_programs.py:\d+"
    done = run_program(lambda: automation.Workflow("menu", trigger=MESSAGE, steps=helper("{{data.gone}}")) and None)
    assert re.match(rf"{here}: steps.say.+ \(in sms, {here}\)\n", done.warned[0])
    with pytest.raises(pulumi.RunError, match=rf"{here} \(in sms, {here}\): steps.say.inputs.text: bytes"):
        run_program(lambda: automation.Workflow("menu", trigger=MESSAGE, steps=[helper(b"x")]) and None)  # type: ignore[arg-type]


def test_dictionaries_and_flows_are_the_same() -> None:
    """A workflow written as a flow registers the inputs that one written as dictionaries registers."""
    flow = (
        sms("a", f"Hi {MESSAGE.payload.body}")
        .when(MESSAGE.payload.body == "yes", sms("b", "x"))
        .otherwise(sms("c", "y"))
    )
    written = [
        {"id": "a", "stepType": "SMS", "inputs": _inputs("Hi {{data.payload.body}}"),
         "selectNextStep": {"b": "{{data.payload.body == 'yes'}}", "c": None}},
        {"id": "b", "stepType": "SMS", "inputs": _inputs("x")},
        {"id": "c", "stepType": "SMS", "inputs": _inputs("y")},
    ]  # fmt: skip
    one = run_program(lambda: automation.Workflow("menu", trigger=MESSAGE, steps=flow) and None)
    other = run_program(lambda: automation.Workflow("menu", trigger="inbound_sms", steps=written) and None)
    assert one.definition("menu") == other.definition("menu")


def _inputs(text: str) -> dict[str, str]:
    return {"subAccountId": "acme", "destination": "{{data.payload.source}}", "text": text}
