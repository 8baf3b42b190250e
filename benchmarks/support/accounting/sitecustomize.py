"""Is run at the start of each Python process of an operation, for ``benchmarks/provider.py``.

At its end, each process writes its processor time to the file ``BENCH_ACCOUNT``.
"""

import os
import sys

# As for a user: only the tools of this project bring what httpx's own command line imports (rich, pygments).
sys.modules["httpx._main"] = None  # type: ignore[assignment]

if "BENCH_ACCOUNT" in os.environ:
    import atexit
    import time

    def _write() -> None:
        command = " ".join(sys.orig_argv)
        roles = {"pulumi-language-python-exec": "program", "pulumi.dynamic": "plugin"}
        role = next((role for part, role in roles.items() if part in command), "engine")
        with open(os.environ["BENCH_ACCOUNT"], "a") as account:
            account.write(f"{role} {time.process_time()}\n")

    atexit.register(_write)
