"""Is run at the start of each Python program that the tests start, and leaves out what none of them needs.

``import httpx`` imports what httpx's own command line uses, if it is installed (rich, pygments): a third of its time.
If that module can't be imported, httpx defines a command that reports it.
"""

import sys

sys.modules["httpx._main"] = None  # type: ignore[assignment]
