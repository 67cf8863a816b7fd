"""Screens and serial lines of servers, as they are asked for at the API."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.contract.compute.asking import answered_otherwise
from tests.integration.compute.rig import Json, Rig, fresh_id, furnish, running_rig, to_head
from tests.parts.postgres import MakesDatabases

NOVNC: Json = {"remote_console": {"protocol": "vnc", "type": "novnc"}}
SCREEN: Json = {"kind": "vnc", "host": "10.0.0.1", "port": 11001}


@pytest.fixture
async def rig(migrated_database: MakesDatabases) -> Any:
    """The service with a console proxy somewhere."""
    url = migrated_database("compute", to_head)
    async with running_rig(url, console_url="https://consoles.example/") as made:
        await furnish(made)
        await made.know_cluster()
        yield made


async def a_screen(rig: Rig) -> str:
    """Have a server that runs, with a screen; return its id."""
    server = await rig.active()
    rig.world.gateway.screens[f"cyc-{server}"] = SCREEN
    return server


def token_in(url: str) -> str:
    """Return the token in a console's address, as noVNC would send it."""
    (path,) = parse_qs(urlsplit(url).query)["path"]
    assert path.startswith("?token=")
    return path.removeprefix("?token=")


async def test_a_screen_is_an_address_with_a_token(rig: Rig) -> None:
    server = await a_screen(rig)
    answer = await rig.call("POST", f"/servers/{server}/remote-consoles", NOVNC, mv="2.6")
    assert answer.status == 200
    console = answer.body["remote_console"]
    assert (console["protocol"], console["type"]) == ("vnc", "novnc")
    assert console["url"].startswith("https://consoles.example/vnc_lite.html?path=%3Ftoken%3D")
    assert len(token_in(console["url"])) >= 32


async def test_until_2_5_a_screen_is_an_action(rig: Rig) -> None:
    server = await a_screen(rig)
    answer = await rig.act(server, **{"os-getVNCConsole": {"type": "novnc"}})
    assert answer.status == 200
    assert answer.body["console"]["type"] == "novnc"
    assert token_in(answer.body["console"]["url"])
    path, body = f"/servers/{server}/action", {"os-getVNCConsole": {"type": "novnc"}}
    assert await answered_otherwise(rig, 404, [("POST", path, body)], mv="2.6") == []
    older = [("POST", f"/servers/{server}/remote-consoles", NOVNC)]
    assert await answered_otherwise(rig, 404, older, mv="2.5") == []


async def test_only_the_hash_of_a_token_is_kept(rig: Rig) -> None:
    server = await a_screen(rig)
    answer = await rig.call("POST", f"/servers/{server}/remote-consoles", NOVNC, mv="2.96")
    token = token_in(answer.body["remote_console"]["url"])
    (row,) = await rig.sql("SELECT console_tokens::text AS text FROM console_tokens")
    assert token not in row["text"]


async def test_services_learn_what_a_token_opens(rig: Rig) -> None:
    server = await a_screen(rig)
    answer = await rig.call("POST", f"/servers/{server}/remote-consoles", NOVNC, mv="2.96")
    path = f"/os-console-auth-tokens/{token_in(answer.body['remote_console']['url'])}"
    for _twice in range(2):
        assert await rig.get(path, who="admin", mv="2.31") == {
            "console": {
                "instance_uuid": server,
                "host": "10.0.0.1",
                "port": 11001,
                "internal_access_path": None,
            }
        }
    assert await answered_otherwise(rig, 403, [("GET", path, None)], mv="2.31") == []
    assert await answered_otherwise(rig, 400, [("GET", path, None)], who="admin", mv="2.30") == []
    unknown = [("GET", f"/os-console-auth-tokens/{each}", None) for each in ("x", "%00", "é" * 99)]
    assert await answered_otherwise(rig, 404, unknown, who="admin", mv="2.31") == []


async def test_a_token_is_forgotten_in_time(rig: Rig) -> None:
    server = await a_screen(rig)
    answer = await rig.call("POST", f"/servers/{server}/remote-consoles", NOVNC, mv="2.96")
    await rig.sql("UPDATE console_tokens SET expires_at = now() - interval '1 second'")
    path = f"/os-console-auth-tokens/{token_in(answer.body['remote_console']['url'])}"
    assert await answered_otherwise(rig, 404, [("GET", path, None)], who="admin", mv="2.31") == []


async def test_one_server_has_only_so_many_tokens(rig: Rig) -> None:
    server = await a_screen(rig)
    for _many in range(25):
        await rig.call("POST", f"/servers/{server}/remote-consoles", NOVNC, mv="2.96")
    (row,) = await rig.sql("SELECT count(*) AS count FROM console_tokens")
    assert row["count"] == 20


async def test_other_ways_of_looking_there_are_none(rig: Rig) -> None:
    server = await a_screen(rig)
    path = f"/servers/{server}/remote-consoles"
    ways = [("spice", "spice-html5"), ("serial", "serial"), ("rdp", "rdp-html5"),
            ("vnc", "xvpvnc"), ("vnc", "serial"), ("mks", "webmks")]  # fmt: skip
    calls: list[Any] = [
        ("POST", path, {"remote_console": {"protocol": way, "type": kind}}) for way, kind in ways
    ]
    bodies: list[Any] = [
        {},
        {"remote_console": {}},
        [],
        {"x": 1},
        {"remote_console": {**NOVNC["remote_console"], "x": 1}},
        {"remote_console": {"protocol": "vnc", "type": 7}},
    ]
    calls += [("POST", path, body) for body in bodies]
    assert await answered_otherwise(rig, 400, calls, mv="2.96") == []
    assert await answered_otherwise(rig, 400, calls[5:6], mv="2.7") == []
    old = [("POST", f"/servers/{server}/action", body) for body in (
        {"os-getVNCConsole": {"type": "xvpvnc"}}, {"os-getSPICEConsole": {"type": "spice-html5"}},
        {"os-getSerialConsole": {"type": "serial"}}, {"os-getVNCConsole": None},
        {"os-getVNCConsole": {"type": "novnc", "x": 1}})]  # fmt: skip
    assert await answered_otherwise(rig, 400, old) == []


async def test_a_server_that_does_not_run_has_no_screen(rig: Rig) -> None:
    building = await rig.create()
    path = f"/servers/{building}/remote-consoles"
    assert await answered_otherwise(rig, 409, [("POST", path, NOVNC)], mv="2.96") == []
    server = await a_screen(rig)
    calls: list[Any] = [("POST", f"/servers/{server}/remote-consoles", NOVNC)]
    for refusal, status in ((409, 409), (404, 409), (501, 400), (503, 503)):
        rig.world.gateway.screens_refused = refusal
        assert await answered_otherwise(rig, status, calls, mv="2.96") == []
    rig.world.gateway.screens_refused = None
    rig.world.gateway.screens[f"cyc-{server}"] = SCREEN | {"kind": "spice"}
    assert await answered_otherwise(rig, 400, calls, mv="2.96") == []


async def test_nobody_sees_anothers_screen(rig: Rig) -> None:
    server = await a_screen(rig)
    calls: list[Any] = [
        ("POST", f"/servers/{server}/remote-consoles", NOVNC),
        ("POST", f"/servers/{fresh_id()}/remote-consoles", NOVNC),
        ("POST", f"/servers/{server}/action", {"os-getConsoleOutput": {}}),
    ]
    assert await answered_otherwise(rig, 404, calls, who="other", mv="2.96") == []
    calls.pop(1)
    assert await answered_otherwise(rig, 403, calls, who="reader", mv="2.96") == []
    assert await rig.sql("SELECT * FROM console_tokens") == []


async def test_the_end_of_the_serial_line_is_read(rig: Rig) -> None:
    server = await rig.active()
    rig.world.gateway.logs[f"cyc-{server}"] = "one\r\n\x1b[1mtwo\tthree\nfour\nfive\n"
    for length, output in (
        (None, "one\n[1mtwo\tthree\nfour\nfive\n"),
        (-1, "one\n[1mtwo\tthree\nfour\nfive\n"),
        (3, "four\nfive\n"),
        ("2", "five\n"),
        (0, ""),
    ):
        answer = await rig.act(server, **{"os-getConsoleOutput": {"length": length}})
        assert (answer.status, answer.body) == (200, {"output": output})
    nothings: list[Any] = [None, {}]
    for nothing in nothings:
        answer = await rig.act(server, **{"os-getConsoleOutput": nothing})
        assert answer.body["output"].startswith("one\n")


async def test_there_may_be_no_serial_line(rig: Rig) -> None:
    asked = {"os-getConsoleOutput": {"length": 5}}
    building = await rig.create()
    calls: list[Any] = [("POST", f"/servers/{building}/action", asked)]
    assert await answered_otherwise(rig, 409, calls) == []
    server = await rig.active()
    calls = [("POST", f"/servers/{server}/action", asked)]
    assert await answered_otherwise(rig, 404, calls) == []
    rig.world.gateway.screens_refused = 501
    assert await answered_otherwise(rig, 501, calls) == []
    lengths: list[Any] = ["x", 1.5, -2, True, [], "9" * 40, 2**40]
    path = f"/servers/{server}/action"
    bad = [("POST", path, {"os-getConsoleOutput": {"length": length}}) for length in lengths]
    assert await answered_otherwise(rig, 400, bad) == []


async def test_without_a_proxy_no_screen_is_promised(bare: Rig) -> None:
    await furnish(bare)
    await bare.know_cluster()
    server = await a_screen(bare)
    calls = [("POST", f"/servers/{server}/remote-consoles", NOVNC)]
    assert await answered_otherwise(bare, 400, calls, mv="2.96") == []
