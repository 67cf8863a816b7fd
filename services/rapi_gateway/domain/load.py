"""How much waits for a cluster, and when that is worth a word."""

from dataclasses import dataclass
from typing import Final

SHORT: Final = 10.0  # seconds: nobody calls such a wait a lag


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The figures of one cluster."""

    cluster: str
    health: str
    cause: str = ""
    pending: int = 0
    in_doubt: int = 0
    lag_seconds: float = 0.0
    last_job: int = 0

    @property
    def scale(self) -> str:
        """The magnitude of the figures: while it stays, nothing has changed for people."""
        lag = 0.0 if self.lag_seconds < SHORT else self.lag_seconds
        figures = (_digits(self.pending), _digits(self.in_doubt), _digits(lag))
        return "/".join((self.health, self.cause, *map(str, figures)))


def _digits(figure: float) -> int:
    return 0 if figure < 1 else len(str(int(figure)))
