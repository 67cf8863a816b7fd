"""A bounded memory of answers, each with an end; the least recently used goes first."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Memory(Generic[Value]):
    """Remembers at most ``size`` answers."""

    def __init__(self, size: int, clock: Callable[[], float]) -> None:
        self._size = size
        self._clock = clock
        self._entries: OrderedDict[bytes, tuple[Value, float]] = OrderedDict()

    def recall(self, key: bytes) -> Value | None:
        """Return what is remembered and still good."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        value, until = entry
        if until <= self._clock():
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return value

    def remember(self, key: bytes, value: Value, seconds: float) -> None:
        """Keep the answer for a while; not at all when the while is nothing."""
        if seconds <= 0:
            return
        self._entries[key] = (value, self._clock() + seconds)
        self._entries.move_to_end(key)
        while len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def __len__(self) -> int:
        """Return how many answers are remembered."""
        return len(self._entries)
