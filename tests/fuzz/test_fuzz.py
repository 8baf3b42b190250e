"""Each target, for a short time in the suite, and for ``FUZZ_SECONDS`` in ``make fuzz``."""

from __future__ import annotations

import os
import pkgutil
import time
from collections.abc import Callable
from importlib import import_module
from itertools import count
from random import Random

import pytest

from fuzz import targets
from fuzz.harness import violation
from kit import PRINTED

#: Cases in the suite; a target whose cases take longer has a number of its own, ``SHORT``.
_SHORT = 120

TARGETS = sorted(each.name for each in pkgutil.iter_modules(targets.__path__))


@pytest.mark.parametrize("target", TARGETS)
def test_target(target: str, record_property: Callable[[str, object], None]) -> None:
    """No case of the target takes more time or memory than the bounds, shows a traceback, or breaks a promise."""
    module = import_module(f"fuzz.targets.{target}")
    make, short = module.make, getattr(module, "SHORT", _SHORT)
    seconds = float(os.environ.get("FUZZ_SECONDS", "0"))
    seeds = [int(os.environ["FUZZ_SEED"])] if "FUZZ_SEED" in os.environ else count(time.time_ns() if seconds else 0)
    end = time.monotonic() + seconds
    broken, made = [], 0
    for seed in seeds:
        if time.monotonic() > end if seconds else made == short:
            break
        case = make(Random(seed))
        made += 1
        if wrong := violation(case, 1 if seconds else 4):
            broken.append(f"FUZZ_SEED={seed}: {case.about}: {wrong}")
    record_property(PRINTED, f"fuzz {target}: {made:,} cases, {len(broken)} violations")
    assert not broken, "\n\n".join(broken[:10])
