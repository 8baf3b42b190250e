"""Where ids and random numbers come from: new ones each time, or in a simulation the same ones in every run."""

from __future__ import annotations

import uuid
from random import Random, SystemRandom

#: New ones each time.
CHANCE: Random = SystemRandom()


def new_id(chance: Random) -> str:
    """A random UUID."""
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))
