"""Implements ``make up`` and ``make down``: deploys the quickstart stack to the emulator on this machine.

Everything that it creates is in ``.dev/``: the emulator's database and log, the stack's state, its passphrase. Each
step first checks whether it is already done, so that an interrupted ``make up`` continues where it stopped.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
DEV = ROOT / ".dev"
BIN = Path(sys.prefix) / "bin"
STACK = "dev"
DATABASE = DEV / "emulator.sqlite"
RUNNING = DEV / "emulator.json"

ACCOUNT_ID = "demo-account"
API_KEY = "emulator-key"
SUB_ACCOUNT_ID = "Test_12345_ChatApps"

#: A message as the service's webhooks deliver it (inbound ChatApps message, version 3).
MESSAGE = {
    "version": 3,
    "namespace": "ChatApps",
    "eventType": "inbound_message_received",
    "description": "ChatApps inbound message",
    "payload": {
        "umid": "9e09ac86-bd74-5465-851d-1eb5a5fdbb9a",
        "subAccountId": SUB_ACCOUNT_ID,
        "timestamp": "2026-01-01T14:34:56.017Z",
        "user": {"msisdn": "+15551234567", "channelUserId": "US.13491208655302741918", "name": "Ada"},
        "recipient": {"channel": "whatsapp", "channelId": "269a57f4-3522-eb11-8278-00155d9f27ac"},
        "type": "Text",
        "content": {"text": "Hi, are you there?"},
    },
}


class Failed(Exception):
    """A step failed. The message describes what to do."""


def up() -> None:
    DEV.mkdir(exist_ok=True)
    make_passphrase()
    base_url = start_emulator()
    make_stack(base_url)
    report("\n== pulumi up")
    pulumi("up", "--yes", "--non-interactive", "--color", "auto")
    report("\n== One chat message comes in")
    show_reply(base_url)
    report(f"""
== What next?
1. Run . .venv/bin/activate, change the text in examples/auto_reply/__main__.py, and run: pulumi preview --diff
2. Change the workflow without Pulumi, and see how pulumi preview shows it:
   curl -X DELETE -H "Authorization: Bearer {API_KEY}" {definition_url(base_url)}
3. Use your own account: README.md, "With a real account"
`make down` removes everything.""")


def down() -> None:
    running = emulator_running()
    if stack_exists():
        if running is None:
            make_stack(start_emulator())  # which has the stack's workflows
        report("== pulumi destroy")
        pulumi("destroy", "--yes", "--non-interactive", "--color", "auto", "--stack", STACK)
        pulumi("stack", "rm", "--yes", "--stack", STACK, quiet=True)
    running = emulator_running()
    if running is not None:
        stop(running["pid"])
    RUNNING.unlink(missing_ok=True)
    report("The stack is destroyed and the emulator is stopped. `make up` starts again.")


def make_passphrase() -> None:
    path = DEV / "passphrase"
    if not path.exists():
        unfinished = path.with_suffix(".unfinished")
        unfinished.touch(mode=0o600)
        unfinished.write_text(secrets.token_urlsafe(24))
        unfinished.replace(path)


def start_emulator() -> str:
    """Starts the emulator if it isn't running, on its last port if that is free, and returns its base URL."""
    if (running := emulator_running()) is not None:
        report(f"The emulator already runs at {running['baseUrl']}")
        return str(running["baseUrl"])
    before = read_json(RUNNING)
    port = int(before.get("port", 8088))
    if not port_is_free(port):
        port = free_port()
    log = (DEV / "emulator.log").open("ab")
    command = [str(BIN / "pulumi-8x8"), "emulator", "--port", str(port), "--database", str(DATABASE)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    base_url = f"http://127.0.0.1:{port}"
    RUNNING.write_text(json.dumps({"port": port, "baseUrl": base_url, "pid": process.pid}))
    for _ in range(150):
        if emulator_running() is not None:
            report(f"The emulator runs at {base_url}, its database is {DATABASE.relative_to(ROOT)}")
            return base_url
        if process.poll() is not None:
            break
        time.sleep(0.1)
    logged = (DEV / "emulator.log").read_text().strip().splitlines()
    raise Failed(f"the emulator doesn't start: {logged[-1] if logged else 'its log is empty'}")


def emulator_running() -> dict[str, str | int] | None:
    """Port, base URL and process id of this script's emulator, if it answers."""
    known = read_json(RUNNING)
    if not known:
        return None
    try:
        status = httpx.get(f"{known['baseUrl']}/_emulator/status", timeout=5).json()
    except (httpx.HTTPError, ValueError):
        return None
    # Another emulator may have the port by now: only this script's has this database.
    ours = isinstance(status, dict) and status.get("database") == str(DATABASE)
    return {**known, "pid": status["pid"]} if ours else None


def stop(pid: int) -> None:
    os.kill(pid, signal.SIGTERM)
    for _ in range(100):
        if emulator_running() is None:
            return
        time.sleep(0.1)
    raise Failed(f"the emulator (process {pid}) doesn't end")


def make_stack(base_url: str) -> None:
    (DEV / "state").mkdir(exist_ok=True)
    settings = ROOT / f"Pulumi.{STACK}.yaml"
    if not stack_exists():
        settings.unlink(missing_ok=True)  # of a stack removed with .dev: encrypted with another passphrase
        pulumi("stack", "init", STACK, quiet=True)
    pulumi("stack", "select", STACK, quiet=True)
    text = settings.read_text() if settings.exists() else ""
    if "8x8:apiKey" not in text or not re.search(rf"8x8:baseUrl: {re.escape(base_url)}$", text, re.MULTILINE):
        plain = {"8x8:accountId": ACCOUNT_ID, "8x8:baseUrl": base_url, "subAccountId": SUB_ACCOUNT_ID}
        arguments = [part for key, value in plain.items() for part in ("--plaintext", f"{key}={value}")]
        pulumi("config", "set-all", *arguments, "--secret", f"8x8:apiKey={API_KEY}", quiet=True)


def stack_exists() -> bool:
    # The file backend's layout; asking pulumi takes half a second.
    return any((DEV / "state").glob(f".pulumi/stacks/*/{STACK}.json"))


def pulumi(*arguments: str, quiet: bool = False) -> None:
    """Runs the engine on the local stack, for any backend that the user is logged in to."""
    environ = {
        **os.environ,
        "PULUMI_BACKEND_URL": "file://.dev/state",  # exactly as in Pulumi.yaml: the selected stack depends on it
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(DEV / "passphrase"),
    }
    environ.pop("PULUMI_CONFIG_PASSPHRASE", None)
    for variable in ("PULUMI_8X8_ACCOUNT_ID", "PULUMI_8X8_API_KEY", "PULUMI_8X8_BASE_URL", "PULUMI_STACK"):
        environ.pop(variable, None)
    command = [str(BIN / "pulumi"), *arguments]
    run = subprocess.run(command, cwd=ROOT, env=environ, text=True, capture_output=quiet)
    if run.returncode and locked() and not quiet:
        # Only this script uses the stack, so the operation that locked it was interrupted.
        report("An interrupted operation left the stack locked; unlocking it.")
        unlock()
        run = subprocess.run(command, cwd=ROOT, env=environ, text=True)
    if run.returncode:
        raise Failed(f"pulumi {' '.join(arguments[:2])} failed\n{run.stderr or ''}".rstrip())


def locked() -> bool:
    return any((DEV / "state").glob(".pulumi/locks/**/*.json"))


def unlock() -> None:
    for lock in (DEV / "state").glob(".pulumi/locks/**/*.json"):
        lock.unlink()


def show_reply(base_url: str) -> None:
    seen = len(httpx.get(f"{base_url}/_emulator/outbox").json())
    started = httpx.post(f"{base_url}/_emulator/inbound", params={"accountId": ACCOUNT_ID}, json=MESSAGE).json()
    if not started.get("instances"):
        raise Failed("no workflow started; is one enabled for the message's sub-account? Run pulumi preview --diff")
    payload = MESSAGE["payload"]
    report(f"  {payload['user']['name']} on WhatsApp: {payload['content']['text']}")
    for sent in httpx.get(f"{base_url}/_emulator/outbox", params={"after": seen}).json():
        message = sent["message"]
        report(f"  step {sent['stepId']} replies to {message['user']['msisdn']}: {message['content']['text']}")


def definition_url(base_url: str) -> str:
    definitions = f"{base_url}/api/v1/accounts/{ACCOUNT_ID}/definitions"
    found = httpx.get(definitions, headers={"Authorization": f"Bearer {API_KEY}"}).json()
    return f"{definitions}/{found[0]['definition']['id']}"


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def read_json(path: Path) -> dict[str, str | int]:
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError):
        return {}


def report(message: str) -> None:
    print(message, flush=True)


if __name__ == "__main__":
    try:
        {"up": up, "down": down}[sys.argv[1]]()
    except Failed as reason:
        sys.exit(f"{reason}\nCompleted steps stay; run the command again to continue.")
    except KeyboardInterrupt:
        sys.exit("interrupted; run the command again to continue")
