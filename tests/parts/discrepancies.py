"""What administrators do to Ganeti behind the cloud's back, and what the cloud makes of it.

Each function is one scene, played over RAPI: against the simulator by tests/e2e, and against
real clusters by tests/ganeti. Waits are generous: a difference is acted on only in the second
round in which it is there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

import httpx

from tests.parts.cloud import until
from tests.parts.site import Site

Json = dict[str, Any]
HEALED: Final = 240.0  # seconds, on a machine that does many other things
# Rounds follow each other faster than in a cloud that nobody watches.
SETTINGS: Final[Mapping[str, str]] = {
    "CYCLADES_COMPUTE_RECONCILE_EVERY": "2",
    "CYCLADES_NETWORK_RECONCILE_EVERY": "4",
}
FINAL: Final = {"success", "error", "canceled"}
SIZE: Final = {"vcpus": 2, "ram": 192}
LATEST: Final = {"OpenStack-API-Version": "compute 2.96"}


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A cloud, and the cluster that somebody works on beside it."""

    site: Site
    number: int  # of the cluster
    zone: str
    link: str = "br0"  # a bridge of its nodes

    def made(self) -> tuple[str, str]:
        """Make a server there; gives its id and its instance's name."""
        server_id = self.site.create(availability_zone=self.zone)
        self.site.becomes(server_id, "ACTIVE", within=HEALED)
        ((number, name),) = self.site.instances(server_id)
        assert number == self.number
        return server_id, name

    def run(self, method: str, path: str, body: Any = None) -> None:
        """Have a job of Ganeti's, as its administrator would, and see that it succeeds."""
        job = self.site.rapi(method, self.number, path, body)

        def ended() -> Any:
            found = self.site.rapi("GET", self.number, f"/2/jobs/{job}")
            return found if found["status"] in FINAL else None

        found = until(ended, HEALED, f"the end of job {job}")
        assert found["status"] == "success", found["opresult"]

    def modify(self, name: str, **what: Any) -> None:
        """Change an instance."""
        self.run("PUT", f"/2/instances/{name}/modify", what)

    def instance(self, name: str) -> Json | None:
        """An instance as Ganeti shows it; None when there is none."""
        try:
            found: Json = self.site.rapi("GET", self.number, f"/2/instances/{name}")
        except httpx.HTTPStatusError as refused:
            if refused.response.status_code != HTTPStatus.NOT_FOUND:
                raise
            return None
        return found

    def server(self, server_id: str) -> Json:
        """A server as administrators are shown it."""
        path = f"/v2.1/servers/{server_id}"
        answer = self.site.cloud.call("GET", "compute", path, headers=LATEST)
        found: Json = answer.json()["server"]
        return found

    def drift(self, service: str, ident: str) -> list[str]:
        """The kinds of difference that operators are shown of something."""
        answer = self.site.cloud.call("GET", service, "/v1/drift")
        assert answer.status_code == 200, answer.text
        return sorted(each["kind"] for each in answer.json()["drift"] if each["id"] == ident)

    def had(self, service: str, path: str, body: Json) -> Json:
        """Make something through the API."""
        answer = self.site.cloud.call("POST", service, path, body)
        assert answer.status_code in {200, 201, 202}, answer.text
        ((found,),) = [list(answer.json().values())]
        made: Json = found
        return made

    def drop(self, service: str, path: str) -> None:
        """Delete something through the API."""
        assert self.site.cloud.call("DELETE", service, path).status_code in {202, 204}


def an_instance_that_was_changed(stage: Stage) -> None:
    """Another size and other tags: the size is taken over, our tags are put right."""
    flavor = {"name": uuid4().hex, "disk": 1, "id": uuid4().hex} | SIZE
    stage.had("compute", "/v2.1/flavors", {"flavor": flavor})
    server_id, name = stage.made()
    stranger, theirs = "cyclades:server:another", "of:administrators"
    own = f"cyclades:server:{server_id}"
    stage.run("DELETE", f"/2/instances/{name}/tags?tag={own}")
    stage.run("PUT", f"/2/instances/{name}/tags?tag={stranger}&tag={theirs}")
    stage.modify(name, beparams={"vcpus": 2, "minmem": 192, "maxmem": 192}, hotplug=False)

    def is_so() -> bool:
        tags = (stage.instance(name) or {})["tags"]
        is_tagged = own in tags and theirs in tags and stranger not in tags
        flavors = {each: stage.server(server_id)["flavor"][each] for each in SIZE}
        return bool(is_tagged and flavors == SIZE)

    until(is_so, HEALED, "the server's being what its instance is")
    actions = f"/v2.1/servers/{server_id}/os-instance-actions"
    done = stage.site.cloud.call("GET", "compute", actions).json()["instanceActions"]
    assert "external" in {each["action"] for each in done}
    stage.drop("compute", f"/v2.1/flavors/{flavor['id']}")
    stage.site.delete(server_id)


def an_interface_that_was_taken_out(stage: Stage) -> None:
    """A NIC of nobody's is told and left alone; one that is gone is let go of, with its port."""
    server_id, name = stage.made()
    stage.site.act(server_id, {"os-stop": None})
    stage.site.becomes(server_id, "SHUTOFF", within=HEALED)
    stage.modify(name, nics=[["add", -1, {"mode": "bridged", "link": stage.link, "name": "eth9"}]])
    until(lambda: stage.drift("compute", server_id) == ["nic_strange"], HEALED, "its being told")
    stage.modify(name, nics=[["remove", 0, {}]])

    def is_gone() -> bool:
        ports = stage.site.cloud.call("GET", "network", f"/v2.0/ports?device_id={server_id}")
        return not stage.server(server_id)["addresses"] and not ports.json()["ports"]

    until(is_gone, HEALED, "the interface's end")
    left = stage.instance(name) or {}
    assert left["nic.names"] == ["eth9"], "it is nobody's but its administrator's"
    stage.modify(name, nics=[["remove", "eth9", {}]])
    until(lambda: stage.drift("compute", server_id) == [], HEALED, "the drift's end")
    stage.site.delete(server_id)


def an_instance_that_came_back(stage: Stage) -> None:
    """The instance of a deleted server is removed; one that was never ours is ignored."""
    server_id, name = stage.made()
    stage.site.delete(server_id)
    stranger = f"cyc-{uuid4()}"
    for each in (stranger, name):
        _restore(stage, each)
    until(lambda: stage.instance(name) is None, HEALED, "the orphan's end")
    assert stage.instance(stranger) is not None
    stage.run("DELETE", f"/2/instances/{stranger}")


def _restore(stage: Stage, name: str) -> None:
    pnode = stage.site.rapi("GET", stage.number, "/2/nodes")[0]["id"]
    given = {
        "__version__": 1, "mode": "create", "name": name, "instance_name": name,
        "disk_template": "diskless", "disks": [], "nics": [], "no_install": True, "start": False,
        "ip_check": False, "name_check": False, "pnode": pnode, "os_type": "cyclades+default",
    }  # fmt: skip
    del given["instance_name"]
    stage.run("POST", "/2/instances", given)


def a_stop_while_compute_is_away(stage: Stage) -> None:
    """What happens while nobody listens is found when somebody does."""
    server_id, name = stage.made()
    stage.site.cloud.kill9("compute")
    stage.run("PUT", f"/2/instances/{name}/shutdown?timeout=0")
    stage.site.cloud.launch("compute")
    stage.site.cloud.wait(["compute"])
    stage.site.becomes(server_id, "SHUTOFF", within=HEALED)
    stage.site.delete(server_id)


def a_network_that_was_changed(stage: Stage, groups: Sequence[str] = ("default",)) -> None:
    """A network is connected again, made again, and gives out no address that is reserved."""
    network, cidr = stage.site.network, f"10.{98 - stage.number}.7.0/24"
    subnet = stage.had(
        "network", "/v2.0/subnets",
        {"subnet": {"network_id": network, "cidr": cidr, "ip_version": 4}},
    )["id"]  # fmt: skip
    name, path = f"cyc-{subnet}", f"/2/networks/cyc-{subnet}"
    bound = {
        "network_id": network,
        "fixed_ips": [{"subnet_id": subnet}],
        "binding:host_id": stage.zone,
    }
    port = stage.had("network", "/v2.0/ports", {"port": bound})["id"]

    def is_connected() -> bool:
        names = [each["name"] for each in stage.site.rapi("GET", stage.number, "/2/networks")]
        if name not in names:
            return False
        found = stage.site.rapi("GET", stage.number, path)["group_list"]
        return {str(each[0] if isinstance(each, list) else each) for each in found} >= set(groups)

    until(is_connected, HEALED, "the network's being there")
    for group in groups:
        stage.run("PUT", f"{path}/disconnect", {"group_name": group})
    until(is_connected, HEALED, "its being connected again")
    for group in groups:
        stage.run("PUT", f"{path}/disconnect", {"group_name": group})
    stage.run("DELETE", path)
    until(is_connected, HEALED, "its being made again")

    address = cidr.replace("0/24", "77")
    stage.run("PUT", f"{path}/modify", {"add_reserved_ips": [address]})
    until(lambda: not _is_free(stage, subnet, address), HEALED, "the address' being held back")
    stage.run("PUT", f"{path}/modify", {"remove_reserved_ips": [address]})
    until(lambda: _is_free(stage, subnet, address), HEALED, "the address' being free")

    stage.drop("network", f"/v2.0/ports/{port}")
    stage.drop("network", f"/v2.0/subnets/{subnet}")

    def is_gone() -> bool:
        networks = stage.site.rapi("GET", stage.number, "/2/networks")
        return name not in [each["name"] for each in networks]

    until(is_gone, HEALED, "the network's end")


def _is_free(stage: Stage, subnet: str, address: str) -> bool:
    """Whether a port can have the address; none keeps it."""
    fixed = [{"subnet_id": subnet, "ip_address": address}]
    body = {"port": {"network_id": stage.site.network, "fixed_ips": fixed}}
    answer = stage.site.cloud.call("POST", "network", "/v2.0/ports", body)
    if answer.status_code == 409:
        return False
    assert answer.status_code == 201, answer.text
    stage.drop("network", f"/v2.0/ports/{answer.json()['port']['id']}")
    return True


def a_rescue_that_was_ended(stage: Stage) -> None:
    """A server whose image was taken out is not rescued; one that has it still lets go of it."""
    server_id, name = stage.made()
    stage.site.act(server_id, {"rescue": {}})
    stage.site.becomes(server_id, "RESCUE", within=HEALED)
    booted = (stage.instance(name) or {})["hvparams"]
    assert booted["boot_order"] == "cdrom"
    kept = {name: booted[name] for name in ("boot_order", "cdrom_image_path")}
    stage.modify(name, hvparams={"boot_order": "disk", "cdrom_image_path": ""}, hotplug=False)
    stage.site.becomes(server_id, "ACTIVE", within=HEALED)
    stage.modify(name, hvparams=kept, hotplug=False)

    def is_put_right() -> bool:
        return bool((stage.instance(name) or {})["hvparams"]["boot_order"] == "disk")

    until(is_put_right, HEALED, "its booting from its disk")
    assert stage.server(server_id)["status"] == "ACTIVE"
    stage.site.delete(server_id)
