"""A forge that keeps comments: as much of GitHub's and GitLab's APIs as the templates call, in this process."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "forge-token"
_PATHS = {
    "github": (
        re.compile(r"/repos/acme/flows/issues/7/comments"),
        re.compile(r"/repos/acme/flows/issues/comments/(\d+)"),
    ),
    "gitlab": (
        re.compile(r"/projects/3/merge_requests/7/notes"),
        re.compile(r"/projects/3/merge_requests/7/notes/(\d+)"),
    ),
}


@dataclass
class Forge:
    """The comments of one pull request.

    :ivar comments: each with ``id``, ``body`` and its author, as both forges write it.
    :ivar writes: the methods of the calls that changed something.
    """

    kind: str
    url: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)

    def say(self, body: str, who: str = "ada") -> dict[str, Any]:
        """Somebody writes a comment."""
        author = {"login": who, "id": sum(who.encode())}
        self.comments.append({"id": len(self.comments) + 1, "body": body, "user": author, "author": author})
        return self.comments[-1]

    def answer(self, method: str, target: str, headers: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        """The status and the JSON for a call."""
        url = urlsplit(target)
        many, one = _PATHS[self.kind]
        if TOKEN not in (headers.get("authorization", "").removeprefix("Bearer "), headers.get("private-token")):
            return 401, {"message": "Bad credentials"}
        if url.path == "/user" and self.kind == "gitlab":
            return 200, {"id": sum(b"github-actions[bot]")}
        if method == "GET" and many.fullmatch(url.path):
            query = {key: int(values[0]) for key, values in parse_qs(url.query).items()}
            first = (query["page"] - 1) * query["per_page"]
            return 200, self.comments[first : first + query["per_page"]]
        if method == "POST" and many.fullmatch(url.path):
            self.writes.append(method)
            return 201, self.say(body["body"], "github-actions[bot]")
        found = one.fullmatch(url.path)
        if method == {"github": "PATCH", "gitlab": "PUT"}[self.kind] and found:
            self.writes.append(method)
            self.comments[int(found[1]) - 1]["body"] = body["body"]
            return 200, self.comments[int(found[1]) - 1]
        return 404, {"message": "Not Found"}


@contextmanager
def serve(kind: str) -> Iterator[Forge]:
    """A forge at :attr:`Forge.url`."""
    forge = Forge(kind)

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
        threading.Thread(target=server.serve_forever, daemon=True).start()
        forge.url = f"http://127.0.0.1:{server.server_port}"
        yield forge
        server.shutdown()
