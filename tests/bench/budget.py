"""The figures to reach, and whether a measured one reaches them."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a scenario may cost; what is not named may be anything."""

    cpu_ms: float | None = None  # of services and database, per request or server
    per_second: float | None = None
    share: float | None = None  # of the prototype's requests per second, in percent
    p50_ms: float | None = None
    mib: float | None = None
    times: float | None = None  # of the same with fewer rows

    def text(self) -> str:
        """Return the budget as people read it."""
        return ", ".join(words for words, _name, _met in self._terms(None))

    def missed(self, figure: "Measured") -> list[str]:
        """Return the names of what was not reached."""
        return [name for _words, name, met in self._terms(figure) if not met]

    def _terms(self, figure: "Measured | None") -> Iterator[tuple[str, str, bool]]:
        for name, words in AT_MOST.items():
            if (limit := getattr(self, name)) is not None:
                found = getattr(figure, name, None)
                yield words.format(limit), name, found is not None and found <= limit
        for name, words in AT_LEAST.items():
            if (limit := getattr(self, name)) is not None:
                found = getattr(figure, name, None)
                yield words.format(limit), name, found is not None and found >= limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What may be held against a budget."""

    cpu_ms: float | None = None
    per_second: float | None = None
    share: float | None = None
    p50_ms: float | None = None
    mib: float | None = None
    times: float | None = None


AT_MOST = {
    "cpu_ms": "CPU <= {:g}",
    "p50_ms": "p50 <= {:g}",
    "mib": "MiB <= {:g}",
    "times": "<= {:g} x",
}
AT_LEAST = {"per_second": ">= {:g}/s", "share": ">= {:g} %"}
