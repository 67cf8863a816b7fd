"""Every family words every refusal as its clients parse it."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from shared.errors import (
    BackendFailed,
    BadInput,
    CloudError,
    Conflict,
    Kind,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    NotSupported,
    OverQuota,
    StaleWrite,
    Unavailable,
)
from shared.web.families import CINDER, GLANCE, INTERNAL, NEUTRON, NOVA, Family

FAMILIES = [NOVA, NEUTRON, GLANCE, CINDER, INTERNAL]
UNAUTHORIZED = {
    "error": {
        "code": 401,
        "title": "Unauthorized",
        "message": "The request you have made requires authentication.",
    }
}


class CannotPause(NotSupported):
    kind = Kind.BAD_INPUT
    code = "tested.cannot_pause"


def raising(error: Exception) -> list[web.RouteDef]:
    async def handler(_request: web.Request) -> web.Response:
        raise error

    return [web.get("/x", handler)]


def nova(name: str, code: int, message: str, **more: Any) -> dict[str, Any]:
    return {name: {"code": code, "message": message, **more}}


def neutron(kind: str, message: str, outer: str = "NeutronError") -> dict[str, Any]:
    return {outer: {"type": kind, "message": message, "detail": ""}}


def glance(code: int, title: str, message: str) -> dict[str, Any]:
    body = f"{message}<br /><br />\n\n\n"
    return {"message": body, "code": f"{code} {title}", "title": title}


def internal(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


NOT_FOUND = NotFound("No x.", name="XNotFound")
CASES: list[tuple[Family, CloudError, int, dict[str, Any]]] = [
    (NOVA, BadInput("No."), 400, nova("badRequest", 400, "No.")),
    (NOVA, NotAllowed("No."), 403, nova("forbidden", 403, "No.")),
    (NOVA, NOT_FOUND, 404, nova("itemNotFound", 404, "No x.")),
    (NOVA, Conflict("No."), 409, nova("conflictingRequest", 409, "No.")),
    (NOVA, OverQuota("No."), 403, nova("forbidden", 403, "No.")),
    (NOVA, NotSupported("No."), 501, nova("notImplemented", 501, "No.")),
    (NOVA, CannotPause("No."), 400, nova("badRequest", 400, "No.")),
    (NOVA, Unavailable("No."), 503, nova("serviceUnavailable", 503, "No.")),
    (CINDER, NOT_FOUND, 404, nova("itemNotFound", 404, "No x.")),
    (CINDER, OverQuota("No."), 413, nova("overLimit", 413, "No.", retryAfter="0")),
    (CINDER, NotSupported("No."), 501, nova("notImplemented", 501, "No.")),
    (NEUTRON, NOT_FOUND, 404, neutron("XNotFound", "No x.")),
    (NEUTRON, OverQuota("No."), 409, neutron("OverQuota", "No.")),
    (NEUTRON, Conflict("No.", name="IpInUse"), 409, neutron("IpInUse", "No.")),
    (
        NEUTRON,
        NotSupported("No."),
        501,
        neutron("NotImplementedError", "No.", outer="NotImplementedError"),
    ),
    (GLANCE, NOT_FOUND, 404, glance(404, "Not Found", "No x.")),
    (GLANCE, OverQuota("No."), 413, glance(413, "Request Entity Too Large", "No.")),
    (GLANCE, NotSupported("No."), 501, glance(501, "Not Implemented", "No.")),
    (INTERNAL, NOT_FOUND, 404, internal("cloud.not_found", "No x.")),
    (INTERNAL, BackendFailed("No."), 503, internal("cloud.backend_failed", "No.")),
]


@pytest.mark.parametrize(("family", "error", "status", "body"), CASES)
async def test_a_refusal_is_worded_as_the_family_does(
    serve: Callable[..., Awaitable[Any]],
    family: Family,
    error: CloudError,
    status: int,
    body: dict[str, Any],
) -> None:
    served = await serve(raising(error), family)
    answer = await served.ask("GET", "/x")
    assert (answer.status_code, answer.json()) == (status, body)
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["X-Error-Code"] == error.code


BOTH = {"x-openstack-request-id", "x-compute-request-id"}


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: str(family.name))
async def test_an_unforeseen_error_tells_nothing_but_its_request_id(
    serve: Callable[..., Awaitable[Any]], family: Family
) -> None:
    served = await serve(raising(ValueError("SELECT secret FROM passwords")), family)
    answer = await served.ask("GET", "/x")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "has either erred" in answer.text
    assert answer.headers["X-Openstack-Request-Id"].startswith("req-")
    assert (family in (NOVA, CINDER)) == (set(answer.headers) >= BOTH)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: str(family.name))
async def test_an_unknown_url_and_a_wrong_method_are_worded_too(
    serve: Callable[..., Awaitable[Any]], family: Family
) -> None:
    served = await serve(raising(NOT_FOUND), family)
    unknown, wrong = await served.ask("GET", "/nix"), await served.ask("PUT", "/x")
    assert (unknown.status_code, wrong.status_code) == (404, 405)
    assert "The resource could not be found." in unknown.text
    assert wrong.headers["Allow"] == "GET,HEAD"
    for answer in (unknown, wrong):
        assert answer.headers["X-Openstack-Request-Id"].startswith("req-")
        assert answer.json().keys() <= {
            "itemNotFound", "badMethod", "NeutronError", "message", "code", "title", "error",
        }  # fmt: skip


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: str(family.name))
@pytest.mark.parametrize("token", ["", "forged"])
async def test_without_a_good_token_everybody_gets_keystones_401(
    serve: Callable[..., Awaitable[Any]], family: Family, token: str
) -> None:
    served = await serve(raising(NOT_FOUND), family)
    answer = await served.ask("GET", "/x", user=token)
    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)
    assert answer.headers["WWW-Authenticate"] == 'Keystone uri="http://keystone.example/v3"'
    assert answer.headers["Content-Type"] == "application/json"


async def test_a_handler_that_finds_the_token_wanting_answers_the_same_401(
    serve: Callable[..., Awaitable[Any]],
) -> None:
    served = await serve(raising(NotAuthenticated("Really?")), NEUTRON)
    answer = await served.ask("GET", "/x")
    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)


async def test_glance_speaks_html_to_those_who_take_nothing_else(
    serve: Callable[..., Awaitable[Any]],
) -> None:
    served = await serve(raising(NotFound("No <b>x</b>.")), GLANCE)
    page = await served.ask("GET", "/x", headers={"Accept": "text/html"})
    assert page.headers["Content-Type"] == "text/html; charset=UTF-8"
    assert page.text == (
        "<html>\n <head>\n  <title>404 Not Found</title>\n </head>\n <body>\n"
        "  <h1>404 Not Found</h1>\n  No &lt;b&gt;x&lt;/b&gt;.<br /><br />\n\n\n\n </body>\n</html>"
    )
    both = await served.ask("GET", "/x", headers={"Accept": "text/html, */*;q=0.1"})
    assert both.json()["title"] == "Not Found"


async def test_http_errors_of_the_framework_are_worded_with_their_text(
    serve: Callable[..., Awaitable[Any]],
) -> None:
    served = await serve(raising(web.HTTPGone(text="Removed for good.")), NOVA)
    answer = await served.ask("GET", "/x")
    assert (answer.status_code, answer.json()) == (
        410, {"computeFault": {"code": 410, "message": "Removed for good."}}
    )  # fmt: skip


async def test_redirects_pass_untouched(serve: Callable[..., Awaitable[Any]]) -> None:
    served = await serve(raising(web.HTTPFound("/elsewhere")), NOVA)
    answer = await served.ask("GET", "/x")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/elsewhere")
    assert answer.headers["X-Openstack-Request-Id"].startswith("req-")


async def test_a_service_may_give_its_own_errors_other_statuses(
    serve: Callable[..., Awaitable[Any]],
) -> None:
    class RevisionMismatch(Conflict):
        code = "tested.revision"

    family = NEUTRON.with_statuses({RevisionMismatch: 412})
    served = await serve(raising(RevisionMismatch("Changed.", name="RevisionFailed")), family)
    answer = await served.ask("GET", "/x")
    assert (answer.status_code, answer.json()) == (412, neutron("RevisionFailed", "Changed."))


async def test_a_refusal_says_when_to_come_back(serve: Callable[..., Awaitable[Any]]) -> None:
    served = await serve(raising(Unavailable("Busy.", retry_after=7)), NOVA)
    answer = await served.ask("GET", "/x")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")


async def test_who_was_overtaken_may_come_back_at_once(
    serve: Callable[..., Awaitable[Any]],
) -> None:
    served = await serve(raising(StaleWrite("Changed meanwhile.")), NEUTRON)
    answer = await served.ask("GET", "/x")
    assert (answer.status_code, answer.headers["Retry-After"]) == (409, "1")
