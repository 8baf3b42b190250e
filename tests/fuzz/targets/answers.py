"""What a service or a proxy may answer: each call ends with a result or with one of this package's errors."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import zlib
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Any

import pulumi_8x8.fetching  # noqa: F401 - imported here, so that no case has to
from fuzz.harness import Case
from pulumi_8x8.api import Client, Instance, ManagedAccount, OnDelete, Origin, Patience, Settings, StoredDefinition
from pulumi_8x8.api import account as account_module
from pulumi_8x8.definition import Definition
from pulumi_8x8.definition.reconcile import reconcile
from pulumi_8x8.errors import Pulumi8x8Error
from pulumi_8x8.validation import validated

ID, INSTANCE = "3f0c2f4e-0000-4000-8000-000000000001", "65f1a0b2c3d4e5f60718293a"
URN = "urn:pulumi:test::project::pulumi-python:dynamic/8x8:Workflow::menu"
KEY = "s3cr3t-key-0123"
PATIENCE = Patience(attempts=2, limit=0.2, first_wait=0.001, longest_wait=0.002, poll=0.001, confirm=0.001)
STEPS = [{"id": "a", "stepType": "Wait", "inputs": {"duration": "1"}}]
MENU = Definition.of(name="menu", trigger="inbound_sms", status="enabled", sub_account_id=None, steps=STEPS)
STORED = {"accountId": "acme", "id": ID, "version": 1, "createdAt": "2026-03-01T12:00:00Z", **MENU.body()}
RUN = {"workflowId": INSTANCE, "version": 1, "status": "Runnable", "data": {}, "logs": [{"stepName": "a"}]}

#: Compiled here, so that no case has to.
validated(StoredDefinition, {"id": ID, "version": 1, "createdAt": "", "accountId": "", "envelope": STORED})
validated(Instance, RUN)

CALLS: list[Callable[[ManagedAccount], object]] = [
    lambda account: list(account.client.list_definitions()),
    lambda account: account.client.history(ID),
    lambda account: account.create(URN, MENU, Origin()),
    lambda account: account.update(URN, ID, lambda held: reconcile(MENU, held.definition), None),
    lambda account: account.delete(URN, ID, MENU, OnDelete(), version=1),
    lambda account: list(account.client.instances(ID, limit=3)),
    lambda account: account.client.start(ID, {}),
    lambda account: account.client.trigger({}, "shop"),
    lambda account: account.client.instance(ID, INSTANCE, logs=True),
    lambda account: account.client.faults(ID, INSTANCE),
    lambda account: account.client.steer(ID, INSTANCE, "suspend"),
    lambda account: (account.client.usage(), account.client.usage_history()),
    lambda account: (account.client.time_zones(), account.client.functions()),
    lambda account: account.snapshot.all(),
]
ODD: list[Any] = [
    None, True, 0, -1, 1.5, 2**31, 10**30, "", "..", "a/b", "\x1b[31m", KEY, "x" * 10_000, [], {}, [[]], [None],
    {"id": {}},
]  # fmt: skip
HEADERS = ["Content-Type", "Content-Encoding", "Content-Length", "Location", "Retry-After", "Date", "Transfer-Encoding"]
VALUES = [
    "0", "-1", "inf", "nan", "1e999", "9" * 400, "chunked", "gzip", "gzip, gzip", "br", "text/html; charset=hex", "/..",
    "Mon, 99 Foo 99999", "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 +9999", "é", "http://[", KEY, "",
]  # fmt: skip


def make(random: Random) -> Case:
    call = random.randrange(len(CALLS))
    raw = answer(random)
    drip = random.random() < 0.1

    def run() -> None:
        account_module.DELETION_LIMIT = 0.1
        with socket.create_server(("127.0.0.1", 0)) as server:
            threading.Thread(target=serve, args=(server, raw, drip), daemon=True).start()
            url = f"http://127.0.0.1:{server.getsockname()[1]}"
            settings = Settings("acme", KEY, url, timeout=0.2, call_timeout=0.2, answer_limit=1, page_limit=5)
            shown: list[str] = []
            with Client(settings, patience=PATIENCE, notify=shown.append) as client:
                try:
                    CALLS[call](ManagedAccount(client))
                except Pulumi8x8Error as error:
                    shown.append(str(error))
            for text in shown:
                assert KEY not in text, "the key is in a message"
                assert len(text) < 10_000, "a message is too long"
                assert text.replace("\n", "").isprintable(), "a message has control characters"

    return Case(f"call {call}: {raw[:300]!r}{' (dripped)' if drip else ''}", run)


def serve(server: socket.socket, raw: bytes, drip: bool) -> None:
    while True:
        with suppress(OSError):
            connection, _ = server.accept()
            threading.Thread(target=converse, args=(connection, raw, drip), daemon=True).start()


def converse(connection: socket.socket, raw: bytes, drip: bool) -> None:
    with suppress(OSError), connection:
        connection.settimeout(2)
        connection.recv(1 << 16)
        if drip:
            for position in range(len(raw)):
                connection.sendall(raw[position : position + 1])
                threading.Event().wait(0.05)
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1 << 16):
            pass


def answer(random: Random) -> bytes:
    """The bytes of an answer, mostly of one that is nearly right."""
    if random.random() < 0.05:
        return random.randbytes(random.randrange(200))
    status = random.choice([200, 200, 200, 200, 201, 202, 204, 301, 400, 401, 404, 404, 429, 500, 503, 99, 1000])
    body = json.dumps(document(random), ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")
    if random.random() < 0.1:
        body = damaged(random, body)
    if random.random() < 0.05:
        body = random.choice([b"[" * 10**5, b"[" + b"{}," * 10**5 + b"{}]", b" " * (2 << 20), b"<html>\x1b[31m" + body])
    headers = {"Content-Length": str(len(body))}
    if random.random() < 0.1:
        body = random.choice([gzip.compress, zlib.compress, lambda _: gzip.compress(b" " * (8 << 20))])(body)
        headers |= {"Content-Length": str(len(body)), "Content-Encoding": random.choice(["gzip", "deflate", "br"])}
    for _ in range(random.choice([0, 0, 1, 2])):
        headers[random.choice(HEADERS)] = random.choice(VALUES)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    raw = f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + body
    return damaged(random, raw) if random.random() < 0.05 else raw


def damaged(random: Random, raw: bytes) -> bytes:
    position = random.randrange(len(raw) + 1)
    return random.choice([raw[:position], raw[:position] + random.randbytes(3) + raw[position:], raw * 2])


def document(random: Random) -> Any:
    """JSON that a call may expect, with something else in one place."""
    kinds: list[Any] = [
        [STORED],
        STORED,
        [STORED] * 3,
        [RUN],
        RUN,
        [],
        {"code": 1300, "message": "Not found."},
        [{"id": "UTC"}],
    ]
    value = json.loads(json.dumps(random.choice(kinds)))
    for _ in range(random.choice([0, 1, 1, 2])):
        value = changed(random, value)
    return value


def changed(random: Random, value: Any) -> Any:
    if random.random() < 0.25 or not value or not isinstance(value, dict | list):
        return random.choice(ODD)
    # A copy, since a value of ODD may be in it: a change there would be in all later cases.
    if isinstance(value, dict):
        key = random.choice(list(value))
        return {**value, key: changed(random, value[key])}
    at = random.randrange(len(value))
    return [*value[:at], changed(random, value[at]), *value[at + 1 :]]
