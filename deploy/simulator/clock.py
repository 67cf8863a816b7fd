"""Time and chance of the simulated world."""

import random
import time
import uuid


def now() -> float:
    """Seconds since the epoch, with microseconds, as Ganeti stamps objects."""
    return round(time.time(), 6)


def stamp() -> tuple[int, int]:
    """The time as the job queue writes it: seconds and microseconds."""
    seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    return seconds, nanoseconds // 1000


class Ids:
    """New identifiers, repeatable for a seed; how long things take does not change them."""

    def __init__(self, seed: str) -> None:
        self.sow(seed)

    def sow(self, seed: str) -> None:
        """Begin anew: the same seed brings the same identifiers and the same chance."""
        self._random = random.Random(seed)
        self._chance = random.Random(f"{seed}/chance")

    def uuid(self) -> str:
        """A fresh version 4 UUID."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def mac(self, prefix: str) -> str:
        """A MAC address that begins with the three bytes of `prefix`."""
        return f"{prefix}:" + ":".join(f"{self._random.randrange(256):02x}" for _ in range(3))

    @property
    def chance(self) -> random.Random:
        """Where all chance of the cluster comes from."""
        return self._chance

    def about(self, seconds: float) -> float:
        """`seconds`, a little more or less."""
        return seconds * self._chance.uniform(0.8, 1.2)
