"""Provides ids and random numbers: new ones in the emulator, the same ones in every run of a simulation."""

from __future__ import annotations

from random import Random, SystemRandom

#: Returns new numbers each time.
CHANCE: Random = SystemRandom()


def new_id(chance: Random) -> str:
    """A random UUID."""
    bits = chance.getrandbits(128) & ~(0xF << 76 | 3 << 62) | 4 << 76 | 2 << 62  # version 4 of RFC 9562
    digits = f"{bits:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
