"""``cyclades cluster …`` against a running gateway."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from typer.testing import CliRunner

from deploy.cli.main import app
from deploy.simulator.testing import RunningSimulator
from shared.web.serve import serving
from tests.integration.rapi_gateway.agent import TOKEN, running_agent
from tests.integration.rapi_gateway.rig import Gateway


async def authenticate(request: web.Request) -> web.Response:
    """Stand in for Keystone: the user's name is the token."""
    user = (await request.json())["auth"]["identity"]["password"]["user"]["name"]
    token = {"token": {"expires_at": "2999-01-01T00:00:00.000000Z"}}
    return web.json_response(token, status=201, headers={"X-Subject-Token": user})


@pytest.fixture
async def keystone() -> AsyncIterator[str]:
    application = web.Application()
    application.add_routes([web.post("/v3/auth/tokens", authenticate)])
    async with serving(application, "127.0.0.1", 0) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(autouse=True)
def login(monkeypatch: pytest.MonkeyPatch, keystone: str, gateway: Gateway) -> None:
    variables = {
        "OS_AUTH_URL": f"{keystone}/v3",
        "OS_USERNAME": "admin",
        "OS_PASSWORD": "x",
        "OS_PROJECT_NAME": "admin",
        "CYCLADES_GATEWAY_URL": gateway.url,
        "CYCLADES_RAPI_PASSWORD": "cyclades-sim",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


async def cyclades(*arguments: str) -> Any:
    return await asyncio.to_thread(lambda: CliRunner().invoke(app, ["cluster", *arguments]))


async def as_json(*arguments: str) -> Any:
    result = await cyclades(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


async def test_a_cluster_from_its_registration_to_its_removal(
    simulator: RunningSimulator,
) -> None:
    endpoint = simulator.clusters[0]
    added = await as_json(
        *("add", "c1", endpoint.url, "--username", "cyclades", "--ca-file", str(endpoint.ca_file)),
        *("--link", "physnet1=bridged:br0", "--settle", "2"),
    )
    assert added["cluster"]["links"]["physnet1"]["link"] == "br0"
    listed = await cyclades("list")
    assert "c1" in listed.stdout
    assert "enabled" in listed.stdout
    shown = await cyclades("show", "c1")
    assert next(iter(simulator.admin.site().state.nodes)) in shown.stdout
    for command, state in (("drain", "drained"), ("offline", "offline"), ("enable", "enabled")):
        assert (await as_json(command, "c1"))["cluster"]["state"] == state
    assert await as_json("remove", "c1", "--yes") == {"removed": "c1"}
    assert await as_json("list") == {"clusters": []}


async def test_a_cluster_gets_its_agent_and_loses_it(
    simulator: RunningSimulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = simulator.clusters[0]
    known = ("--username", "cyclades", "--ca-file", str(endpoint.ca_file))
    await as_json("add", "c1", endpoint.url, *known)
    async with running_agent(tmp_path) as agent:
        monkeypatch.setenv("CYCLADES_AGENT_TOKEN", TOKEN)
        (tmp_path / "agent.pem").write_text(agent.ca_pem)
        its = ("--agent-url", agent.url, "--agent-ca-file", str(tmp_path / "agent.pem"))
        cluster = (await as_json("set", "c1", "--ext-provider", "cyclades", *its))["cluster"]
    assert (cluster["has_agent"], cluster["disk_template"]) == (True, "ext")
    shown = (await cyclades("show", "c1")).stdout
    assert "cyclades" in shown
    assert TOKEN not in shown
    less = ("--agent-url", "none", "--ext-provider", "none", "--zone", "north")
    cluster = (await as_json("set", "c1", *less))["cluster"]
    assert (cluster["has_agent"], cluster["ext_provider"]) == (False, None)
    assert (cluster["disk_template"], cluster["availability_zone"]) == ("file", "north")


async def test_a_refusal_says_what_to_do(
    simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CYCLADES_RAPI_PASSWORD", "wrong")
    url = simulator.clusters[0].url
    result = await cyclades("add", "c1", url, "--username", "cyclades", "--trust-on-first-use")
    assert result.exit_code == 1
    assert "user name or the password" in result.stderr
    assert "Next:" in result.stderr
    missing = await cyclades("show", "nowhere", "--json")
    assert json.loads(missing.stdout)["error"]["next"].endswith("cyclades cluster list")


async def test_an_ordinary_user_is_told_to_use_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_USERNAME", "user")
    result = await cyclades("list")
    assert result.exit_code == 1
    assert "role admin" in result.stderr
