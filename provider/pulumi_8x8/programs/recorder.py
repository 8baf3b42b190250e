"""Runs a Pulumi program in a process of its own, and records the workflows that it declares.

The program runs as in a preview, on Pulumi's mocks: what only a deployment knows stays unknown.
"""

from __future__ import annotations

import json
import linecache
import logging
import os
import runpy
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from pulumi_8x8.definition import authorship

_WORKFLOW = "pulumi-python:dynamic/8x8:Workflow"
#: Calls of the program that a message shows besides the innermost one.
_MOST_CALLS = 4

#: The files in the folder that both processes share.
REQUEST, RESULT = "request.json", "result.json"

#: The kinds of failures that have a remedy of their own.
CONFIG, MODULE, TIME = "config", "module", "time"


def main() -> None:
    """Reads the request in the folder ``sys.argv[1]``, runs the program, and writes the result."""
    folder = Path(sys.argv[1])
    request = json.loads((folder / REQUEST).read_text("utf-8"))
    lock = threading.Lock()

    def finish(result: Mapping[str, Any]) -> None:
        with lock:  # the time may be over at this moment
            part = folder / f"{RESULT}.part"
            part.write_text(json.dumps(result), "utf-8")
            part.replace(folder / RESULT)
            sys.stdout.flush()
            sys.stderr.flush()
            # Threads and children of the program don't delay the end.
            os._exit(0)

    program = _Program(request["program"], request["shownFrom"])
    main_thread = threading.get_ident()
    clock = threading.Timer(request["seconds"], lambda: finish(program.stopped(sys._current_frames().get(main_thread))))
    clock.daemon = True
    finish(program.record(request, clock.start))


class _Program:
    """The program.

    :param script: its file, an absolute path.
    :param shown_from: the folder from which messages name files.
    """

    def __init__(self, script: str, shown_from: str) -> None:
        self._script = script
        self._folder = os.path.join(os.path.dirname(script), "")
        authorship.show_files_from(shown_from)

    def record(self, request: Mapping[str, Any], begin: Callable[[], None]) -> dict[str, Any]:
        """Runs it; returns the inputs of its workflows, or how it failed.

        :param begin: is called when everything is ready.
        """
        import pulumi
        from pulumi.runtime import set_all_config, set_mocks, test

        monitor = _monitor()
        set_mocks(monitor.mocks, request["project"], request["stack"], preview=True, logger=_logger(), monitor=monitor)
        set_all_config(request["config"], request["secretKeys"])
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # as the engine does: it reports each error twice
        sys.path.insert(0, os.path.dirname(self._script))
        sys.argv = [self._script]
        begin()
        try:
            test(self._run)()  # type: ignore[no-untyped-call]  # waits for all resources
        except BaseException as error:  # noqa: BLE001 - whatever ends the program
            return self._failure(error, pulumi.RunError, pulumi.ConfigMissingError)
        return {"workflows": monitor.recorded}

    def stopped(self, frame: FrameType | None) -> dict[str, Any]:
        """How it failed when its time is over, with the line that it is at."""
        lines = [(each.f_code.co_filename, each.f_lineno, each.f_code.co_name) for each in _outwards(frame)]
        own = [line for line in lines if self._is_own(line[0])]
        return {"kind": TIME, "failure": "", **self._place(own)}

    def _run(self) -> None:
        try:
            runpy.run_path(self._script, run_name="__main__")
        except SystemExit as ended:
            if ended.code not in (None, 0):
                raise

    def _failure(self, error: BaseException, run_error: type[Exception], missing: type[Exception]) -> dict[str, Any]:
        calls = [
            (each.filename, each.lineno or 0, each.name) for each in reversed(traceback.extract_tb(error.__traceback__))
        ]
        own = [call for call in calls if self._is_own(call[0])]
        kind = CONFIG if isinstance(error, missing) else MODULE if isinstance(error, ModuleNotFoundError) else ""
        if isinstance(error, SystemExit):
            message = f"the program ends with sys.exit({error.code!r})"
        elif isinstance(error, run_error):  # the engine also shows only its message
            message = str(error)
            if message.startswith(tuple(f"{authorship.shown_file(file)}:" for file, *_ in own)):
                own = []  # it has its place
        elif isinstance(error, SyntaxError) and error.filename:
            own = [(error.filename, error.lineno or 1, "")]
            message = f"{type(error).__name__}: {error.msg}"
        else:
            message = f"{type(error).__name__}: {error}".removesuffix(": ")
        return {"kind": kind, "failure": message, **self._place(own)}

    def _place(self, own: list[tuple[str, int, str]]) -> dict[str, Any]:
        """The innermost line of the program, and the calls that lead to it."""
        if not own:
            return {}
        (file, line, _), *outer = own
        inner = own[: len(outer)]
        return {
            "place": f"{authorship.shown_file(file)}:{line}",
            "source": linecache.getline(file, line).strip(),
            "calls": [
                f"{function} is called at {authorship.shown_file(file)}:{line}"
                for (_, _, function), (file, line, _) in zip(inner, outer, strict=True)
            ][:_MOST_CALLS],
        }

    def _is_own(self, file: str) -> bool:
        return file.startswith(self._folder) and "site-packages" not in Path(file).parts


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _logger() -> logging.Logger:
    """What the program logs with ``pulumi.log``."""
    logger = logging.getLogger("pulumi_8x8.program")
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    return logger


def _monitor() -> Any:
    """Pulumi's mock of the engine, which records workflows as the engine would get them.

    The outputs of other resources are their inputs; everything else is unknown.
    """
    import pulumi
    from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]
    from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks
    from pulumi.runtime.mocks import MockMonitor

    class Everything(Mocks):
        def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
            return f"{args.name}-id", dict(args.inputs)

        def call(self, args: MockCallArgs) -> Any:
            return {}

    class Recorder(MockMonitor):
        #: Whoever reads the record lints it, so the program doesn't.
        records = True

        def __init__(self) -> None:
            super().__init__(Everything())
            self.recorded: list[dict[str, Any]] = []
            self._urns: set[str] = set()

        def RegisterResource(self, request: Any) -> Any:
            urn: str = self.make_urn(request.parent, request.type, request.name)
            if request.type == _WORKFLOW:
                if urn in self._urns:
                    raise pulumi.RunError(f'two workflows have the resource name "{request.name}"; rename one of them')
                self._urns.add(urn)
                inputs = MessageToDict(request.object)
                parent = request.parent.rpartition("::")[2]
                self.recorded.append({"name": request.name, "parent": parent, "inputs": inputs})
            return super().RegisterResource(request)  # type: ignore[no-untyped-call]

    return Recorder()
