"""What can be seen of a server's inside: diagnostics, topology, and the password a guest posts."""

from typing import Any, Final

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.looking import require_since, server_in
from services.compute.api.servers import minor_of
from services.compute.domain.lifecycle import PowerState, VmState
from services.compute.domain.server import Server
from services.compute.store import host_reads
from shared.errors import Conflict
from shared.identity.caller import CALLER
from shared.web.answers import answer, answer_nothing

RULE: Final = "os_compute_api:"
STANDARD_SINCE: Final = 48
DRIVER: Final = "libvirt"  # Nova's only word for QEMU and KVM; its list has none for Ganeti
STATES: Final = {PowerState.RUNNING: "running", PowerState.DOWN: "shutdown"}
UNCOUNTED: Final = dict.fromkeys(
    f"{way}_{what}"
    for way in ("rx", "tx")
    for what in ("octets", "errors", "drop", "packets", "rate")
)


class NotStarted(Conflict):
    """The server has no instance yet."""

    code = "compute.server.not_started"


async def show_diagnostics(request: web.Request) -> web.Response:
    """Return what is known of the running instance; nothing is counted on the nodes."""
    deps = request.app[DEPS]
    deps.policy.require(request[CALLER], f"{RULE}os-server-diagnostics")
    server = await server_in(request)
    if server.vm_state is VmState.BUILDING or server.cluster is None:
        raise NotStarted(
            f"Cannot 'get_diagnostics' instance {server.id} "
            f"while it is in vm_state {server.vm_state.value}"
        )
    hypervisor = await host_reads.hypervisor_of(deps.reads, server.cluster)
    if minor_of(request) < STANDARD_SINCE:
        return answer(_plain(server))
    return answer(_standard(server, hypervisor))


def _plain(server: Server) -> dict[str, Any]:
    """Return what there is as names and numbers: before 2.48 every driver told its own."""
    return {
        "memory": server.flavor.ram * 1024,  # KiB, as libvirt's driver has it
        "vcpus": server.flavor.vcpus,
        "nics": len(server.nics),
        "disks": _disks(server),
        "power_state": int(server.power_state),
    }


def _disks(server: Server) -> int:
    return len(server.volumes) + len(server.local_disks) + (server.image_id is not None)


def _standard(server: Server, hypervisor: str) -> dict[str, Any]:
    return {
        "state": STATES.get(server.power_state, "pending"),
        "driver": DRIVER,
        "hypervisor": hypervisor or None,
        "hypervisor_os": "linux",
        "uptime": None,
        "config_drive": server.config_drive,
        "num_cpus": server.flavor.vcpus,
        "num_nics": len(server.nics),
        "num_disks": _disks(server),
        "memory_details": {"maximum": server.flavor.ram, "used": None},
        "cpu_details": [],
        "nic_details": [{"mac_address": nic.mac, **UNCOUNTED} for nic in server.nics],
        "disk_details": [],
    }


async def show_topology(request: web.Request) -> web.Response:
    """Say that no NUMA topology is imposed on the server (since 2.78)."""
    require_since(request, 78)
    request.app[DEPS].policy.require(request[CALLER], f"{RULE}compute:server:topology:index")
    await server_in(request)
    return answer({"nodes": [], "pagesize_kb": None})


async def show_password(request: web.Request) -> web.Response:
    """Return the password the guest posted: none, for guests have nowhere to post one."""
    request.app[DEPS].policy.require(request[CALLER], f"{RULE}os-server-password:show")
    await server_in(request)
    return answer({"password": ""})


async def forget_password(request: web.Request) -> web.Response:
    """Keep no password that the guest posted."""
    request.app[DEPS].policy.require(request[CALLER], f"{RULE}os-server-password:clear")
    await server_in(request)
    return answer_nothing()


SERVER: Final = "/servers/{server_id}"
ROUTES: Final = [
    web.get(f"{SERVER}/diagnostics", show_diagnostics),
    web.get(f"{SERVER}/topology", show_topology),
    web.get(f"{SERVER}/os-server-password", show_password),
    web.delete(f"{SERVER}/os-server-password", forget_password),
]
