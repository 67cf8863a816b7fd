"""Headers, rights and the query language, on the simulator and on a real cluster alike."""

from typing import Any

import pytest

from deploy.simulator.catalogue import FIELDS
from tests.contract.ganeti.target import Target

pytestmark = [pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.parametrize("resource", sorted(FIELDS))
async def test_the_fields_of_the_query_api(target: Target, resource: str) -> None:
    answer = (await target.call("GET", f"/2/query/{resource}/fields")).json["fields"]
    assert {f["name"]: f for f in answer} == {
        name: field.as_json() for name, field in FIELDS[resource].items()
    }


@pytest.mark.parametrize(("path", "status"), [("/version", 200), ("/nosuch", 404)])
async def test_every_connection_is_closed(target: Target, path: str, status: int) -> None:
    answer = await target.call("GET", path)
    assert answer.status == status
    assert answer.headers["connection"] == "close"
    assert answer.headers["server"] == "Ganeti 3.0.2"
    assert answer.headers["content-type"] == "application/json"


async def test_who_does_not_log_in_is_told_how(target: Target) -> None:
    answer = await target.call("GET", "/2/info", user="none")
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == 'Basic realm="Ganeti Remote API"'


@pytest.mark.parametrize(
    ("method", "path", "user", "status"),
    [
        ("GET", "/2/nosuch", "none", 401),
        ("DELETE", "/2/info", "none", 401),
        ("PUT", "/2/instances/x/startup", "none", 401),
        ("PUT", "/2/instances/x/startup", "reader", 403),
        ("PUT", "/2/query/node", "reader", 400),
        ("GET", "/2/nodes/x/storage", "reader", 403),
    ],
)
async def test_which_check_comes_first(
    target: Target, method: str, path: str, user: str, status: int
) -> None:
    assert (await target.call(method, path, user=user)).status == status


_ALL = [[0, "default"]]


@pytest.mark.parametrize(
    ("qfilter", "found"),
    [
        (["=", "name", "default"], _ALL),
        (["==", "name", "default"], _ALL),
        (["!=", "name", "default"], []),
        (["=~", "name", "^def"], _ALL),
        (["|", ["=", "name", "nosuch"], [">", "node_cnt", 0]], _ALL),
        (["&", ["=", "name", "default"], ["<", "node_cnt", 1]], []),
        (["!", ["=", "name", "default"]], []),
        (None, _ALL),
    ],
)
async def test_filters_select(target: Target, qfilter: Any, found: Any) -> None:
    body = {"fields": ["name"], "qfilter": qfilter}
    answer = await target.call("PUT", "/2/query/group", body)
    assert answer.status == 200, answer.text
    assert answer.json["data"] == ([found] if found else [])


_JOB = "Failed to parse request: Cannot convert value &#x27;[&quot;job&quot;, [&quot;id&quot;], "


@pytest.mark.parametrize(
    ("qfilter", "status", "message"),
    [
        (
            [],
            502,
            (
                f"{_JOB}[]]&#x27;, error: Cannot deserialise filter: "
                "expected array [string, args], got []"
            ),
        ),
        (
            ["~~", "id", 1],
            502,
            (
                f"{_JOB}[&quot;~~&quot;, &quot;id&quot;, 1]]&#x27;, error: "
                "Unknown filter operand &#x27;~~&#x27;"
            ),
        ),
        (
            ["=", "id", True],
            502,
            (
                f"{_JOB}[&quot;=&quot;, &quot;id&quot;, true]]&#x27;, error: "
                "Cannot deserialise filter value, expecting string or integer, got true"
            ),
        ),
        (
            [">", "id", 1.5],
            502,
            (
                f"{_JOB}[&quot;&gt;&quot;, &quot;id&quot;, 1.5]]&#x27;, error: "
                "Cannot deserialise numeric filter value, expecting integral but got "
                "a fractional value: 3 % 2"
            ),
        ),
        (
            ["?", "status"],
            500,
            "Unexpected value &#x27;&quot;success&quot;&#x27; in boolean context",
        ),
        (["=", "nosuch", 1], 500, "Can&#x27;t find field named &#x27;nosuch&#x27;"),
    ],
)
async def test_filters_are_refused(target: Target, qfilter: Any, status: int, message: str) -> None:
    body = {"fields": ["id"], "qfilter": qfilter}
    answer = await target.call("PUT", "/2/query/job", body)
    assert (answer.status, answer.json["message"]) == (status, message)


@pytest.mark.parametrize("resource", ["cluster", "os"])
async def test_resources_that_luxid_cannot_query(target: Target, resource: str) -> None:
    kind = f"QR{resource.capitalize()}"
    answer = await target.call("GET", f"/2/query/{resource}?fields=name")
    assert answer.status == 500
    assert answer.json["message"] == f"Query &#x27;ItemTypeOpCode {kind}&#x27; not supported"


async def test_a_node_is_found_by_its_short_name(target: Target) -> None:
    short = target.node.partition(".")[0]
    assert (await target.call("GET", f"/2/nodes/{short}")).json["name"] == target.node
    body = {"fields": ["name"], "qfilter": ["=", "name", short]}
    assert (await target.call("PUT", "/2/query/node", body)).json["data"] == [[[0, target.node]]]
