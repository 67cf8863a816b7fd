"""Instances with real guests on the kvm cluster, and what is asked of them over RAPI."""

import hashlib
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.ganeti.machines import guest
from tests.ganeti.machines.agents import Agents
from tests.ganeti.rig import Cluster, Rapi

MIB = 1 << 20
PROVIDER = "cyclades"


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One instance."""

    cluster: Cluster
    rapi: Rapi
    agents: Agents
    name: str

    def create(
        self, node: str, disks: list[dict[str, Any]], template: str = "ext", **more: Any
    ) -> None:
        """Have it on a node, running."""
        behind = {"provider": PROVIDER} if template == "ext" else {}
        body = {
            "__version__": 1,
            "mode": "create",
            "instance_name": self.name,
            "disk_template": template,
            "disks": [behind | disk for disk in disks],
            "nics": [],
            "hypervisor": "kvm",
            "beparams": {"minmem": 32, "maxmem": 32, "vcpus": 1},
            "os_type": "cyclades+default",
            "name_check": False,
            "ip_check": False,
            "start": True,
            "pnode": node,
        }
        self.succeed("POST", "/2/instances", body | more)

    def succeed(self, method: str, path: str, body: object = None) -> Any:
        """Run a job that has to succeed; gives its results."""
        job = self.rapi.run(method, path, body)
        assert job["status"] == "success", (job["opresult"], job["oplog"])
        return job["opresult"]

    def act(self, what: str, **body: Any) -> Any:
        """Run a job of this instance."""
        return self.succeed("PUT", f"/2/instances/{self.name}/{what}", body)

    def facts(self) -> dict[str, Any]:
        """The instance as RAPI shows it."""
        found: dict[str, Any] = self.rapi.get(f"/2/instances/{self.name}")
        return found

    def plug(self, disk: dict[str, Any]) -> None:
        """Give the running guest a disk."""
        done = self.act("modify", disks=[["add", -1, disk]], hotplug=True)
        assert "hotplug:done" in str(done), done

    def unplug(self, disk: str) -> None:
        """Take a disk from the running guest and remove it."""
        done = self.act("modify", disks=[["remove", disk, {}]], hotplug=True)
        assert "hotplug:done" in str(done), done

    def said(self) -> str:
        """What the guest wrote to its serial port, as the agent of its node keeps it."""
        node = self.facts()["pnode"]
        answer = self.agents.call("GET", f"consoles/{self.name}?lines=5", node=node)
        return str(answer.json()["output"]) if answer.status_code == 200 else ""

    def says(self, words: str = guest.SAYS, within: float = 30) -> None:
        """Wait until the guest has written the words."""
        wait_for(lambda: words in self.said(), f"{self.name} to say {words!r}", within)

    def remove(self) -> None:
        """Have it no more."""
        self.succeed("DELETE", f"/2/instances/{self.name}", {"shutdown_timeout": 0})


def wait_for(condition: Callable[[], bool], what: str, within: float = 30) -> None:
    """Wait until something is so."""
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end, f"waited {within} s in vain for {what}"
        time.sleep(0.2)


def image_parameters(image: bytes, url: str) -> dict[str, Any]:
    """What the OS definition is told about a raw image."""
    public = {
        "image_id": "5f1c6a52-6b4f-4f0e-9a60-6f3c27a3d9d1",
        "image_checksum": "sha512:" + hashlib.sha512(image).hexdigest(),
        "image_format": "raw",
        "image_size": str(len(image)),
    }
    return {"osparams": public, "osparams_secret": {"image_url": url}}


def handshake(address: str, port: int) -> bytes:
    """The first words of whatever answers there: a VNC server introduces itself."""
    with socket.create_connection((address, port), timeout=10) as connection:
        return connection.recv(12)
