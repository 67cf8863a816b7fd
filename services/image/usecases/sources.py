"""What an import needs of the world outside; who fetches says how (``effects.web``)."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from yarl import URL

from services.image.domain.sources import LONGEST, SourceRefused, SourceRules
from shared.errors import Unavailable


class SourceDown(Unavailable):
    """The source does not answer, or breaks off; it may answer later."""

    code = "image.source_down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """The bytes of a source, on their way."""

    pieces: AsyncIterator[bytes]
    size: int | None  # as announced


class Source(Protocol):
    """Fetches what is at a URL."""

    def open(self, uri: str) -> AbstractAsyncContextManager[Coming]:
        """Ask for the bytes at the URL.

        Raises:
            SourceRefused: it is none to fetch from, or has nothing.
            SourceDown: it does not answer now.
        """


def checked_url(uri: str, rules: SourceRules) -> URL:
    """Return the URL, read by what will connect to it, if its parts are allowed.

    Raises:
        SourceRefused: they are not.
    """
    try:
        url = URL(uri)
        allowed = len(uri) <= LONGEST and url.user is None and url.password is None
        if allowed and rules.allows(url.scheme, url.host, url.port):
            return url
    except ValueError:
        pass
    raise SourceRefused(f"URI for web-download does not pass filtering: {uri[:LONGEST]}")
