"""What every request gets: an id, one log line, a place in the metrics, and no forged identity."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from shared.errors import NotFound
from shared.identity.caller import CALLER
from shared.logs import current_request_id
from shared.web.answers import answer, answer_nothing
from shared.web.context import request_id_of
from shared.web.families import GLANCE, NOVA
from shared.web.links import base_url
from shared.web.microversion import at_least, compute_microversions, volume_microversions
from shared.web.projects import in_both_forms, project_prefix

Serve = Callable[..., Awaitable[Any]]
Lines = Callable[[], list[dict[str, Any]]]
GLOBAL = "req-11111111-2222-3333-4444-555555555555"


async def who(request: web.Request) -> web.Response:
    caller = request[CALLER]
    return answer(
        {
            "project": caller.project_id,
            "roles": sorted(caller.roles),
            "headers": sorted(name.lower() for name in request.headers),
            "context": current_request_id(),
            "request": request_id_of(request),
            "new": request.get(CALLER) is not None,
        }
    )


async def missing(_request: web.Request) -> web.Response:
    raise NotFound("No.")


async def stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"some")
    if "break" in request.query:
        raise RuntimeError("the disk is gone")
    return response


ROUTES = [
    web.get("/who", who),
    web.post("/who", who),
    web.get("/things/{id}", missing),
    web.get("/stream", stream),
]

FORGED = {
    "X-Roles": "admin", "X-Role": "admin", "X-User-Id": "root", "X-User": "root",
    "X_USER_ID": "root", "X-Project-Id": "f" * 32, "X-Project-Domain-Name": "x",
    "X-Tenant-Id": "f" * 32, "X-Tenant": "x", "X-Domain-Id": "x", "X-Is-Admin-Project": "True",
    "X-Identity-Status": "Confirmed", "X-Service-Catalog": "[]", "X-Service-Roles": "service",
    "X-Service-User-Id": "root", "X-Service-Identity-Status": "Confirmed",
    "OpenStack-System-Scope": "all",
}  # fmt: skip


async def test_forged_identity_headers_never_reach_a_handler(serve: Serve) -> None:
    served = await serve(ROUTES)
    seen = (await served.ask("GET", "/who", headers=FORGED)).json()
    assert {name.lower() for name in FORGED}.isdisjoint(seen["headers"])
    assert "admin" not in seen["roles"]
    assert seen["project"] == "d" * 32


async def test_honest_headers_and_the_body_survive_the_cleaning(serve: Serve) -> None:
    async def echo(request: web.Request) -> web.Response:
        kept = [request.headers["X-Service-Token"], request.headers["X-Image-Meta-Name"]]
        return answer([*kept, await request.text()])

    served = await serve([web.post("/echo", echo)])
    headers = {"X-Roles": "admin", "X-Service-Token": "b", "X-Image-Meta-Name": "n"}
    said = await served.ask("POST", "/echo", content=b"body", headers=headers)
    assert said.json() == ["b", "n", "body"]


@pytest.mark.parametrize("headers", [{}, {"X-Roles": "admin"}], ids=["honest", "forged"])
async def test_handler_log_and_answer_share_one_request_id(
    serve: Serve, headers: dict[str, str]
) -> None:
    said = await (await serve(ROUTES)).ask("GET", "/who", headers=headers)
    own = said.headers["X-Openstack-Request-Id"]
    assert said.json()["context"] == said.json()["request"] == own
    assert said.headers["X-Compute-Request-Id"] == own


async def test_every_request_gets_an_id_of_its_own(serve: Serve) -> None:
    served = await serve(ROUTES)
    answers = [await served.ask("GET", path) for path in ("/who", "/who", "/nix", "/stream")]
    assert len({each.headers["X-Openstack-Request-Id"] for each in answers}) == 4


@pytest.mark.parametrize(
    ("given", "kept"), [(GLOBAL, GLOBAL), ("req-x", None), (GLOBAL + "; DROP", None)]
)
async def test_a_well_formed_global_id_is_kept_for_the_log(
    serve: Serve, log_lines: Lines, given: str, kept: str | None
) -> None:
    served = await serve(ROUTES)
    said = await served.ask("GET", "/who", headers={"X-Openstack-Request-Id": given})
    assert said.headers["X-Openstack-Request-Id"] != given
    (line,) = log_lines()
    assert line.get("global_request_id") == kept


async def test_a_request_is_logged_once_without_its_query(serve: Serve, log_lines: Lines) -> None:
    said = await (await serve(ROUTES)).ask("GET", "/things/7?signature=secret")
    (line,) = log_lines()
    assert line["request_id"] == said.headers["X-Openstack-Request-Id"]
    assert (line["event"], line["service"]) == ("request", "tested")
    assert (line["method"], line["path"], line["route"]) == ("GET", "/things/7", "/things/{id}")
    assert (line["status"], line["project"], line["user"]) == (404, "d" * 32, "a" * 32)


async def test_what_probes_ask_is_not_logged(serve: Serve, log_lines: Lines) -> None:
    served = await serve(ROUTES)
    for path in ("/healthz", "/readyz", "/metrics"):
        assert (await served.client.get(path)).status_code == 200
    assert log_lines() == []


async def test_an_unforeseen_error_is_logged_with_its_request_id(
    serve: Serve, log_lines: Lines
) -> None:
    async def broken(_request: web.Request) -> web.Response:
        raise ValueError("oh")

    said = await (await serve([web.get("/broken", broken)])).ask("GET", "/broken")
    error, _request = log_lines()
    assert error["request_id"] == said.headers["X-Openstack-Request-Id"]
    assert error["level"] == "error"
    assert "ValueError: oh" in error["exception"]


async def test_gibberish_fills_no_log(serve: Serve, log_lines: Lines) -> None:
    served = await serve(ROUTES)
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(b"\x16\x03\x01 gibberish\r\n\r\n")
    async with asyncio.timeout(60):
        said = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert said.startswith(b"HTTP/1.0 400 ")
    assert log_lines() == []


async def test_metrics_count_templates_not_urls(serve: Serve) -> None:
    served = await serve(ROUTES)
    for number in range(50):
        await served.ask("GET", f"/things/{number}")
        await served.ask("GET", f"/invented/{number}")
    await served.client.request("PROPFIND", "/who", headers={"X-Auth-Token": "a"})
    said = (await served.client.get("/metrics")).text
    own = [line for line in said.splitlines() if 'service="tested"' in line]
    assert not [line for line in own if "invented" in line or "/things/1" in line]
    assert any('route="/things/{id}"' in line and 'status="404"' in line for line in own)
    assert any('method="other"' in line for line in own)


async def test_a_stream_carries_its_request_id_too(serve: Serve) -> None:
    said = await (await serve(ROUTES)).ask("GET", "/stream", headers={"X-Roles": "admin"})
    assert said.content == b"some"
    assert said.headers["X-Openstack-Request-Id"].startswith("req-")


async def test_a_stream_that_breaks_is_seen_to_break(serve: Serve) -> None:
    served = await serve(ROUTES, GLANCE)
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(b"GET /stream?break=1 HTTP/1.1\r\nHost: x\r\nX-Auth-Token: a\r\n\r\n")
    async with asyncio.timeout(60):
        said = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert b"some" in said
    assert not said.endswith(b"0\r\n\r\n")  # the mark of a whole chunked body


async def test_health_needs_no_token(serve: Serve) -> None:
    async def good() -> bool:
        return True

    async def bad() -> bool:
        raise ConnectionError("down")

    well = await serve(ROUTES, readiness={"database": good})
    ill = await serve(ROUTES, readiness={"database": good, "bus": bad})
    assert (await well.client.get("/healthz")).json() == {"alive": True}
    assert (await well.client.get("/readyz")).json() == {
        "ready": True,
        "checks": {"database": "ok"},
    }
    said = await ill.client.get("/readyz")
    assert said.status_code == 503
    assert said.json()["checks"] == {"database": "ok", "bus": "failed"}
    assert (await ill.client.get("/healthz")).status_code == 200


async def version(request: web.Request) -> web.Response:
    return answer({"new": at_least(request, 2, 47)})


VERSIONED = [web.get("/v2.1/x", version), web.get("/v2.1/nix", missing), web.get("/", version)]
STANDARD, LEGACY = "OpenStack-API-Version", "X-OpenStack-Nova-API-Version"


@pytest.mark.parametrize(
    ("headers", "spoken", "new"),
    [
        ({}, "2.1", False),
        ({STANDARD: "compute 2.47"}, "2.47", True),
        ({STANDARD: "volume 3.59, compute 2.60"}, "2.60", True),
        ({STANDARD: "volume 3.59"}, "2.1", False),
        ({STANDARD: "Compute latest"}, "2.96", True),
        ({LEGACY: "2.46"}, "2.46", False),
        ({LEGACY: "latest"}, "2.96", True),
        ({STANDARD: "compute 2.96", LEGACY: "2.1"}, "2.96", True),
    ],
)
async def test_a_microversion_is_settled_and_announced(
    serve: Serve, headers: dict[str, str], spoken: str, new: bool
) -> None:
    served = await serve(VERSIONED, microversions=compute_microversions("2.96"))
    for path, status in (("/v2.1/x", 200), ("/v2.1/nix", 404), ("/v2.1/unknown", 404)):
        said = await served.ask("GET", path, headers=headers)
        assert said.status_code == status
        assert said.headers[STANDARD] == f"compute {spoken}"
        assert said.headers[LEGACY] == spoken
        assert {STANDARD, LEGACY} <= set(said.headers.get_list("Vary", split_commas=True))
    assert (await served.ask("GET", "/v2.1/x", headers=headers)).json() == {"new": new}


@pytest.mark.parametrize("asked", ["2.999", "2.97", "1.5", "3.0"])
async def test_a_microversion_out_of_range_is_refused_in_novas_words(
    serve: Serve, asked: str
) -> None:
    served = await serve(VERSIONED, microversions=compute_microversions("2.96"))
    said = await served.ask("GET", "/v2.1/x", headers={STANDARD: f"compute {asked}"})
    text = f"Version {asked} is not supported by the API. Minimum is 2.1 and maximum is 2.96."
    assert said.status_code == 406
    assert said.json() == {"computeFault": {"code": 406, "message": text}}
    assert said.headers[STANDARD] == f"compute {asked}"


@pytest.mark.parametrize("asked", ["2", "2.x", "two", "2.01", "2.1.1", "-2.1"])
async def test_what_is_no_microversion_is_a_bad_request(serve: Serve, asked: str) -> None:
    served = await serve(VERSIONED, microversions=compute_microversions("2.96"))
    said = await served.ask("GET", "/v2.1/x", headers={STANDARD: f"compute {asked}"})
    assert said.status_code == 400
    assert asked in said.json()["badRequest"]["message"]


async def test_version_documents_have_no_microversion(serve: Serve) -> None:
    served = await serve(VERSIONED, microversions=compute_microversions("2.96"))
    said = await served.ask("GET", "/", user="", headers={STANDARD: "compute 2.999"})
    assert said.status_code == 200
    assert STANDARD not in said.headers


async def test_cinder_has_no_older_form_of_the_header(serve: Serve) -> None:
    async def show(_request: web.Request) -> web.Response:
        return answer_nothing()

    served = await serve([web.get("/v3/x", show)], microversions=volume_microversions("3.70"))
    said = await served.ask("GET", "/v3/x", headers={"X-OpenStack-Volume-API-Version": "3.99"})
    assert said.headers[STANDARD] == "volume 3.0"
    assert said.headers["Vary"] == STANDARD


async def links(request: web.Request) -> web.Response:
    return answer(f"{base_url(request)}/v2.1{project_prefix(request)}/servers")


BOTH_FORMS = in_both_forms("/v2.1", [web.get("/servers", links)])


async def test_urls_work_with_and_without_the_project(serve: Serve) -> None:
    served = await serve(BOTH_FORMS, NOVA, public_url="http://cloud/compute/")
    project = "d" * 32
    assert (await served.ask("GET", "/v2.1/servers")).json() == "http://cloud/compute/v2.1/servers"
    said = await served.ask("GET", f"/v2.1/{project}/servers")
    assert said.json() == f"http://cloud/compute/v2.1/{project}/servers"


async def test_somebody_elses_project_in_the_url_is_malformed(serve: Serve) -> None:
    said = await (await serve(BOTH_FORMS)).ask("GET", f"/v2.1/{'b' * 32}/servers")
    assert said.status_code == 400
    assert said.json()["badRequest"]["message"].startswith("Malformed request URL")


FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "cloud.example, proxy"}


@pytest.mark.parametrize("trusted", [False, True])
async def test_forwarded_headers_count_only_where_a_proxy_is_trusted(
    serve: Serve, trusted: bool
) -> None:
    served = await serve(BOTH_FORMS, NOVA, trust_forwarded=trusted)
    said = await served.ask("GET", "/v2.1/servers", headers=FORWARDED)
    own = "https://cloud.example" if trusted else f"http://127.0.0.1:{served.port}"
    assert said.json() == f"{own}/v2.1/servers"
