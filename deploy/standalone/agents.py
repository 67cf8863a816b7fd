"""The storage agent of the simulated clusters: the real one, on the folder their disks are in."""

import sys
from typing import Any, Final

from deploy.parts import children
from deploy.parts.children import Child
from deploy.parts.environments import ROOT
from deploy.parts.passwords import kept_password
from deploy.parts.ports import answers
from deploy.simulator.tls import ensure_certificate
from deploy.standalone.settings import HOST, DemoSettings

TOKEN: Final = "agent"  # noqa: S105  # what the file is called


def start_agent(settings: DemoSettings) -> Child:
    """Start the agent; what it keeps is there from one start to the next."""
    kept_password(settings.home / "secrets", TOKEN)
    certificate, key = ensure_certificate(settings.home / "agent", "agent")
    options = {
        "root": settings.home / "storage",
        "node": "demo",
        "listen": f"{HOST}:{settings.agent_port}",
        "token-file": settings.home / "secrets" / TOKEN,
        "certificate": certificate,
        "key": key,
        "console-logs": settings.home / "consoles",
    }
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    return children.start(
        "the storage agent",
        [sys.executable, "-m", "deploy.ganeti.storage", "agent", *words, "--fuzzy-snapshots"],
        log=settings.home / "logs" / "agent.log",
        folder=ROOT,
    )


def wait_for_agent(settings: DemoSettings, agent: Child) -> None:
    """Wait until it answers."""
    agent.wait_until(lambda: answers(settings.agent_port), within=60)


def registration(settings: DemoSettings) -> dict[str, Any]:
    """What the gateway is told of it."""
    certificate, _key = ensure_certificate(settings.home / "agent", "agent")
    return {
        "agent_url": f"https://{HOST}:{settings.agent_port}",
        "agent_token": kept_password(settings.home / "secrets", TOKEN),
        "agent_ca_pem": certificate.read_text(),
    }
