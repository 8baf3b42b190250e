"""Notes of creations, in real files: what an operation that was killed leaves to the next one."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest
from api_kit import SETTINGS, THRICE

from pulumi_8x8.api import Claim, Client, Journal, ManagedAccount, OnDelete, Origin, journal_folder
from pulumi_8x8.api.journal import Note
from pulumi_8x8.definition import Definition
from pulumi_8x8.errors import AlreadyThere, ApiError

URN, OTHER = "urn:pulumi:test::project::type::menu", "urn:pulumi:test::project::type::other"
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
WHEN = AT.isoformat()
HERE, THERE = "https://service.example acme", "https://service.example other"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "pulumi" / "creations"


def again(folder: Path, account: str = HERE) -> Journal:
    """The journal of another process on the same machine."""
    return Journal(folder, account)


#: What an operation gets done before it is killed; what the next one finds.
KILLED: dict[str, tuple[Callable[[Journal], object], Note | None]] = {
    "before it begins": (lambda journal: None, None),
    "before the answer": (
        lambda journal: journal.begin(URN, {"b", "a"}, "shape", AT),
        Note(URN, ("a", "b"), "shape", WHEN),
    ),
    "after the answer": (
        lambda journal: (journal.begin(URN, (), "shape", AT), journal.created(URN, "id")),
        Note(URN, (), "shape", WHEN, "id"),
    ),
    "when the state has it": (
        lambda journal: (journal.begin(URN, (), "shape", AT), journal.created(URN, "id"), journal.close(URN)),
        None,
    ),
    "in a second creation": (
        lambda journal: (
            journal.begin(URN, (), "old", AT),
            journal.created(URN, "id"),
            journal.begin(URN, ("id",), "new", AT),
        ),
        Note(URN, ("id",), "new", WHEN),
    ),
    "after an answer to nothing": (lambda journal: journal.created(URN, "id"), None),
    "after nothing was closed": (lambda journal: journal.close(URN), None),
}


@pytest.mark.parametrize("case", KILLED)
def test_killed(folder: Path, case: str) -> None:
    """The next operation knows what was begun, what was answered, and nothing of what the state has."""
    act, note = KILLED[case]
    act(again(folder))
    assert again(folder).find(URN) == note


def test_notes_are_apart(folder: Path) -> None:
    """Each resource of each account has its own."""
    again(folder, HERE).begin(URN, (), "here", AT)
    again(folder, THERE).begin(URN, (), "there", AT)
    again(folder, HERE).begin(OTHER, (), "other", AT)
    again(folder, THERE).close(URN)
    assert again(folder, HERE).find(URN) == Note(URN, (), "here", WHEN)
    assert again(folder, HERE).find(OTHER) == Note(OTHER, (), "other", WHEN)
    assert again(folder, THERE).find(URN) is None
    assert len(list(folder.iterdir())) == 2


#: The content of a note's file.
MALFORMED: dict[str, str | bytes] = {
    "nothing": "",
    "half of it": '{"urn": "',
    "no JSON": "urn",
    "no object": "[]",
    "an object without its members": "{}",
    "no list": json.dumps({"urn": URN, "before": 1, "shape": "", "id": ""}),
    "another resource's": json.dumps({"urn": OTHER, "before": [], "shape": "", "id": ""}),
    "no text": b"\xff\xfe",
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed(folder: Path, case: str) -> None:
    """A file that isn't a note is ignored, and the next creation overwrites it."""
    journal = again(folder)
    journal.begin(URN, (), "shape", AT)
    (file,) = folder.iterdir()
    content = MALFORMED[case]
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert journal.find(URN) is None
    journal.created(URN, "id")
    assert journal.find(URN) is None
    journal.begin(URN, (), "anew", AT)
    assert journal.find(URN) == Note(URN, (), "anew", WHEN)


@pytest.mark.parametrize("there", ["a file in its place", "a file above it"])
def test_a_folder_that_cannot_be_written(folder: Path, there: str) -> None:
    """Without a folder nothing is noted, and nothing fails."""
    in_the_way = folder if there == "a file in its place" else folder.parent
    in_the_way.parent.mkdir(parents=True, exist_ok=True)
    in_the_way.write_text("")
    journal = again(folder)
    journal.begin(URN, (), "shape", AT)
    journal.created(URN, "id")
    assert journal.find(URN) is None
    journal.close(URN)


def test_a_folder_that_goes(folder: Path) -> None:
    """Somebody deletes the folder meanwhile: the rest isn't noted, and nothing fails."""
    journal = again(folder)
    folder.rmdir()
    journal.begin(URN, (), "shape", AT)
    journal.close(URN)
    assert journal.find(URN) is None


def test_only_the_user_reads_it(folder: Path) -> None:
    """The folder is the user's own, and a note has ids and digests, no content."""
    again(folder).begin(URN, ("id",), "shape", AT)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (file,) = folder.iterdir()
    assert json.loads(file.read_text()) == {"urn": URN, "before": ["id"], "shape": "shape", "at": WHEN, "id": ""}


def test_a_note_is_whole_or_not_there(folder: Path) -> None:
    """Readers beside a writer see one whole note or another; no other files are left."""
    journal = again(folder)
    journal.begin(URN, (), "0", AT)

    def write() -> None:
        for number in range(50):
            journal.begin(URN, [str(number)] * 200, "x", AT)

    with ThreadPoolExecutor(2) as threads:
        writing = threads.submit(write)
        while not writing.done():
            assert again(folder).find(URN) is not None
    writing.result()
    assert len(list(folder.iterdir())) == 1


def test_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Beside the engine's own files."""
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    assert journal_folder() == tmp_path / "pulumi-8x8" / "creations"
    monkeypatch.delenv("PULUMI_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert journal_folder() == tmp_path / ".pulumi" / "pulumi-8x8" / "creations"


# What an account makes of a note

MENU = Definition.of(
    name="menu", trigger="inbound_sms", status="enabled", sub_account_id=None, steps=[{"id": "say", "stepType": "SMS"}]
)
SHAPED = {"id": "say", "stepType": "SMS", "inputs": {"text": "whatever"}}


class Killed(BaseException):
    """The process ends here."""


class Held:
    """A service that holds definitions, and that a POST kills the caller at.

    :ivar definitions: name and steps by id.
    :ivar arrives: whether the POST that kills the caller is carried out.
    :ivar created: when its definitions were created, by its clock.
    """

    def __init__(self) -> None:
        self.definitions: dict[str, tuple[str, list[object]]] = {}
        self.posts = 0
        self.kill = True
        self.arrives = True
        self.created = AT.isoformat()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        answer = self._answer(request)
        answer.headers["Date"] = format_datetime(AT, usegmt=True)
        return answer

    def _answer(self, request: httpx.Request) -> httpx.Response:
        last = request.url.path.rpartition("/")[2]
        if request.method == "POST":
            self.posts += 1
            if self.kill and not self.arrives:
                raise Killed
            self.definitions[f"ours{self.posts}"] = ("menu", [{"id": "say", "stepType": "SMS"}])
            if self.kill:
                raise Killed
            return httpx.Response(200, json=self._body(f"ours{self.posts}"))
        if request.method == "DELETE":
            del self.definitions[last]
            return httpx.Response(200)
        if last == "definitions":
            return httpx.Response(200, json=[self._body(id) for id in self.definitions])
        if last == "usage":
            return httpx.Response(404)
        return httpx.Response(200, json=[self._body(last)] if last in self.definitions else [])

    def _body(self, id: str) -> dict[str, object]:
        name, steps = self.definitions[id]
        inner = {"id": id, "version": 1, "name": name, "steps": steps}
        return {"trigger": "inbound_sms", "createdAt": self.created, "definition": inner}


def account(service: Held, folder: Path) -> ManagedAccount:
    return ManagedAccount(Client(SETTINGS, httpx.MockTransport(service), THRICE), again(folder))


#: What there is besides, and when: before the POST that kills, or after it; whether its definition is recognised then.
BESIDES: dict[str, tuple[dict[str, tuple[str, list[object]]], dict[str, tuple[str, list[object]]], bool]] = {
    "nothing": ({}, {}, True),
    "other names": ({"a": ("a", [])}, {"b": ("b", [])}, True),
    "an equal name that appeared too": ({}, {"late": ("menu", [])}, False),
    "the same shape that appeared too": ({}, {"late": ("menu", [SHAPED])}, False),
}


@pytest.mark.parametrize("case", BESIDES)
def test_killed_between_begin_and_created(folder: Path, case: str) -> None:
    """What appeared since is this stack's when it is the only one of the name, and has the shape that was sent."""
    before, after, recognised = BESIDES[case]
    service = Held()
    service.definitions.update(before)
    with pytest.raises(Killed):
        account(service, folder).create(URN, MENU, Origin())
    service.definitions.update(after)
    service.kill = False
    if recognised:
        stored, claim = account(service, folder).create(URN, MENU, Origin())
        assert (stored.id, claim.proof) == ("ours1", "record")
    else:
        with pytest.raises(Exception, match="nothing proves that this stack created it"):
            account(service, folder).create(URN, MENU, Origin())
    assert service.posts == 1


DATES = {
    "Sun, 01 Mar 2026 12:00:00 GMT": AT,
    "Fri, 31 Dec 9999 23:59:59 -2359": None,
    "soon": None,
    "": None,
}


@pytest.mark.parametrize("date", DATES)
def test_the_time_of_the_service(date: str) -> None:
    """The header Date of the last answer counts; a date that no calendar has, or none, leaves this machine's time."""
    answer = httpx.Response(200, json=[], headers={"Date": date})
    client = Client(SETTINGS, httpx.MockTransport(lambda request: answer), THRICE)
    list(client.list_definitions())
    assert abs(client.service_time() - (DATES[date] or datetime.now(UTC))) < timedelta(minutes=1)


#: Seconds from the POST to what there is afterwards, or its time; whether it counts as what the POST stored.
CREATED: dict[str, tuple[float | str, bool]] = {
    "at once": (0.4, True),
    "by a slow service": (35, True),
    "a clock that is a little behind": (-5, True),
    "a minute before": (-60, False),
    "later, by somebody else": (300, False),
    "the next day, by somebody else": (86400, False),
    "without a zone": ("2026-03-01T12:00:00", True),
    "with more digits than Python has": ("2026-03-01T12:00:00.1234567Z", True),
    "a time that nobody can read": ("yesterday", False),
    "no time": ("", False),
}


@pytest.mark.parametrize("case", CREATED)
def test_killed_before_the_request_was_sent(folder: Path, case: str) -> None:
    """An equal definition of somebody else isn't what the POST stored, unless it was created just then."""
    created, recognised = CREATED[case]
    service = Held()
    service.arrives = False
    with pytest.raises(Killed):
        account(service, folder).create(URN, MENU, Origin())
    service.definitions["theirs"] = ("menu", [{"id": "say", "stepType": "SMS"}])
    service.created = created if isinstance(created, str) else (AT + timedelta(seconds=created)).isoformat()
    if recognised:
        assert account(service, folder).look_ahead(URN, MENU, Origin()) == Claim(URN, "theirs", "record")
    else:
        with pytest.raises(AlreadyThere):
            account(service, folder).look_ahead(URN, MENU, Origin())


REFUSED = {
    "refused": httpx.Response(400, json={"code": 5001, "message": "Workflow name is required."}),
    "a wrong key": httpx.Response(401),
    "throttled": httpx.Response(429, headers={"Retry-After": "0"}),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_creation_leaves_no_note(folder: Path, case: str) -> None:
    """What the service refused wasn't stored: an equal definition that appears the same second is somebody else's."""
    service = Held()

    def refuse(request: httpx.Request) -> httpx.Response:
        return REFUSED[case] if request.method == "POST" else service(request)

    refused = ManagedAccount(Client(SETTINGS, httpx.MockTransport(refuse), THRICE), again(folder))
    with pytest.raises(ApiError):
        refused.create(URN, MENU, Origin())
    assert again(folder).find(URN) is None


def test_an_unclear_creation_that_is_then_refused_keeps_its_note(folder: Path) -> None:
    """The first POST may still be carried out, although the second one is refused."""
    service, answers = Held(), [httpx.Response(502), httpx.Response(400, json={"code": 5001})]

    def refuse(request: httpx.Request) -> httpx.Response:
        return answers.pop(0) if request.method == "POST" else service(request)

    refused = ManagedAccount(Client(SETTINGS, httpx.MockTransport(refuse), THRICE), again(folder))
    with pytest.raises(ApiError):
        refused.create(URN, MENU, Origin())
    assert again(folder).find(URN) is not None


def test_another_resource_has_no_note(folder: Path) -> None:
    """A note of one resource proves nothing for another of the same workflow name."""
    service = Held()
    with pytest.raises(Killed):
        account(service, folder).create(URN, MENU, Origin())
    with pytest.raises(Exception, match="nothing proves that this stack created it"):
        account(service, folder).create(OTHER, MENU, Origin())
    assert service.posts == 1


def test_what_was_noted_and_is_gone(folder: Path) -> None:
    """Somebody deleted what the killed operation had stored: it is created again."""
    service = Held()
    with pytest.raises(Killed):
        account(service, folder).create(URN, MENU, Origin())
    again(folder).created(URN, "ours1")
    service.definitions.clear()
    service.kill = False
    stored, claim = account(service, folder).create(URN, MENU, Origin())
    assert (stored.id, claim.proof, service.posts) == ("ours2", "created", 2)
    note = again(folder).find(URN)
    assert note is not None
    assert (note.before, note.id) == ((), "ours2")


def test_the_state_closes_a_note(folder: Path) -> None:
    """Once the state has a resource's definition, the note is no longer there."""
    service = Held()
    service.kill = False
    managed = account(service, folder)
    stored, _ = managed.create(URN, MENU, Origin())
    assert os.listdir(folder)
    managed.keep(URN, stored.id)
    assert not os.listdir(folder)


@pytest.mark.parametrize("deleted", ["ours1", "replaced"])
def test_a_deletion_closes_its_note(folder: Path, deleted: str) -> None:
    """A deletion removes the note of the definition's creation; the note of its replacement stays."""
    service = Held()
    service.kill = False
    service.definitions["replaced"] = ("other name", [])
    account(service, folder).create(URN, MENU, Origin())
    account(service, folder).delete(URN, deleted, MENU, OnDelete("terminate"), overwrite=True)
    assert (again(folder).find(URN) is None) is (deleted == "ours1")
