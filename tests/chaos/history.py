"""What the clients asked for, and what they were told: all that the checker believes."""

import json
import time
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

STATES: Final = {"create": "ACTIVE", "start": "ACTIVE", "stop": "SHUTOFF", "delete": "deleted"}


class Outcome(StrEnum):
    """What a client knows of a request it made."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"  # the answer was lost, or was a 5xx: it may or may not be done


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One request and its answer."""

    at: float  # seconds since the history began
    client: int
    operation: str  # create, start, stop or delete
    name: str  # of the server
    server: str | None  # its id, once it is known
    outcome: Outcome
    status: int | None  # of the HTTP answer


@dataclass(slots=True, kw_only=True)
class Intent:
    """What one server may be in the end, as far as its client can tell."""

    name: str
    server: str | None = None
    allowed: set[str] = field(default_factory=set)  # of statuses; "deleted", "never made"

    def heard(self, entry: Entry) -> None:
        """Take note of an answer."""
        self.server = entry.server or self.server
        match entry.outcome:
            case Outcome.ACCEPTED:
                self.allowed = {STATES[entry.operation]}
            case Outcome.UNKNOWN:
                self.allowed.add(STATES[entry.operation])
                if entry.operation == "create":
                    self.allowed.add("never made")
            case Outcome.REFUSED:
                if entry.operation == "create":
                    self.allowed = {"never made"}


@dataclass(slots=True)
class History:
    """Every request of every client, in the order of the answers."""

    entries: list[Entry] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)

    def add(
        self,
        *,
        client: int,
        operation: str,
        name: str,
        server: str | None,
        outcome: Outcome,
        status: int | None,
    ) -> None:
        """Write an answer down."""
        self.entries.append(
            Entry(
                at=round(time.monotonic() - self._began, 3),
                client=client,
                operation=operation,
                name=name,
                server=server,
                outcome=outcome,
                status=status,
            )
        )

    def intents(self) -> dict[str, Intent]:
        """What each server may be in the end, by its name."""
        found: dict[str, Intent] = {}
        for entry in self.entries:
            found.setdefault(entry.name, Intent(name=entry.name)).heard(entry)
        return found

    def write(self, path: Path) -> None:
        """Keep it as JSON, a line per entry."""
        path.write_text("".join(json.dumps(asdict(each)) + "\n" for each in self.entries))
