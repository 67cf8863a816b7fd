"""Where this service is, as its links tell clients."""

from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicUrl:
    """How the service's own address is found out."""

    fixed: str | None = None  # the setting; everything below is for when it is absent
    trust_forwarded: bool = False  # only behind a proxy that sets X-Forwarded-* itself

    def of(self, request: web.Request) -> str:
        """Return the base of all links, without a slash at its end."""
        if self.fixed:
            return self.fixed.rstrip("/")
        scheme, host = request.scheme, request.host
        if self.trust_forwarded:
            scheme = _first(request, "X-Forwarded-Proto") or scheme
            host = _first(request, "X-Forwarded-Host") or host
        return f"{scheme}://{host}"


PUBLIC_URL = web.AppKey("public_url", PublicUrl)


def base_url(request: web.Request) -> str:
    """Return the service's own address, e.g. ``http://127.0.0.1:8774``."""
    return request.app[PUBLIC_URL].of(request)


def _first(request: web.Request, header: str) -> str:
    return request.headers.get(header, "").partition(",")[0].strip()
