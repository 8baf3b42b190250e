"""Provides ids and random numbers: new ones in the emulator, the same ones in every run of a simulation."""

from __future__ import annotations

import uuid
from random import Random, SystemRandom

#: Returns new numbers each time.
CHANCE: Random = SystemRandom()


def new_id(chance: Random) -> str:
    """A random UUID."""
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))
