"""A storage agent as the gateway sees one: TLS, a token, and what it was asked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from deploy.simulator.tls import ensure_certificate, server_context
from shared.web.serve import serving

TOKEN = "the-agents-token"


@dataclass(slots=True, kw_only=True)
class FakeAgent:
    """Where it answers, and what it has heard."""

    url: str
    ca_pem: str
    heard: list[dict[str, Any]] = field(default_factory=list)

    def registration(self, **changes: Any) -> dict[str, Any]:
        """Return what a cluster with this agent is registered with."""
        known = {"agent_url": self.url, "agent_token": TOKEN, "agent_ca_pem": self.ca_pem}
        return {**known, "ext_provider": "cyclades", **changes}


@asynccontextmanager
async def running_agent(folder: Path) -> AsyncIterator[FakeAgent]:
    """Run an agent that answers by the id it is asked for: 409 is in use, 500 is broken."""
    agent = FakeAgent(url="", ca_pem=ensure_certificate(folder)[0].read_text())

    async def handle(request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"error": {"code": 401, "message": "Who?"}}, status=401)
        heard = {"method": request.method, "path": request.path_qs, "body": await request.text()}
        agent.heard.append({**heard, "headers": dict(request.headers)})
        return _answer(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    async with serving(app, "127.0.0.1", 0, tls=server_context(folder)) as port:
        agent.url = f"https://127.0.0.1:{port}"
        yield agent


def _answer(request: web.Request) -> web.Response:
    what, _, name = request.path.removeprefix("/v1/").partition("/")
    if what == "pool":
        return web.json_response({"total": 1000, "free": 400, "version": "1"})
    if what == "consoles" and name.startswith("silent-"):
        error = {"error": {"code": 404, "message": "Nothing was written."}}
        return web.json_response(error, status=404)
    if what == "consoles":
        return web.json_response({"output": f"{name} {request.query['lines']}"})
    if name.isdigit():
        error = {"error": {"code": int(name), "message": f"The agent says {name}."}}
        return web.json_response(error, status=int(name))
    if request.method == "DELETE":
        return web.Response(status=204)
    return web.json_response({"id": name, "status": "ready", "size": 64})
