"""A Pulumi program in this process, with Pulumi's mocks instead of the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pytest
from pulumi.runtime import Mocks, set_all_config, set_mocks, test

from pulumi_8x8.definition import Definition, from_inputs
from pulumi_8x8.resources.properties import ABOUT

#: Given as the value of an Output that is not known at preview.
LATER = "known after the update"

#: The digest of what is pinned; the plugin knows it.
PINNED = "d" * 64


@dataclass
class Ran:
    """What a program did.

    :ivar value: of the Output that it returned; ``LATER`` when that is not known.
    :ivar inputs: by the names of resources, secrets as the engine marks them.
    :ivar warned: the warnings beside resources, in order.
    """

    value: Any = LATER
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    warned: list[str] = field(default_factory=list)

    def definition(self, name: str) -> Definition:
        return from_inputs(self.inputs[name])


def run_program(
    program: Callable[[], pulumi.Output[Any] | None], config: Mapping[str, str] | None = None, *, preview: bool = False
) -> Ran:
    """Runs ``program``; its resources get ids and their inputs as outputs, at a preview as well.

    :raises pulumi.RunError: as the program does.
    """
    ran = Ran()

    class Recorder(Mocks):
        def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
            ran.inputs[args.name] = args.inputs
            added = {"version": 1, **({"digest": PINNED} if "pinVersion" in args.inputs else {})}
            return f"{args.name}-id", {**args.inputs, ABOUT: {**args.inputs.get(ABOUT, {}), **added}}

        def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
            return {}

    def main() -> pulumi.Output[None]:
        made = program()

        async def keep() -> None:
            if made is not None and await made.is_known():
                ran.value = await made.future()

        return pulumi.Output.from_input(keep())

    set_mocks(Recorder(), project="shop", stack="test", organization="organization", preview=preview)
    set_all_config(dict(config or {}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pulumi.log, "warn", lambda message, *_: ran.warned.append(message))
        test(main)()
    return ran


def later() -> pulumi.Output[Any]:
    """A value that is not known at preview."""
    known: Any = pulumi.Output.from_input(False)
    return pulumi.Output(set(), pulumi.Output.from_input("value").future(), known.future())
