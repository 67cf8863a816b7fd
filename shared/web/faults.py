"""Turns every exception into the fault its API family documents."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from multidict import CIMultiDict

from shared.db.trouble import unavailable
from shared.errors import CloudError, Kind, TooLarge
from shared.identity.middleware import unauthorized
from shared.logs import get_logger
from shared.web.context import context_of
from shared.web.families import Family, Fault

log = get_logger(__name__)

UNEXPECTED: Final = "The server has either erred or is incapable of performing the operation."

MESSAGES: Final[Mapping[int, str]] = {
    404: "The resource could not be found.",
    405: "The method specified is not allowed for this resource.",
    408: "The request did not arrive in time.",
    413: "Request is too large.",
    415: "Unsupported Content-Type",
}

# Headers of an aiohttp error that say something about the refusal rather than about its body.
KEPT: Final = ("Allow", "Retry-After", "Content-Range", "WWW-Authenticate")


def faults(family: Family) -> Middleware:
    """Build the middleware that lets no exception out of the service."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as answer:
            if answer.status < 400:
                raise
            return response_to(family, request, answer)
        except Exception as error:
            if context_of(request).prepared:  # half an answer is out: all that helps is to hang up
                log.exception("answer broken off", path=request.path)
                _hang_up(request)
                raise ConnectionResetError("the answer was broken off") from error
            return response_to(family, request, error)

    return middleware


def response_to(family: Family, request: web.Request, error: Exception) -> web.Response:
    """Return the answer that tells the client about the error; an unforeseen one is logged."""
    known = isinstance(error, CloudError | web.HTTPException)
    if not known and (trouble := unavailable(error)) is not None:
        log.warning("no database", path=request.path, why=str(error))
        error = trouble
    if isinstance(error, web.HTTPException):
        fault = _of_http(error)
    elif isinstance(error, CloudError):
        fault = _of_cloud(family, error)
        _log_cause(request, error, fault)
    else:
        log.exception("unhandled error", path=request.path, exc_info=error)
        fault = Fault(
            status=500, code=CloudError.code, name="HTTPInternalServerError", message=UNEXPECTED
        )
    if fault.status == 401:
        return unauthorized(request)
    rendered = family.render(fault, request.headers.get("Accept", ""))
    headers = CIMultiDict(fault.headers)
    headers["Content-Type"] = rendered.content_type
    headers["X-Error-Code"] = fault.code
    response = web.Response(status=fault.status, body=rendered.body, headers=headers)
    if isinstance(error, TooLarge) or fault.status == 408:
        response.force_close()  # the rest of the body is not worth waiting for
    return response


def _of_cloud(family: Family, error: CloudError) -> Fault:
    headers: CIMultiDict[str] = CIMultiDict()
    retry_after = family.retry_after_of(error)
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    bug = error.kind is Kind.BUG
    return Fault(
        status=family.status_of(error),
        code=error.code,
        name="HTTPInternalServerError" if bug else error.name,
        message=UNEXPECTED if bug else error.message,
        headers=headers,
    )


def _of_http(error: web.HTTPException) -> Fault:
    said = error.text or ""
    generic = said in {"", f"{error.status}: {error.reason}"}
    message = MESSAGES.get(error.status, error.reason) if generic else said
    headers = CIMultiDict((name, error.headers[name]) for name in KEPT if name in error.headers)
    return Fault(
        status=error.status,
        code=f"http.{error.status}",
        name=type(error).__name__,
        message=message,
        headers=headers,
    )


def _log_cause(request: web.Request, error: CloudError, fault: Fault) -> None:
    if error.kind is Kind.BUG:
        log.error("unhandled error", path=request.path, exc_info=error)
    elif fault.status >= 500 and error.__cause__ is not None:
        log.warning("refused", path=request.path, code=error.code, exc_info=error)


def _hang_up(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.close()
