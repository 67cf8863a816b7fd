"""Servers with real guests, as a user of the APIs has them and as Ganeti has them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.ganeti.machines import guest
from tests.ganeti.real_site import RealSite
from tests.ganeti.rig import Cluster, Rapi
from tests.parts.cloud import until
from tests.parts.site import DEMO

ZONE = "cluster1"
NEWEST = {"OpenStack-API-Version": "compute 2.90"}
WHILE = 120.0  # seconds that Ganeti may take for something, on a busy machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """What a user does, and what an administrator of the cluster sees."""

    real: RealSite
    cluster: Cluster
    rapi: Rapi
    image: str
    made: list[str] = field(default_factory=list)

    @classmethod
    def before(cls, real: RealSite) -> Self:
        """With a flavor and an image of our guest."""
        cluster = real.clusters[ZONE]
        for name, vcpus, ram, disk in (("small", 1, 32, 1), ("large", 2, 64, 2)):
            flavor = {"name": name, "id": name, "vcpus": vcpus, "ram": ram, "disk": disk}
            done = real.site.cloud.call("POST", "compute", "/v2.1/flavors", {"flavor": flavor})
            assert done.status_code in (200, 409), done.text
        image = real.upload("raw", guest.image())
        return cls(real=real, cluster=cluster, rapi=Rapi(cluster), image=image)

    def call(self, method: str, service: str, path: str, body: Any = None, **more: Any) -> Any:
        """Ask as the user demo, and have it succeed; gives the answer's body."""
        answer = self.real.site.cloud.call(method, service, path, body, **({"who": DEMO} | more))
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def is_gone(self, service: str, path: str) -> bool:
        """Whether a service answers 404 for something."""
        answer = self.real.site.cloud.call("GET", service, path, who=DEMO)
        return answer.status_code == 404

    def create(self, **more: Any) -> str:
        """Have an active server; gives its id."""
        wanted = {"flavorRef": "small", "imageRef": self.image, "availability_zone": ZONE}
        server_id = self.real.site.create(**(wanted | more))
        self.made.append(server_id)
        self.becomes(server_id, "ACTIVE")
        return server_id

    def becomes(self, server_id: str, status: str) -> dict[str, Any]:
        """Wait until the server has a status, idle."""
        return self.real.site.becomes(server_id, status, within=WHILE)

    def act(self, server_id: str, action: dict[str, Any], *, as_admin: bool = False) -> Any:
        """Ask for an action that has to be accepted."""
        who = {"who": ("admin", "admin")} if as_admin else {}
        path = f"/v2.1/servers/{server_id}/action"
        return self.call("POST", "compute", path, action, headers=NEWEST, **who)

    def instance(self, server_id: str) -> dict[str, Any]:
        """The instance as RAPI shows it."""
        found: dict[str, Any] = self.rapi.get(f"/2/instances/cyc-{server_id}")
        return found

    def info(self, server_id: str) -> str:
        """The instance as its administrator reads about it."""
        return self.cluster.gnt("gnt-instance", "info", f"cyc-{server_id}")

    def volume_file(self, name: str) -> Path:
        """The file behind a volume or a disk of this name."""
        return self.cluster.storage / "volumes" / name

    def root(self, server_id: str) -> Path:
        """The file behind a server's first disk."""
        return self.volume_file(self.instance(server_id)["disk.names"][0])

    def output(self, server_id: str) -> str:
        """What the guest said last, through the API."""
        said = self.act(server_id, {"os-getConsoleOutput": {"length": 3}})
        return str(said["output"])

    def says(self, server_id: str, words: str = guest.SAYS) -> None:
        """Wait until the guest has said the words."""
        until(lambda: words in self.output(server_id), WHILE, f"the guest to say {words!r}")

    def volume(self, size: int = 1, **more: Any) -> str:
        """Have an available volume; gives its id."""
        wanted = {"size": size, "availability_zone": ZONE} | more
        made = self.call("POST", "volume", "/v3/volumes", {"volume": wanted})
        volume_id = str(made["volume"]["id"])
        self.volume_is(volume_id, "available")
        return volume_id

    def volume_is(self, volume_id: str, status: str) -> dict[str, Any]:
        """Wait until a volume has a status."""

        def settled() -> dict[str, Any] | None:
            path = f"/v3/volumes/{volume_id}"
            found: dict[str, Any] = self.call("GET", "volume", path)["volume"]
            assert found["status"] == status or not found["status"].startswith("error"), found
            return found if found["status"] == status else None

        reached: dict[str, Any] = until(settled, WHILE, f"the volume to be {status}")
        return reached

    def attach(self, server_id: str, volume_id: str) -> None:
        """Have a volume in a server."""
        path = f"/v2.1/servers/{server_id}/os-volume_attachments"
        self.call("POST", "compute", path, {"volumeAttachment": {"volumeId": volume_id}})
        self.volume_is(volume_id, "in-use")

    def detach(self, server_id: str, volume_id: str) -> None:
        """Take a volume out of a server."""
        path = f"/v2.1/servers/{server_id}/os-volume_attachments/{volume_id}"
        self.call("DELETE", "compute", path)
        self.volume_is(volume_id, "available")

    def drop_volume(self, volume_id: str) -> None:
        """Have a volume no more."""
        self.call("DELETE", "volume", f"/v3/volumes/{volume_id}")
        path = f"/v3/volumes/{volume_id}"
        until(lambda: self.is_gone("volume", path), WHILE, "the volume's end")
        assert not self.volume_file(volume_id).exists()

    def delete(self, server_id: str) -> None:
        """Have a server no more, here and there."""
        self.made.remove(server_id)
        path = f"/v2.1/servers/{server_id}"
        self.call("DELETE", "compute", path)
        until(lambda: self.real.site.server(server_id) is None, WHILE, "the server's end")
        assert self.real.site.instances(server_id) == []

    def delete_all(self) -> None:
        """Have none of the servers that are left."""
        for server_id in list(self.made):
            self.delete(server_id)
