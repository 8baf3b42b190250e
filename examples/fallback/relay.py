"""Passes delivery receipts on to the workflow's trigger, with the key that some senders can't send.

    export PULUMI_8X8_API_KEY=<key> RELAY_SECRET=<a long random text>
    TRIGGER_URL=$(pulumi stack output triggerUrl) python relay.py 8080

The sender posts to ``/<RELAY_SECRET>``; put a server with HTTPS in front of it. The secret replaces the header, so keep
it out of logs. Only undelivered messages start the workflow, each message once, since senders repeat a receipt that
nobody acknowledged. The sender may send again what was refused. What may have arrived isn't passed on a second time,
since that could send the customer two SMS; standard error lists those messages.
"""

import hmac
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

LARGEST = 1 << 20
REMEMBERED = 100_000

passed_on: dict[str, None] = {}
lock = Lock()


class Relay(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.send_response(self.status())
        self.send_header("Content-Length", "0")
        self.end_headers()

    def status(self) -> int:
        if not hmac.compare_digest(self.path.encode(), f"/{os.environ['RELAY_SECRET']}".encode()):
            return 404
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            return 411
        if int(length) > LARGEST:
            return 413
        body = self.rfile.read(int(length))
        try:
            payload = json.loads(body)["payload"]
            umid, state = str(payload["umid"]), payload["status"]["state"]
        except (ValueError, LookupError, TypeError, RecursionError):
            return 400
        if state != "undelivered":
            return 200
        with lock:
            if umid in passed_on:
                return 200
            passed_on[umid] = None
            if len(passed_on) > REMEMBERED:
                del passed_on[next(iter(passed_on))]
        if not pass_on(body, umid):
            passed_on.pop(umid, None)
            return 503
        return 200

    def log_message(self, *_: object) -> None:
        """Prints nothing: the path is the secret."""


def pass_on(body: bytes, umid: str) -> bool:
    """Starts the workflow. Returns False if it certainly did not start."""
    key = os.environ["PULUMI_8X8_API_KEY"]
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    try:
        with urlopen(Request(os.environ["TRIGGER_URL"], body, headers), timeout=30):
            return True
    except HTTPError as error:
        if error.code < 500:
            print(f"{umid}: refused with {error.code}", file=sys.stderr)
            return False
        reason = str(error.code)
    except (URLError, OSError) as error:
        if isinstance(getattr(error, "reason", None), ConnectionRefusedError):
            return False
        reason = type(error).__name__
    print(f"{umid}: it isn't known whether the workflow started ({reason})", file=sys.stderr)
    return True


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Relay)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
