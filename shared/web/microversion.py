"""Microversions: which shape of the API a request speaks.

``OpenStack-API-Version: compute 2.96`` (it may name several services), or Nova's older
``X-OpenStack-Nova-API-Version: 2.96``; the new form wins. ``latest`` is the maximum, nothing is
the minimum.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from shared.errors import BadInput, NotAcceptable
from shared.web.context import context_of

STANDARD: Final = "OpenStack-API-Version"
NOVA_LEGACY: Final = "X-OpenStack-Nova-API-Version"
FORMAT: Final = re.compile(r"([1-9]\d{0,5})\.([1-9]\d{0,5}|0)")


class Version(NamedTuple):
    """One microversion; compares as numbers do."""

    major: int
    minor: int

    @property
    def text(self) -> str:
        """The version as headers and documents write it."""
        return f"{self.major}.{self.minor}"


MICROVERSION = web.RequestKey("microversion", Version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Microversions:
    """The range of microversions a service speaks."""

    service: str  # as named in the header: compute, volume
    minimum: Version
    maximum: Version
    prefix: str  # URLs below it are versioned; the version documents above it are not
    legacy: str | None = None

    def parse(self, request: web.Request) -> Version:
        """Return the version a request asks for, whether or not it is in range.

        Raises:
            BadInput: it is not a version.
        """
        text = self._asked(request)
        if text is None:
            return self.minimum
        if text == "latest":
            return self.maximum
        asked = _parsed(text)
        if asked is None:
            raise BadInput(
                f"API Version String {text} is of invalid format. "
                "Must be of format MajorNum.MinorNum."
            )
        return asked

    def _asked(self, request: web.Request) -> str | None:
        for header in request.headers.getall(STANDARD, ()):
            for part in header.split(","):
                service, _, version = part.strip().partition(" ")
                if service.lower() == self.service and version:
                    return version.strip().lower()
        legacy = request.headers.get(self.legacy) if self.legacy else None
        return legacy.strip().lower() if legacy is not None else None

    def announce(self, version: Version) -> Mapping[str, str]:
        """Return the headers that tell the client which version it got."""
        return _announcement(self.service, self.legacy, version)

    @property
    def vary(self) -> tuple[str, ...]:
        """The headers that the answer depends on."""
        return (STANDARD, self.legacy) if self.legacy else (STANDARD,)

    def covers(self, path: str) -> bool:
        """Whether the URL is versioned."""
        return path == self.prefix or path.startswith(f"{self.prefix}/")


def compute_microversions(maximum: str = "2.96") -> Microversions:
    """Return Nova's range up to the maximum."""
    return Microversions(
        service="compute",
        minimum=Version(2, 1),
        maximum=version(maximum),
        prefix="/v2.1",
        legacy=NOVA_LEGACY,
    )


def volume_microversions(maximum: str = "3.70") -> Microversions:
    """Return Cinder's range up to the maximum."""
    return Microversions(
        service="volume", minimum=Version(3, 0), maximum=version(maximum), prefix="/v3"
    )


@lru_cache(maxsize=256)
def _parsed(text: str) -> Version | None:
    match = FORMAT.fullmatch(text)
    return Version(int(match[1]), int(match[2])) if match else None


@lru_cache(maxsize=256)
def _announcement(service: str, legacy: str | None, asked: Version) -> Mapping[str, str]:
    headers = {STANDARD: f"{service} {asked.text}"}
    if legacy:
        headers[legacy] = asked.text
    return headers


def version(text: str) -> Version:
    """Return the version that is written ``major.minor``."""
    major, minor = text.split(".")
    return Version(int(major), int(minor))


def negotiate(spoken: Microversions) -> Middleware:
    """Build the middleware that settles the microversion, and announces it on every answer."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not spoken.covers(request.path):
            request[MICROVERSION] = spoken.minimum
            return await handler(request)
        notes = context_of(request)
        notes.extra_headers, notes.vary = spoken.announce(spoken.minimum), spoken.vary
        asked = spoken.parse(request)
        notes.extra_headers = spoken.announce(asked)
        if not spoken.minimum <= asked <= spoken.maximum:
            raise NotAcceptable(
                f"Version {asked.text} is not supported by the API. "
                f"Minimum is {spoken.minimum.text} and maximum is {spoken.maximum.text}."
            )
        request[MICROVERSION] = asked
        return await handler(request)

    return middleware


def at_least(request: web.Request, major: int, minor: int) -> bool:
    """Whether the request speaks this microversion or a later one."""
    return request[MICROVERSION] >= (major, minor)
