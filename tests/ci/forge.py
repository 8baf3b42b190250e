"""A small forge: as much of GitHub's and GitLab's APIs as the templates call, in this process, on a git repository."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "forge-token"
ME = "github-actions[bot]"

Body = dict[str, Any]
Answer = tuple[int, Any]

_BASE = {"github": "/repos/acme/flows", "gitlab": "/projects/3"}
#: Where entries are, with the number of one of them.
_LISTS = {
    "github": {
        "comments": r"/issues/7/comments|/issues/comments/(\d+)",
        "issues": r"/issues(?:/(\d+))?",
        "requests": r"/pulls(?:/(\d+))?",
    },
    "gitlab": {
        "comments": r"/merge_requests/7/notes(?:/(\d+))?",
        "issues": r"/issues(?:/(\d+))?",
        "requests": r"/merge_requests(?:/(\d+))?",
    },
}
#: What a job's token on GitHub needs to write.
_PERMISSIONS = {"comments": "pull-requests", "issues": "issues", "requests": "pull-requests", "git": "contents"}


@dataclass
class Forge:
    """A repository's comments on pull request 7, its issues and its pull requests.

    :ivar repository: with a git repository, whose branch ``main`` is the default.
    :ivar entries: by list; each with members as both forges write them.
    :ivar writes: the lists of the calls that changed something, with their methods.
    """

    kind: str
    repository: Path = Path()
    url: str = ""
    entries: dict[str, list[Body]] = field(default_factory=lambda: {"comments": [], "issues": [], "requests": []})
    writes: list[str] = field(default_factory=list)

    @property
    def comments(self) -> list[Body]:
        return self.entries["comments"]

    def say(self, body: str, who: str = "ada") -> Body:
        """Somebody writes a comment."""
        return self._add("comments", {"body": body}, who)

    def git(self, *arguments: str, **options: Any) -> str:
        """What git prints, about the repository."""
        command = ["git", "-c", "user.name=bot", "-c", "user.email=bot@example.org", *arguments]
        done = subprocess.run(command, cwd=self.repository, check=True, capture_output=True, text=True, **options)
        return done.stdout.strip()

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: Body) -> Answer:
        """The status and the JSON for a call."""
        url = urlsplit(target)
        token, *permissions = (
            headers.get("private-token") or headers.get("authorization", "").removeprefix("Bearer ")
        ).split("+")
        if token != TOKEN:
            return 401, {"message": "Bad credentials"}
        if url.path == "/user" and self.kind == "gitlab":
            return 200, {"id": _number(ME)}
        if not url.path.startswith(f"{_BASE[self.kind]}/"):
            return 404, {"message": "Not Found"}
        path = url.path.removeprefix(_BASE[self.kind])
        for name, pattern in _LISTS[self.kind].items():
            if found := re.fullmatch(pattern, path):
                if method == "GET":
                    return 200, self._page(name, {key: each[0] for key, each in parse_qs(url.query).items()})
                if self.kind == "github" and _PERMISSIONS[name] not in permissions:
                    return 403, {"message": "Resource not accessible by integration"}
                self.writes.append(f"{method} {name}")
                return self._write(name, found[1] and int(found[1]), body)
        if method != "GET":
            if self.kind == "github" and _PERMISSIONS["git"] not in permissions:
                return 403, {"message": "Resource not accessible by integration"}
            self.writes.append(f"{method} git")
        routes: Mapping[str, Callable[..., Answer]] = {
            "github": {
                r"GET /git/matching-refs/heads/(.*)": self._refs,
                r"GET /git/commits/(\w+)": lambda sha: (
                    200,
                    {"tree": {"sha": self.git("rev-parse", f"{sha}^{{tree}}")}},
                ),
                r"POST /git/trees": lambda: self._tree(body),
                r"POST /git/commits": lambda: (
                    201,
                    {"sha": self._commit(body["tree"], body["parents"][0], body["message"])},
                ),
                r"POST /git/refs": lambda: self._ref(body["ref"].removeprefix("refs/heads/"), body["sha"], new=True),
                r"PATCH /git/refs/heads/(.*)": lambda name: self._ref(name, body["sha"], force=body["force"]),
            },
            "gitlab": {
                r"GET /repository/commits/(\w+)/merge_requests": lambda sha: (
                    200,
                    [{"iid": 7, "target_branch": "main"}]
                    if "Merge" in self.git("log", "-1", "--format=%s", sha)
                    else [],
                ),
                r"GET /repository/files/([^/]+)": lambda path: self._file(path, parse_qs(url.query)["ref"][0]),
                r"POST /repository/commits": lambda: self._commit_files(body),
            },
        }[self.kind]
        for pattern, route in routes.items():
            if found := re.fullmatch(pattern, f"{method} {path}"):
                return route(*map(unquote, found.groups()))
        return 404, {"message": "Not Found"}

    def _add(self, name: str, members: Body, who: str = ME) -> Body:
        entries, author = self.entries[name], {"login": who, "id": _number(who)}
        number = len(entries) + 1
        text = members.get("body", members.get("description"))
        state = "open" if self.kind == "github" else "opened"
        entries.append(
            {**members, "id": number, "number": number, "iid": number, "state": state, "user": author, "author": author}
            | {"body": text, "description": text}
        )
        return entries[-1]

    def _page(self, name: str, query: Mapping[str, str]) -> list[Body]:
        wanted = {"state": query.get("state"), "login": query.get("creator"), "id": query.get("author_id")}
        branch = (query.get("head") or query.get("source_branch") or "").removeprefix("acme:")
        found = [
            each
            for each in self.entries[name]
            if wanted["state"] in (None, "all", each["state"])
            and wanted["login"] in (None, each["user"]["login"])
            and wanted["id"] in (None, str(each["user"]["id"]))
            and branch in ("", each.get("head", each.get("source_branch")))
        ]
        first = (int(query["page"]) - 1) * int(query["per_page"])
        return found[first : first + int(query["per_page"])]

    def _write(self, name: str, number: int | None, body: Body) -> Answer:
        if number is not None:
            entry = self.entries[name][number - 1]
            if text := body.get("body", body.get("description")):
                entry |= {"body": text, "description": text}
            if body.get("state") == "closed" or body.get("state_event") == "close":
                entry["state"] = "closed"
            return 200, entry
        if name == "requests":
            branch, base = body.get("head", body.get("source_branch")), body.get("base", body.get("target_branch"))
            ahead = int(self.git("rev-list", "--count", f"{base}..{branch}"))
            if not ahead or self._page(name, {"head": branch, "state": "open", "page": "1", "per_page": "1"}):
                return 422, {"message": "Validation Failed"}
        return 201, self._add(name, body)

    def _refs(self, prefix: str) -> Answer:
        found = self.git("for-each-ref", "--format=%(objectname) %(refname)", f"refs/heads/{prefix}*").splitlines()
        return 200, [{"ref": ref, "object": {"sha": sha}} for sha, ref in map(str.split, found)]

    def _tree(self, body: Body) -> Answer:
        assert {(each["mode"], each["type"]) for each in body["tree"]} == {("100644", "blob")}
        return 201, {"sha": self._with(body["base_tree"], {each["path"]: each["content"] for each in body["tree"]})}

    def _with(self, tree: str, files: Mapping[str, str]) -> str:
        """The tree with other files."""
        index = {**os.environ, "GIT_INDEX_FILE": str(self.repository / ".git" / "forge-index")}
        self.git("read-tree", tree, env=index)
        for path, text in files.items():
            blob = self.git("hash-object", "-w", "--stdin", input=text)
            self.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", env=index)
        return self.git("write-tree", env=index)

    def _commit(self, tree: str, parent: str, message: str) -> str:
        return self.git("commit-tree", tree, "-p", parent, "-m", message)

    def _ref(self, name: str, sha: str, *, new: bool = False, force: bool = False) -> Answer:
        there = self._refs(name)[1]
        forward = new or force or self.git("merge-base", name, sha) == self.git("rev-parse", name)
        if bool(there) == new or not forward:
            return 422, {"message": "Reference update failed"}
        self.git("update-ref", f"refs/heads/{name}", sha)
        return 201 if new else 200, {}

    def _file(self, path: str, ref: str) -> Answer:
        return (200, {"file_path": path}) if self.git("ls-tree", ref, "--", path) else (404, {"message": "404 File"})

    def _commit_files(self, body: Body) -> Answer:
        branch, start = body["branch"], body.get("start_sha")
        if self._refs(branch)[1] and start and not body.get("force"):
            return 400, {"message": "A branch called '…' already exists"}
        parent = start or branch
        for each in body["actions"]:
            if (self._file(each["file_path"], parent)[0] == 200) != (each["action"] == "update"):
                return 400, {"message": "A file with this name already exists, or doesn't exist"}
        tree = self._with(parent, {each["file_path"]: each["content"] for each in body["actions"]})
        sha = self._commit(tree, self.git("rev-parse", parent), body["commit_message"])
        self.git("update-ref", f"refs/heads/{branch}", sha)
        return 201, {"id": sha}


def _number(login: str) -> int:
    return sum(login.encode())


@contextmanager
def serve(kind: str, repository: Path = Path()) -> Iterator[Forge]:
    """A forge at :attr:`Forge.url`."""
    forge = Forge(kind, repository)

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, answer = forge.answer(
                self.command,
                self.path,
                {key.lower(): value for key, value in self.headers.items()},
                json.loads(data or b"{}"),
            )
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = _do

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        forge.url = f"http://127.0.0.1:{server.server_port}"
        yield forge
        server.shutdown()
