"""Spaces out what is tried and does not help, so that it neither floods Ganeti nor starves others.

Rounds are counted, not timed. What was tried once waits for the next round, then for two, four, up
to sixteen; what was never tried comes first.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
LONGEST: Final = 16  # rounds between two tries of the same


@dataclass(slots=True)
class _Tried:
    times: int
    not_before: int  # the round in which its turn comes again


class Patience(Generic[Key]):
    """Remembers what was tried; forgets what nobody has asked for in a long time."""

    def __init__(self) -> None:
        self._round = 0
        self._tried: dict[Key, _Tried] = {}

    def turns(self, wanted: Iterable[Key], most: int) -> list[Key]:
        """Begin a round; return what is tried in it, what was tried the fewest times first.

        Args:
            wanted: all that could be tried.
            most: how many are tried at once.
        """
        self._round += 1
        for key in [key for key, each in self._tried.items() if self._is_over(each)]:
            del self._tried[key]
        ready = sorted(filter(self._is_ready, wanted), key=self._times)
        for key in ready[:most]:
            times = self._times(key) + 1
            pause = min(2 ** (times - 1), LONGEST)
            self._tried[key] = _Tried(times, self._round + pause)
        return ready[:most]

    def not_tried(self, key: Key) -> None:
        """Have the next round try it: in this one it could not be."""
        self._tried[key].not_before = self._round + 1

    def _is_over(self, tried: _Tried) -> bool:
        return tried.not_before + LONGEST < self._round

    def _is_ready(self, key: Key) -> bool:
        return key not in self._tried or self._tried[key].not_before <= self._round

    def _times(self, key: Key) -> int:
        return self._tried[key].times if key in self._tried else 0
