"""Is run at the start of each Python program that the tests start, and leaves out what none of them needs.

``import httpx`` imports what httpx's own command line uses, if it is installed (rich, pygments): a third of its time.
httpx does without it where that module can't be imported.
"""

import sys

sys.modules["httpx._main"] = None  # type: ignore[assignment]
