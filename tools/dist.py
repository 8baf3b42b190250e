"""Builds the wheel and the sdist, and tries the wheel in empty environments: ``make dist``.

Everything runs in a temporary folder, with the pinned dependencies, and without the checkout: its metadata, the
examples' tests, the quickstart, a deployment on the real engine, and a project that ``pulumi-8x8 new`` makes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from email.parser import Parser
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"

#: Variables of the environment that installers and the network need; no other gets into the environments.
_KEPT = re.compile(r"(PIP|UV|SSL|REQUESTS)_.*|(HTTPS?|NO|ALL)_PROXY|HOME|LANG|LC_ALL|TMPDIR", re.IGNORECASE)
_SYSTEM = "/usr/local/bin:/usr/bin:/bin"
#: Fields of the metadata that an index shows.
_FIELDS = ("Summary", "License-Expression", "License-File", "Requires-Python", "Project-URL", "Classifier", "Keywords")
_MESSAGE = {
    "version": 3,
    "namespace": "ChatApps",
    "eventType": "inbound_message_received",
    "description": "ChatApps inbound message",
    "payload": {
        "umid": "9e09ac86-bd74-5465-851d-1eb5a5fdbb9a",
        "subAccountId": "Test_12345_ChatApps",
        "timestamp": "2026-01-01T14:34:56.017Z",
        "user": {"msisdn": "+6581234567", "name": "Ada"},
        "recipient": {"channel": "whatsapp", "channelId": "269a57f4-3522-eb11-8278-00155d9f27ac"},
        "type": "Text",
        "content": {"text": "Hi"},
    },
}


class NotReleasable(Exception):
    """A check failed. The message has what to mend."""


@dataclass(frozen=True)
class Environment:
    """A Python environment in a folder of its own, with the Pulumi engine, and nothing of this checkout."""

    folder: Path
    engine: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def variables(self, more: Mapping[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if _KEPT.fullmatch(name)}
        pulumi = {"PULUMI_HOME": str(self.folder / "pulumi-home"), "PULUMI_SKIP_UPDATE_CHECK": "true"}
        path = f"{self.folder / 'bin'}:{self.engine}:{_SYSTEM}"
        return {**kept, **pulumi, "PYTHONNOUSERSITE": "1", "PATH": path, **more}

    def run(self, *command: object, cwd: Path, code: int = 0, variables: Mapping[str, str] | None = None) -> str:
        """Runs a program of this environment. :raises NotReleasable: it ends with another code than ``code``."""
        program, *arguments = map(str, command)
        found = self.folder / "bin" / program
        line = [str(found if found.exists() else program), *arguments]
        return checked(line, cwd=cwd, env=self.variables(variables or {}), code=code)


def checked(command: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None, code: int = 0) -> str:
    """What a program prints. :raises NotReleasable: it ends with another code than ``code``."""
    done = subprocess.run(command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != code:
        raise NotReleasable(f"{' '.join(command)}: exit code {done.returncode}, not {code}\n{done.stdout}")
    return done.stdout


def main() -> int:
    """Builds and checks. The exit code is 0, or 1 with the reason on standard error."""
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="pulumi-8x8-dist-") as folder:
            check(Path(folder))
    except NotReleasable as reason:
        print(f"\nNot releasable: {reason}", file=sys.stderr)
        return 1
    print(f"\nThe distribution in {DIST} works, {time.monotonic() - began:.0f} s.")
    return 0


def check(work: Path) -> None:
    """Runs all checks in the folder ``work``. :raises NotReleasable: one of them fails."""
    step("Build the sdist, and from it the wheel")
    wheel, sdist = build()
    step("Metadata and contents")
    check_contents(wheel, sdist)
    engine = work / "engine"
    shutil.copytree(engine_folder(), engine)
    step("pip install pulumi-8x8[testing], in an empty environment")
    full = install(wheel, "[testing]", work / "testing", engine)
    step("The tests of the examples in the wheel")
    site = Path(full.run("python", "-c", "import pulumi_8x8; print(pulumi_8x8.__path__[0])", cwd=work).strip())
    last(full.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", site / "examples", cwd=work))
    step("The quickstart of the sdist, on the wheel")
    try_quickstart(full, sdist, work)
    step("A new project, and its requirements with hashes")
    try_new(full, work)
    step("pip install pulumi-8x8, in an empty environment")
    plain = install(wheel, "", work / "plain", engine)
    step("A deployment from it on the real engine, and commands without their extra")
    try_deployment(plain, full, work)


def step(what: str) -> None:
    print(f"\n== {what}", flush=True)


def last(output: str) -> None:
    print(output.strip().splitlines()[-1], flush=True)


def build() -> tuple[Path, Path]:
    """Builds both files into ``dist``, with the pinned backend, and returns their paths: wheel and sdist."""
    shutil.rmtree(DIST, ignore_errors=True)
    last(checked([sys.executable, "-m", "build", "--no-isolation", "--outdir", str(DIST), str(ROOT)], cwd=ROOT))
    (wheel,), (sdist,) = DIST.glob("*.whl"), DIST.glob("*.tar.gz")
    return wheel, sdist


def check_contents(wheel: Path, sdist: Path) -> None:
    """Checks what an index shows of the files, and what is in them."""
    last(checked([sys.executable, "-m", "twine", "check", "--strict", str(wheel), str(sdist)], cwd=ROOT))
    archive = zipfile.ZipFile(wheel)
    names = archive.namelist()
    (about,) = (name for name in names if name.endswith(".dist-info/METADATA"))
    metadata = Parser().parsestr(archive.read(about).decode())
    if missing := [field for field in _FIELDS if field not in metadata]:
        raise NotReleasable(f"the metadata has no {', '.join(missing)}")
    info = about.rpartition("/")[0]
    if others := [name for name in names if not name.startswith(("pulumi_8x8/", f"{info}/"))]:
        raise NotReleasable(f"the wheel has files outside of the package: {', '.join(others)}")
    with tarfile.open(sdist) as unpacked:
        kept = {name.partition("/")[2] for name in unpacked.getnames()}
    for name in ("pulumi_8x8/py.typed", "pulumi_8x8/pulumi-plugin.json", f"{info}/licenses/LICENSE"):
        if name not in names:
            raise NotReleasable(f"the wheel has no {name}")
    if hidden := sorted(name for name in kept if re.match(r"\.(venv|engine|dev|release)|dist/", name)):
        raise NotReleasable(f"the sdist has files of this machine: {', '.join(hidden[:5])}")
    here = str(ROOT).encode()
    if found := [name for name in names if here in archive.read(name)]:
        raise NotReleasable(f"the wheel names a folder of this machine: {', '.join(found)}")
    show_metadata(metadata)
    for file, count in ((wheel, len(names)), (sdist, len(kept))):
        print(f"{file.name}: {file.stat().st_size / 1e6:.2f} MB, {count} files")


def show_metadata(metadata: Message) -> None:
    for field in ("Name", "Version", *_FIELDS):
        for value in metadata.get_all(field, []):
            print(f"  {field}: {value}")


def engine_folder() -> Path:
    """The folder of the engine that ``make engine`` installed, named by its wrapper."""
    wrapper = ROOT / ".venv" / "bin" / "pulumi"
    found = re.search(r'^exec "(.*)/pulumi" "\$@"$', wrapper.read_text(), re.MULTILINE) if wrapper.exists() else None
    if found is None:
        raise NotReleasable("there is no engine. Run: make engine")
    return Path(found[1])


def install(wheel: Path, extra: str, folder: Path, engine: Path) -> Environment:
    """An environment with the wheel and the pinned versions of what it needs, each checked by its hash."""
    checked([sys.executable, "-m", "venv", str(folder)], cwd=ROOT)
    made = Environment(folder, engine)
    wanted, pinned = folder / "requirements.in", folder / "requirements.txt"
    wanted.write_text(f"pulumi-8x8{extra} @ {wheel.as_uri()}\n")
    compile_ = ["uv", "pip", "compile", "--quiet", "--generate-hashes", "--python", str(made.python)]
    constraints = ["--constraints", str(ROOT / "requirements" / "dev.txt")]
    uv = Path(sys.prefix) / "bin" / compile_[0]
    checked([str(uv), *compile_[1:], *constraints, str(wanted), "--output-file", str(pinned)], cwd=folder)
    options = ["--quiet", "--disable-pip-version-check", "--require-hashes", "--requirement", pinned]
    printed = made.run("python", "-m", "pip", "install", *options, cwd=folder)
    if "yanked" in printed:
        raise NotReleasable(f"a pinned version was withdrawn:\n{printed}")
    last(made.run("python", "-m", "pip", "check", cwd=folder))
    listed = json.loads(made.run("python", "-m", "pip", "list", "--format", "json", cwd=folder))
    print(f"{len(listed)} packages")
    (folder / "bin" / "pulumi").symlink_to(engine / "pulumi")
    code = "import sys, pulumi_8x8; print(pulumi_8x8.__file__, *sys.path, sep='\\n')"
    first, *paths = made.run("python", "-c", code, cwd=folder.parent).splitlines()
    if not first.startswith(str(folder)) or any(path.startswith(str(ROOT)) for path in paths):
        raise NotReleasable(f"the checkout is on the path: {first}, {paths}")
    return made


def try_quickstart(full: Environment, sdist: Path, work: Path) -> None:
    """Runs ``make up`` and ``make down`` of the unpacked sdist, without its ``provider/``."""
    with tarfile.open(sdist) as unpacked:
        unpacked.extractall(work, filter="data")
    source = work / sdist.name.removesuffix(".tar.gz")
    shutil.rmtree(source / "provider")
    output = full.run("python", source / "examples" / "quickstart.py", "up", cwd=work)
    full.run("python", source / "examples" / "quickstart.py", "down", cwd=work)
    replies = [line for line in output.splitlines() if " replies to " in line]
    if not replies:
        raise NotReleasable(f"the quickstart shows no reply:\n{output}")
    print(*replies, sep="\n")


def try_new(full: Environment, work: Path) -> None:
    """Makes a project whose requirements install this wheel again, by their hashes."""
    uv = Path(sys.prefix) / "bin" / "uv"
    (full.folder / "bin" / "uv").symlink_to(uv)
    full.run("pulumi-8x8", "new", "survey", work / "survey", "--hashes", cwd=work)
    last(full.run("pulumi-8x8", "test", ".", cwd=work / "survey"))
    dry = ["--dry-run", "--ignore-installed", "--require-hashes", "--requirement", "requirements.txt"]
    printed = full.run("python", "-m", "pip", "install", "--disable-pip-version-check", *dry, cwd=work / "survey")
    version = full.run("pulumi-8x8", "--version", cwd=work).split()[-1]
    if f"pulumi-8x8-{version}" not in printed:
        raise NotReleasable(f"the requirements of a new project don't install pulumi-8x8 {version}:\n{printed}")
    print(f"requirements.txt installs pulumi-8x8 {version} again")


def try_deployment(plain: Environment, full: Environment, work: Path) -> None:
    """Deploys a new project from a plain installation, sends a message, and destroys the stack."""
    folder = work / "auto-reply"
    plain.run("pulumi-8x8", "new", "auto_reply", folder, cwd=work)
    refused = plain.run("pulumi-8x8", "test", ".", cwd=folder, code=2).strip()
    if "pulumi-8x8[emulator]" not in refused or "Traceback" in refused:
        raise NotReleasable(f"a command without its extra doesn't name it: {refused}")
    print(refused)
    (work / "state").mkdir()
    backend = {"PULUMI_BACKEND_URL": f"file://{work}/state", "PULUMI_CONFIG_PASSPHRASE": "secret"}
    with emulator(full, work) as url:
        settings = folder / "Pulumi.dev.yaml"
        settings.write_text(settings.read_text("utf-8").replace("http://127.0.0.1:8088", url), "utf-8")
        plain.run("pulumi", "stack", "init", "dev", cwd=folder, variables=backend)
        last(plain.run("pulumi", "up", "--yes", "--non-interactive", cwd=folder, variables=backend))
        plain.run("pulumi", "preview", "--expect-no-changes", "--non-interactive", cwd=folder, variables=backend)
        post(f"{url}/_emulator/inbound?accountId=demo-account", _MESSAGE)
        (sent,) = json.loads(urllib.request.urlopen(f"{url}/_emulator/outbox", timeout=30).read())
        print(f"the reply of step {sent['stepId']}: {sent['message']['content']['text']}")
        plain.run("pulumi", "destroy", "--yes", "--non-interactive", cwd=folder, variables=backend)


@contextmanager
def emulator(full: Environment, work: Path) -> Iterator[str]:
    """The base URL of an emulator that stores nothing."""
    command = [str(full.folder / "bin" / "pulumi-8x8"), "emulator", "--port", "0", "--database", ":memory:"]
    process = subprocess.Popen(command, cwd=work, env=full.variables({}), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield next(word for word in process.stdout.readline().split() if word.startswith("http://"))
    finally:
        process.terminate()
        process.wait(timeout=20)


def post(url: str, data: object) -> None:
    request = urllib.request.Request(url, json.dumps(data).encode(), {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=30).close()


if __name__ == "__main__":
    sys.exit(main())
