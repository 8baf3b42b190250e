"""How often Python looks for garbage, in the program and in the plugin: processes that keep nearly all that they make.

Out of the box Python goes through everything that lives, again and again while more is made. In a preview of a thousand
resources that took 5.4 of a program's 10.4 s of processor time, whatever their provider (docs/benchmarks.md), and there
is next to nothing to find.
"""

from __future__ import annotations

import gc

#: How many more objects there are before Python looks for garbage; 700 or 2,000 out of the box.
_OBJECTS = 50_000


def collect_seldom() -> None:
    """Lets this process look for garbage less often, unless it does so already, or never."""
    if 0 < gc.get_threshold()[0] < _OBJECTS:
        gc.set_threshold(_OBJECTS)
