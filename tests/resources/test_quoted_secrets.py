"""No message quotes a secret: not of lint in check(), and not of a service that repeats a request."""

from __future__ import annotations

import itertools
import json
import os
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from pulumi_8x8.definition import from_inputs, read_source, to_inputs
from pulumi_8x8.errors import SourceError
from pulumi_8x8.resources.linting import lint_in_check
from pulumi_8x8.resources.sealing import Secrets
from resources.harness import API_KEY, Service, definition, opened
from resources.test_provider_life import Stack
from resources.test_sealing import plain

FIXTURES = sorted((Path(__file__).parents[1] / "lint" / "fixtures").glob("*.yaml"))
#: No rule and no name has these letters in this order.
MARK = "q7xw9"
#: How a secret may be wrong: in front, behind, inside, half a script, a number, a URL, a text that is too long.
FORMS: list[Callable[[str], str]] = [
    lambda text: MARK + text,
    lambda text: f"{text}{MARK}",
    lambda text: text[: len(text) // 2] + MARK + text[len(text) // 2 :],
    lambda text: "{{" + f"{MARK}({text}",
    lambda text: "{{" + f"data.{MARK} = '{text}'; new {MARK}()" + "}}",
    lambda text: f"{{{{data.payload.{MARK}.source}}}} {text}",
    lambda text: f"ftp://user:{MARK}@{text} x",
    lambda text: f"{MARK} {text} " * 500,
]
#: All forms of each leaf, for ``make soak``; otherwise one.
ALL = bool(os.environ.get("QUOTED_SECRETS"))


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from leaves(inner, (*path, position))
    elif isinstance(value, str):
        yield path, value


def replaced(value: Any, path: tuple[Any, ...], new: str) -> Any:
    if not path:
        return new
    inner = replaced(value[path[0]], path[1:], new)
    if isinstance(value, list):
        return [inner if position == path[0] else each for position, each in enumerate(value)]
    return {**value, path[0]: inner}


@pytest.mark.parametrize("file", FIXTURES, ids=lambda file: file.stem)
def test_lint_in_check(file: Path) -> None:
    """Whichever text of a workflow is a secret, and however wrong it is, no error has a part of it."""
    try:
        inputs = to_inputs(read_source(str(file)).definition)
    except SourceError:
        return
    form = itertools.cycle(FORMS)
    for _ in range(len(file.stem) % len(FORMS)):
        next(form)
    for path, text in leaves(inputs):
        if path[0] not in ("steps", "name", "trigger", "subAccountId", "status"):
            continue
        for wrong in FORMS if ALL else [next(form)]:
            news = replaced(inputs, path, wrong(text))
            secrets = Secrets.read([list(path)], [news])
            without = lambda secrets=secrets, news=news: from_inputs(secrets.leave_out(news))  # noqa: E731
            for error in lint_in_check(from_inputs(news), None, without):
                assert MARK not in secrets.hide(error), (path, wrong(text))


PLAIN = "q7xw9/t0p+s3cr3t value\n\"'é"
PLACE = [["steps", "say", "inputs", "text"]]

#: How a service or a proxy repeats the request, or what it holds.
ECHOES: dict[str, Callable[[str], str]] = {
    "the whole body": lambda body: body,
    "the body in a message": lambda body: json.dumps({"code": 5000, "message": f"Can't read {body}"}),
    "the value in a message": lambda _: json.dumps({"code": 5000, "message": f"Can't read {PLAIN}"}),
    "the value twice": lambda _: json.dumps([{"code": 5000, "message": PLAIN}, {"message": f"<{PLAIN}>"}]),
    "the value in a URL": lambda _: json.dumps({"code": 5000, "message": f"/x?text={quote(PLAIN)}"}),
    "the value in base64": lambda _: json.dumps({"code": 5000, "message": b64encode(PLAIN.encode()).decode()}),
    "the value with escapes": lambda _: json.dumps({"code": 5000, "message": json.dumps(PLAIN)}),
    "half a body": lambda body: body[: body.index("q7xw9") + 9],
    "a body after other text": lambda body: f"Error in: {body}",
    "a page with the body": lambda body: f"<html><body>{body}</body></html>",
    "a large page with the body": lambda body: f"<html>{'x' * 100_000}{body}</html>",
    "another shape": lambda body: json.dumps({"title": "Invalid", "request": json.loads(body)}),
    "another flat shape": lambda _: json.dumps({"title": "Invalid", "text": PLAIN}),
    "a list of texts": lambda _: json.dumps([PLAIN]),
    "a text": lambda _: json.dumps(PLAIN),
    "an errorId": lambda _: json.dumps({"code": 5000, "message": "No", "errorId": PLAIN}),
}


class Echoing(Service):
    """A service that answers calls of one method with an echo.

    :ivar method: ``""`` for none.
    """

    def __init__(self, echo: Callable[[str], str], status: int) -> None:
        super().__init__()
        self.method, whole = "", self.transport

        def answer(request: httpx.Request) -> httpx.Response:
            held = json.dumps(definition("menu", PLAIN).body(), ensure_ascii=False)
            if request.method == self.method and "/api/" in request.url.path:
                return httpx.Response(status, content=echo(request.content.decode() or held).encode())
            response = whole.handle_request(request)
            response.read()
            return response

        self.transport = httpx.MockTransport(answer)  # type: ignore[assignment]


def messages_of(service: Echoing, method: str, change: Callable[[], object]) -> str:
    service.method = method
    try:
        change()
    except Exception as error:  # noqa: BLE001 - its text is what counts
        service.messages.append(str(error))
    service.method = ""
    return "\n".join(service.messages)


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
def test_a_service_that_repeats_the_request(echo: Callable[[str], str], status: int) -> None:
    """Neither an update nor a refresh nor a deletion quotes a secret of what the service repeats or holds."""
    service = Echoing(echo, status)
    stack = Stack(service)
    found = messages_of(service, "POST", lambda: stack.deploy(definition("menu", PLAIN), secrets=PLACE))
    stack.deploy(definition("menu", PLAIN), secrets=PLACE)
    found += messages_of(service, "PUT", lambda: stack.deploy(definition("other", PLAIN), secrets=PLACE))
    found += messages_of(service, "GET", stack.refresh)
    if status != 200:  # the provider waits for an accepted deletion
        found += messages_of(service, "DELETE", stack.destroy)
    assert "q7xw9" not in found
    assert "t0p" not in found


#: How a server may repeat the key.
KEYS = {
    "plain": API_KEY,
    "a header": f"Authorization: Bearer {API_KEY}",
    "a URL": quote(f"Bearer {API_KEY}", safe=""),
    "base64": b64encode(f"Bearer {API_KEY}".encode()).decode(),
    "base64 behind something": b64encode(f"x{API_KEY}".encode()).decode(),
    "JSON in JSON": json.dumps(json.dumps({"key": API_KEY})),
    "HTML": f"<b>{API_KEY}</b>",
}


@pytest.mark.parametrize("form", KEYS.values(), ids=KEYS)
def test_a_service_that_repeats_the_key(form: str) -> None:
    """The API key is in no message, and in the state only as a secret, wherever and however a server repeats it."""
    service = Echoing(lambda _: json.dumps({"code": 5000, "message": form, "errorId": form}), 400)
    stack = Stack(service)
    stack.deploy(definition("menu", "Hello"))
    found = messages_of(service, "PUT", lambda: stack.deploy(definition("other", "Hello")))
    found += messages_of(service, "GET", stack.refresh)
    stack.edit(definition(form, form))
    stack.refresh()
    found += messages_of(service, "", lambda: stack.deploy(definition("menu", "Hello"), onDrift="warn"))
    assert form in json.dumps([opened(each.outputs) for each in stack.state.values()]) or '"' in form
    for secret in (API_KEY, form):
        assert secret not in found
        assert secret not in plain(stack)


@pytest.mark.parametrize("echo", [each for name, each in ECHOES.items() if "shape" not in name])
def test_values_that_nobody_marked(echo: Callable[[str], str]) -> None:
    """A value that the program didn't mark as a secret isn't quoted either: it may be one."""
    service = Echoing(echo, 400)
    stack = Stack(service)
    found = messages_of(service, "POST", lambda: stack.deploy(definition("menu", PLAIN)))
    assert "q7xw9" not in found
