"""Secrets: found, left out of files under a name, put back by the program; and kept apart from what only looks so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime.rpc import is_rpc_secret, unwrap_rpc_secret

from pulumi_8x8.analysis.credentials import find_credentials
from pulumi_8x8.definition import parse_source
from pulumi_8x8.definition.placeholders import fill_secrets, match_secrets, secrets_in
from pulumi_8x8.exporting import Export
from pulumi_8x8.exporting.yaml_writer import to_yaml
from pulumi_8x8.resources import Workflow
from resources.harness import Service
from resources.program_kit import Ran, run_program

from .export_kit import Body, calling, filled, outcomes, planned, sms, written

TOKEN = "4f5b6f2986dc4b0e"
OTHER = "0123456789abcdef"

#: Input and text of an HttpRequest, and the parts of it that are secret.
CREDENTIALS: dict[tuple[tuple[str, ...], str], list[str]] = {
    (("headers", "Authorization"), f"Bearer {TOKEN}"): [TOKEN],
    (("headers", "authorization"), f"basic {TOKEN}"): [TOKEN],
    (("headers", "Authorization"), "Bearer {{data.token}}"): [],
    (("headers", "Authorization"), "Bearer <your token>"): [],
    (("headers", "X-Api-Key"), TOKEN): [TOKEN],
    (("headers", "Accept"), TOKEN): [],
    (("parameters", "token"), TOKEN): [TOKEN],
    (("body", "token"), TOKEN): [],
    (("url",), f"https://a.com/?token={TOKEN}&n={{{{data.n}}}}"): [TOKEN],
    (("url",), f"https://a.com/?api_key={TOKEN}&sig={OTHER}&n=12345678"): [TOKEN, OTHER],
    (("url",), f"https://ann:{TOKEN}@a.com/?token={OTHER}"): [TOKEN, OTHER],
    (("url",), "https://a.com/?token={{data.token}}"): [],
    (("url",), "https://a.com/?token=<secret:a>"): [],
}


@pytest.mark.parametrize(("given", "parts"), CREDENTIALS.items(), ids=str)
def test_credentials(given: tuple[tuple[str, ...], str], parts: list[str]) -> None:
    """The secret part of a header or URL, with any scripts beside it; nothing in what a script computes."""
    path, text = given
    found = find_credentials(("steps", "call", "inputs", *path), text)
    assert [text[each.start : each.end] for each in found] == parts


#: The text in a file, the text on the service, and the secrets.
MATCHES: dict[tuple[str, str], dict[str, str] | None] = {
    ("Bearer <secret:a>", "Bearer x"): {"a": "x"},
    ("<secret:a>", "two\nlines"): {"a": "two\nlines"},
    ("<secret:a>&<secret:b>", "1&2"): {"a": "1", "b": "2"},
    ("<secret:a>,<secret:a>", "1,1"): {"a": "1"},
    ("<secret:a>,<secret:a>", "1,2"): None,
    ("Bearer <secret:a>", "Basic x"): None,
    ("Bearer <secret:a>", "Bearer "): None,
    ("(.*)<secret:a>", "xx"): None,
    ("x", "x"): None,
}


@pytest.mark.parametrize(("given", "values"), MATCHES.items(), ids=str)
def test_values_of_placeholders(given: tuple[str, str], values: dict[str, str] | None) -> None:
    """The text around a placeholder must be the same; filled in, the values give the text again."""
    template, text = given
    assert match_secrets(template, text) == values
    if values:
        assert fill_secrets(template, values) == text


@pytest.mark.parametrize("text", ["<secret:>", "<secret:1a>", "<secret: a>", "<Secret:a>", "<secret:a", "<secret:ä>"])
def test_what_is_no_placeholder(text: str) -> None:
    """Only a name of letters, digits, - and _ between exactly these brackets."""
    assert secrets_in(text) == []


def _url(**query: str) -> str:
    return "https://crm.acme.com/?" + "&".join(f"{key}={value}" for key, value in query.items())


def _inputs(made: Export, name: str) -> dict[str, Any]:
    """The inputs in the file of the workflow ``name``."""
    (file,) = (str(each.file) for each in made.workflows if each.name == name)
    text = made.texts.get(file) or (made.project.folder / file).read_text("utf-8")
    step = parse_source(file, text.encode()).body["definition"]["steps"][0]
    inputs: dict[str, Any] = step["inputs"]
    return inputs


#: Workflows of an account, the secrets by name, and texts in the file of the first.
EXPORTS: dict[str, tuple[list[Body], dict[str, str], dict[str, Any]]] = {
    "a header": (
        [calling("A", url=_url(), headers={"Authorization": f"Bearer {TOKEN}"})],
        {"crmAcmeComAuthorization": TOKEN},
        {"headers": {"Authorization": "Bearer <secret:crmAcmeComAuthorization>"}},
    ),
    "a part of a URL": (
        [calling("A", url=_url(token=TOKEN, n="1"))],
        {"crmAcmeComToken": TOKEN},
        {"url": _url(token="<secret:crmAcmeComToken>", n="1")},
    ),
    "the same in two workflows": (
        [calling("A", url=_url(token=TOKEN)), calling("B", url=_url(sig=TOKEN))],
        {"crmAcmeComToken": TOKEN},
        {"url": _url(token="<secret:crmAcmeComToken>")},
    ),
    "two at one host": (
        [calling("A", url=_url(token=TOKEN)), calling("B", url=_url(token=OTHER))],
        {"crmAcmeComToken": TOKEN, "crmAcmeComToken2": OTHER},
        {"url": _url(token="<secret:crmAcmeComToken>")},
    ),
    "a secret in another place as well": (
        [calling("A", url="https://a.com", body={"key": f"k={TOKEN}"}), calling("B", url=_url(token=TOKEN))],
        {"crmAcmeComToken": TOKEN},
        {"body": {"key": "k=<secret:crmAcmeComToken>"}},
    ),
    "a short one in another place as well": (
        [calling("A", url="https://a.com", body={"word": "please"}), calling("B", url=_url(token="please"))],
        {"crmAcmeComToken": "please"},
        {"body": {"word": "please"}},
    ),
    "a text that looks like a placeholder": (
        [sms("A", text="Our <secret:sale> begins")],
        {"aText": "Our <secret:sale> begins"},
        {"text": "<secret:aText>"},
    ),
    "in a step inside of an If": (
        [
            {
                **sms("A"),
                "definition": {
                    "name": "A",
                    "steps": [
                        {
                            "id": "if",
                            "stepType": "If",
                            "inputs": {"condition": "{{true}}"},
                            "do": [[calling("B", url=_url(token=TOKEN))["definition"]["steps"][0]]],
                        }
                    ],
                },
            }
        ],
        {"crmAcmeComToken": TOKEN},
        {"condition": "{{true}}"},
    ),
}


@pytest.mark.parametrize(("bodies", "secrets", "inputs"), EXPORTS.values(), ids=EXPORTS.keys())
def test_secrets_are_left_out(
    tmp_path: Path, bodies: list[Body], secrets: dict[str, str], inputs: dict[str, Any]
) -> None:
    """Each value has a name that describes its use; no file has a value; the next export agrees."""
    service = filled(bodies)
    made = written(service, tmp_path / "out")
    assert made.secrets.values == secrets
    assert _inputs(made, "A").items() >= inputs.items()
    texts = "".join(path.read_text("utf-8") for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert not [value for value in secrets.values() if len(value) > 8 and value in texts]
    again = planned(service, tmp_path / "out")
    assert (again.texts, again.secrets.values) == ({}, secrets)


@pytest.fixture
def service() -> Service:
    return filled([calling("A", url=_url(token=TOKEN)), calling("B", url=_url(token=TOKEN))])


def _put(service: Service, name: str, url: str) -> None:
    service.call("PUT", f"/{_id(service, name)}", json=calling(name, url=url))


def _id(service: Service, name: str) -> str:
    (found,) = (id for id, each in service.definitions().items() if each["definition"]["name"] == name)
    return found


def test_a_value_that_changed_on_the_service(service: Service, tmp_path: Path) -> None:
    """The files stay unchanged, and the export reports that the secret has another value."""
    written(service, tmp_path / "out")
    for name in ("A", "B"):
        _put(service, name, _url(token=OTHER))
    again = planned(service, tmp_path / "out")
    assert (again.texts, again.secrets.values) == ({}, {"crmAcmeComToken": OTHER})


def test_a_value_that_changed_in_one_place(service: Service, tmp_path: Path) -> None:
    """It is another secret from then on."""
    written(service, tmp_path / "out")
    _put(service, "B", _url(token=OTHER))
    made = written(service, tmp_path / "out")
    assert outcomes(made) == {"workflows/b.yaml": "updated"}
    assert made.secrets.values == {"crmAcmeComToken": TOKEN, "crmAcmeComToken2": OTHER}
    assert planned(service, tmp_path / "out").texts == {}


def test_names_given_by_hand_stay(service: Service, tmp_path: Path) -> None:
    """A placeholder may be called otherwise, and stand for any text."""
    written(service, tmp_path / "out")
    path = tmp_path / "out/workflows/a.yaml"
    path.write_text(path.read_text().replace(_url(token="<secret:crmAcmeComToken>"), "<secret:mine>"))
    again = planned(service, tmp_path / "out")
    assert again.texts == {}
    assert again.secrets.values == {"mine": _url(token=TOKEN), "crmAcmeComToken": TOKEN}


def test_what_was_left_in_plain_text_by_hand_stays(service: Service, tmp_path: Path) -> None:
    """A file that agrees with the service isn't overwritten, even if lint warns about it."""
    written(service, tmp_path / "out")
    for path in (tmp_path / "out/workflows").iterdir():
        path.write_text(path.read_text().replace("<secret:crmAcmeComToken>", TOKEN))
    again = planned(service, tmp_path / "out")
    assert (again.texts, again.secrets.values) == ({}, {})


def _run(tmp_path: Path, url: str, config: dict[str, str]) -> Ran:
    """A program with the workflow of a file that calls ``url``."""
    path = tmp_path / "flow.yaml"
    path.write_text(to_yaml(calling("A", url=url)))
    settings = {f"shop:{name}": value for name, value in config.items()}
    return run_program(lambda: Workflow("a", source=path) and None, settings)


def test_the_program_fills_them_in(tmp_path: Path) -> None:
    """The text is whole again, and a secret to Pulumi."""
    ran = _run(tmp_path, "https://a.com/?a=<secret:one>&b=<secret:two-3>", {"one": "1", "two-3": "{}"})
    steps = ran.inputs["a"]["steps"]
    assert is_rpc_secret(steps)
    assert unwrap_rpc_secret(steps)["call"]["inputs"]["url"] == "https://a.com/?a=1&b={}"


def test_secrets_that_are_not_set(tmp_path: Path) -> None:
    """Each is named, with its line in the file and the command that sets it."""
    with pytest.raises(pulumi.RunError) as caught:
        _run(tmp_path, "<secret:one><secret:two><secret:three>", {"two": "x"})
    assert str(caught.value).splitlines() == [
        f"{tmp_path}/flow.yaml:10: the secret {name} is not set: pulumi config set --secret {name}"
        for name in ("one", "three")
    ]


def test_a_text_of_the_program_is_as_it_is(tmp_path: Path) -> None:
    """Only a file has placeholders: a program has Outputs."""
    step = {"id": "say", "stepType": "SMS", "inputs": {"text": "<secret:one>"}}
    ran = run_program(lambda: Workflow("a", trigger="inbound_sms", steps=[step]) and None)
    assert ran.inputs["a"]["steps"]["say"]["inputs"]["text"] == "<secret:one>"
