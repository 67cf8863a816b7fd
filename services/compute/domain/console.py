"""Tokens that open a server's screen once, and why it may not be opened."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_urlsafe
from typing import Self
from uuid import UUID

from shared.errors import Conflict, Kind, NotSupported


class ConsoleUnavailable(NotSupported):
    """The server's screen, or its serial line, cannot be had this way."""

    kind = Kind.BAD_INPUT
    code = "compute.console.unavailable"


class InstanceNotReady(Conflict):
    """The server has no instance that runs."""

    code = "compute.server.not_ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What a token opens; the token itself is kept nowhere."""

    token_hash: str
    server_id: UUID
    cluster: str
    host: str
    port: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """A secret that is given out once; we keep its hash."""

    text: str

    @classmethod
    def new(cls) -> Self:
        """Return one that nobody can guess."""
        return cls(token_urlsafe(32))

    @property
    def hash(self) -> str:
        """What is kept of it."""
        return sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()
