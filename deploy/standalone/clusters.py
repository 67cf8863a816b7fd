"""The Ganeti clusters of the demo: simulated ones, or those a file names."""

import json
import sys
from typing import Any, Final

from deploy.parts import children
from deploy.parts.children import Child
from deploy.parts.environments import ROOT
from deploy.parts.passwords import kept_password, write_private
from deploy.parts.ports import answers
from deploy.standalone import agents
from deploy.standalone.settings import HOST, DemoSettings, url

USER: Final = "cyclades"
# The physical network of the demo is this bridge of every simulated node.
LINKS: Final = {"physnet1": {"mode": "bridged", "link": "br0"}}
# Its answers are lost only when a test has it lose them: a lost create is soon looked up.
SETTLE: Final = 2.0
# Room for whoever tries everything at once; what is not written takes no space.
NODE: Final = {"memory_mib": 262144, "cpus": 128, "disk_mib": 2097152}
SCREENS: Final = 11000  # the port of the first instance's screen, as Ganeti counts
PROVIDER: Final = "cyclades"


def start_simulator(settings: DemoSettings) -> Child:
    """Start the simulated clusters; they keep their state from one start to the next."""
    state = settings.home / "simulator"
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    configuration = {
        "state_dir": str(state),
        "host": HOST,
        "base_port": settings.simulator_port,
        "admin_port": settings.simulator_admin_port,
        "clusters": settings.clusters,
        "username": USER,
        "password": kept_password(settings.home / "secrets", "simulator"),
        "hypervisors": ["kvm"],  # the one that takes devices while an instance runs
        "node": NODE,
        "storage_root": str(settings.home / "storage"),
        "console_logs": str(settings.home / "consoles"),
        "screen_base_port": SCREENS,
    }
    path = state / "simulator.json"
    write_private(path, json.dumps(configuration, indent=2))
    return children.start(
        "the simulator",
        [sys.executable, "-m", "deploy.simulator", "--config", path],
        log=settings.home / "logs" / "simulator.log",
        folder=ROOT,
    )


def wait_for_simulator(settings: DemoSettings, simulator: Child) -> None:
    """Wait until every simulated cluster answers."""
    ports = [*simulated_ports(settings), settings.simulator_admin_port]
    simulator.wait_until(lambda: all(answers(port) for port in ports), within=60)


def simulated_ports(settings: DemoSettings) -> list[int]:
    """The port of each simulated cluster's RAPI."""
    return [settings.simulator_port + number for number in range(settings.clusters)]


def registrations(settings: DemoSettings) -> list[dict[str, Any]]:
    """What the gateway is told of each cluster."""
    if settings.clusters_file:
        told: list[dict[str, Any]] = json.loads(settings.clusters_file.read_text())
        return told
    certificate = (settings.home / "simulator" / "rapi-cert.pem").read_text()
    agent = agents.registration(settings)
    return [
        {
            "name": f"cluster{number}",
            "url": f"https://{HOST}:{port}",
            "username": USER,
            "password": kept_password(settings.home / "secrets", "simulator"),
            "ca_pem": certificate,
            "links": LINKS,
            "image_url_base": url(settings.image_port),
            "settle": SETTLE,
            "ext_provider": PROVIDER,
            **agent,
        }
        for number, port in enumerate(simulated_ports(settings), start=1)
    ]
