"""The API families: how each of them words its refusals.

A family maps the kind of an error to a status and renders the body its clients parse. It is data:
a service picks one, and may refine statuses for errors of its own by ``with_statuses``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from html import escape
from typing import Final

import orjson
from aiohttp import web
from multidict import CIMultiDict

from shared.errors import CloudError, Kind, StaleWrite
from shared.web.complaints import NEUTRON_ATTRIBUTES, UPSTREAM_SCHEMA, Wording

STALE_RETRY: Final = 1  # seconds; what changed has been written by then
STATUSES: Final[Mapping[Kind, int]] = {
    Kind.BAD_INPUT: 400,
    Kind.NOT_AUTHENTICATED: 401,
    Kind.NOT_ALLOWED: 403,
    Kind.NOT_FOUND: 404,
    Kind.WRONG_METHOD: 405,
    Kind.NOT_ACCEPTABLE: 406,
    Kind.CONFLICT: 409,
    Kind.TOO_LARGE: 413,
    Kind.WRONG_MEDIA_TYPE: 415,
    Kind.UNPROCESSABLE: 422,
    Kind.OVER_QUOTA: 403,
    Kind.NOT_SUPPORTED: 501,
    Kind.UNAVAILABLE: 503,
    Kind.BUG: 500,
}

PHRASES: Final[Mapping[int, str]] = {
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 406: "Not Acceptable", 408: "Request Timeout", 409: "Conflict",
    410: "Gone", 412: "Precondition Failed", 413: "Request Entity Too Large",
    415: "Unsupported Media Type", 416: "Requested Range Not Satisfiable",
    422: "Unprocessable Entity", 429: "Too Many Requests", 500: "Internal Server Error",
    501: "Not Implemented", 503: "Service Unavailable",
}  # fmt: skip

NOVA_NAMES: Final[Mapping[int, str]] = {
    400: "badRequest", 401: "unauthorized", 403: "forbidden", 404: "itemNotFound",
    405: "badMethod", 409: "conflictingRequest", 413: "overLimit", 415: "badMediaType",
    429: "overLimit", 501: "notImplemented", 503: "serviceUnavailable",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A refusal, before a family has worded it."""

    status: int
    code: str  # ours, stable
    name: str  # Neutron's ``type``
    message: str
    headers: CIMultiDict[str] = field(default_factory=CIMultiDict)


@dataclass(frozen=True, slots=True)
class Rendered:
    """The body of an answer, and its media type."""

    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What the services of one upstream API have in common."""

    name: str
    render: Callable[[Fault, str], Rendered]  # takes the fault and the request's Accept header
    statuses: Mapping[Kind, int] = field(default_factory=dict)  # where they differ from STATUSES
    quota_retry_after: int | None = None
    request_id_headers: tuple[str, ...] = ("X-Openstack-Request-Id",)
    media_types: frozenset[str] = frozenset({""})  # beside JSON, what a JSON body may claim to be
    wording: Wording = UPSTREAM_SCHEMA
    own_statuses: Mapping[type[CloudError], int] = field(default_factory=dict)

    def with_statuses(self, statuses: Mapping[type[CloudError], int]) -> "Family":
        """Return the family with other statuses for some errors (and their subclasses)."""
        return replace(self, own_statuses={**self.own_statuses, **statuses})

    def status_of(self, error: CloudError) -> int:
        """Return the HTTP status this family answers the error with."""
        for cls in type(error).__mro__:
            if cls in self.own_statuses:
                return self.own_statuses[cls]
        return self.statuses.get(error.kind, STATUSES[error.kind])

    def retry_after_of(self, error: CloudError) -> int | None:
        """Return the seconds to announce in ``Retry-After``, if any."""
        if error.retry_after is None and error.kind is Kind.OVER_QUOTA:
            return self.quota_retry_after
        if error.retry_after is None and isinstance(error, StaleWrite):
            return STALE_RETRY
        return error.retry_after


def _nova(fault: Fault, _accept: str) -> Rendered:
    inner: dict[str, object] = {"code": fault.status, "message": fault.message}
    if fault.status in {413, 429} and "Retry-After" in fault.headers:
        inner["retryAfter"] = fault.headers["Retry-After"]
    body = {NOVA_NAMES.get(fault.status, "computeFault"): inner}
    return Rendered(orjson.dumps(body), "application/json; charset=UTF-8")


def _neutron(fault: Fault, _accept: str) -> Rendered:
    outer, name = ("NeutronError", fault.name)
    if fault.status == 501:
        outer = name = "NotImplementedError"
    body = {outer: {"type": name, "message": fault.message, "detail": ""}}
    return Rendered(orjson.dumps(body), "application/json")


def _glance(fault: Fault, accept: str) -> Rendered:
    title = PHRASES.get(fault.status, "Error")
    code = f"{fault.status} {title}"
    if accepts_json(accept):
        body = {"message": f"{fault.message}<br /><br />\n\n\n", "code": code, "title": title}
        return Rendered(orjson.dumps(body), "application/json; charset=UTF-8")
    page = (
        f"<html>\n <head>\n  <title>{code}</title>\n </head>\n <body>\n  <h1>{code}</h1>\n"
        f"  {escape(fault.message)}<br /><br />\n\n\n\n </body>\n</html>"
    )
    return Rendered(page.encode(), "text/html; charset=UTF-8")


def _internal(fault: Fault, _accept: str) -> Rendered:
    body = {"error": {"code": fault.code, "message": fault.message}}
    return Rendered(orjson.dumps(body), "application/json")


def accepts_json(accept: str) -> bool:
    """Whether an Accept header takes JSON; an absent one takes everything."""
    if not accept.strip():
        return True
    for part in accept.lower().split(","):
        media, _, parameters = part.partition(";")
        refused = any(
            option.strip() in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
            for option in parameters.split(";")
        )
        if media.strip() in {"application/json", "application/*", "*/*"} and not refused:
            return True
    return False


LENIENT: Final = frozenset({"", "text/plain"})  # as Nova's and Cinder's common ancestor is
BOTH_IDS: Final = ("X-Openstack-Request-Id", "X-Compute-Request-Id")

NOVA: Final = Family(name="nova", render=_nova, media_types=LENIENT, request_id_headers=BOTH_IDS)
NEUTRON: Final = Family(
    name="neutron",
    render=_neutron,
    statuses={Kind.OVER_QUOTA: 409},
    wording=NEUTRON_ATTRIBUTES,
)
GLANCE: Final = Family(name="glance", render=_glance, statuses={Kind.OVER_QUOTA: 413})
CINDER: Final = Family(
    name="cinder",
    render=_nova,
    statuses={Kind.OVER_QUOTA: 413},
    quota_retry_after=0,
    media_types=LENIENT,
    request_id_headers=BOTH_IDS,
)
INTERNAL: Final = Family(name="internal", render=_internal)

FAMILY = web.AppKey("family", Family)
