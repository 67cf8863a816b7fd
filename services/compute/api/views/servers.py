"""A server as Nova shows it, for every microversion; and the answers that are stored with it."""

from collections.abc import Callable, Mapping
from hashlib import sha224
from typing import Any, Final

import orjson

from services.compute.domain.devices import DeviceState
from services.compute.domain.lifecycle import PowerState, VmState
from services.compute.domain.server import Fault, Server
from services.compute.store.documents import ADDRESS, VERSIONED, Documents, Renderer
from shared.clock import micros, seconds_z

LEAST: Final = 1  # minor microversions whose answers are stored
HIGHEST: Final = 96
ROOT_DEVICE: Final = "/dev/vda"
WITH_PROGRESS: Final = frozenset(
    {"ACTIVE", "BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE", "MIGRATING"}
)
Field = Callable[[Server], Any]


def href(base: bytes, path: str) -> orjson.Fragment:
    """Return the JSON of an address that begins where the client reached us (see documents)."""
    return orjson.Fragment(b'"' + base + orjson.dumps(path)[1:])


def links(kind: str, ident: str) -> list[dict[str, Any]]:
    """Return the two links every resource has."""
    path = f"/{kind}/{ident}"
    return [
        {"rel": "self", "href": href(VERSIONED, path)},
        {"rel": "bookmark", "href": href(ADDRESS, path)},
    ]


def bookmark(kind: str, ident: str) -> dict[str, Any]:
    """Return a resource as others refer to it."""
    return {
        "id": ident,
        "links": [{"rel": "bookmark", "href": href(ADDRESS, f"/{kind}/{ident}")}],
    }


def host_id(server: Server) -> str:
    """Return what tells users whether two of their servers share a node, and nothing else."""
    if server.cluster is None:
        return ""
    place = f"{server.project_id}{server.cluster}:{server.node or ''}"
    return sha224(place.encode()).hexdigest()


def ip_version(address: str) -> int:
    """Return 4 or 6."""
    return 6 if ":" in address else 4


def addresses(server: Server) -> dict[str, list[dict[str, Any]]]:
    """Return addresses by network, in the order of the NICs; none while it is being built."""
    found: dict[str, list[dict[str, Any]]] = {}
    if server.vm_state is VmState.BUILDING:
        return found
    for nic in server.nics:
        shown = found.setdefault(nic.network_name, [])
        shown.extend(_address(fixed.address, "fixed", nic.mac) for fixed in nic.fixed_ips)
        shown.extend(
            _address(each.address, "floating", nic.mac)
            for each in server.floating
            if each.mac == nic.mac and each.state is not DeviceState.DETACHING
        )
    return found


def _address(address: str, kind: str, mac: str) -> dict[str, Any]:
    return {
        "version": ip_version(address),
        "addr": address,
        "OS-EXT-IPS:type": kind,
        "OS-EXT-IPS-MAC:mac_addr": mac,
    }


def volumes_attached(server: Server, minor: int) -> list[dict[str, Any]]:
    """Return the server's volumes; local root disks are none."""
    there = [device for device in server.volumes if device.volume_id is not None]
    if minor < 3:
        return [{"id": device.volume_id} for device in there]
    return [
        {"id": device.volume_id, "delete_on_termination": device.delete_on_termination}
        for device in there
    ]


def embedded_flavor(server: Server) -> dict[str, Any]:
    """Return the flavor as it was when the server was made (2.47 and later)."""
    flavor = server.flavor
    return {
        "vcpus": flavor.vcpus,
        "ram": flavor.ram,
        "disk": flavor.disk,
        "ephemeral": flavor.ephemeral,
        "swap": flavor.swap,
        "original_name": flavor.name,
        "extra_specs": dict(flavor.extra_specs),
    }


def host_status(server: Server) -> str:
    """Return the health of its node, as far as its power tells."""
    if server.node is None:
        return ""
    return "UNKNOWN" if server.power_state is PowerState.UNKNOWN else "UP"


def _moment(name: str) -> Field:
    def show(server: Server) -> str | None:
        moment = getattr(server, name)
        return micros(moment) if moment else None

    return show


# Since which minor microversion (and, if need be, until before which) there is what.
FIELDS: Final[tuple[tuple[int, str, Field], ...]] = (
    (1, "id", lambda s: str(s.id)),
    (1, "name", lambda s: s.name),
    (1, "status", lambda s: s.status),
    (1, "tenant_id", lambda s: s.project_id),
    (1, "user_id", lambda s: s.user_id),
    (1, "metadata", lambda s: dict(s.details)),
    (1, "hostId", host_id),
    (1, "created", lambda s: seconds_z(s.created_at)),
    (1, "updated", lambda s: seconds_z(s.updated_at)),
    (1, "addresses", addresses),
    (1, "accessIPv4", lambda s: s.access_ip_v4 or ""),
    (1, "accessIPv6", lambda s: s.access_ip_v6 or ""),
    (1, "OS-DCF:diskConfig", lambda s: s.disk_config),
    (1, "OS-EXT-AZ:availability_zone", lambda s: s.availability_zone or ""),
    (1, "config_drive", lambda s: "True" if s.config_drive else ""),
    (1, "key_name", lambda s: s.key_name),
    (1, "OS-SRV-USG:launched_at", _moment("launched_at")),
    (1, "OS-SRV-USG:terminated_at", _moment("terminated_at")),
    (1, "OS-EXT-STS:task_state", lambda s: s.task),
    (1, "OS-EXT-STS:vm_state", lambda s: s.vm_state.value),
    (1, "OS-EXT-STS:power_state", lambda s: int(s.power_state)),
    (9, "locked", lambda s: s.locked_by is not None),
    (19, "description", lambda s: s.description),
    (26, "tags", lambda s: list(s.tags)),
    (63, "trusted_image_certificates", lambda _: None),
    (73, "locked_reason", lambda s: s.locked_reason),
    (90, "OS-EXT-SRV-ATTR:hostname", lambda s: s.hostname),
    (96, "pinned_availability_zone", lambda s: s.pinned_zone),
)


def plain(server: Server, minor: int) -> dict[str, Any]:
    """Return the server without what links to elsewhere."""
    view = {name: show(server) for since, name, show in FIELDS if since <= minor}
    view["os-extended-volumes:volumes_attached"] = volumes_attached(server, minor)
    if server.status in WITH_PROGRESS:
        view["progress"] = 0
    if server.security_groups:
        view["security_groups"] = [{"name": group.name} for group in server.security_groups]
    return view


def server_view(server: Server, minor: int) -> dict[str, Any]:
    """Return the server as everybody who may see it does, but for its fault."""
    view = plain(server, minor)
    view["links"] = links("servers", str(server.id))
    view["image"] = bookmark("images", str(server.image_id)) if server.image_id else ""
    if minor >= 47:
        view["flavor"] = embedded_flavor(server)
    else:
        view["flavor"] = bookmark("flavors", server.flavor.id)
    return view


def admin_view(server: Server, minor: int, prefix: str) -> dict[str, Any]:
    """Return what administrators see besides.

    Args:
        server: the server.
        minor: of the microversion.
        prefix: what our instances' names begin with.
    """
    view: dict[str, Any] = {
        "OS-EXT-SRV-ATTR:host": server.node,
        "OS-EXT-SRV-ATTR:instance_name": f"{prefix}{server.id}",
        "OS-EXT-SRV-ATTR:hypervisor_hostname": server.node,
    }
    if minor >= 3:
        view |= {
            "OS-EXT-SRV-ATTR:kernel_id": "",
            "OS-EXT-SRV-ATTR:ramdisk_id": "",
            "OS-EXT-SRV-ATTR:launch_index": server.launch_index,
            "OS-EXT-SRV-ATTR:reservation_id": server.reservation_id,
            "OS-EXT-SRV-ATTR:root_device_name": ROOT_DEVICE,
            "OS-EXT-SRV-ATTR:user_data": None,  # sealed: told where one server is shown
        }
    if 3 <= minor < 90:
        view["OS-EXT-SRV-ATTR:hostname"] = server.hostname
    if minor >= 16:
        view["host_status"] = host_status(server)
    return view


def fault_view(fault: Fault, *, detailed: bool) -> dict[str, Any]:
    """Return why a server is in error; the details of an internal one are for administrators."""
    view: dict[str, Any] = {
        "code": fault.code,
        "created": seconds_z(fault.created),
        "message": fault.message,
    }
    if fault.details and (detailed or fault.code != 500):
        view["details"] = fault.details
    return view


def members(view: Mapping[str, Any]) -> bytes:
    """Return JSON members to append to an object, with a leading comma."""
    return b"," + orjson.dumps(view)[1:-1] if view else b""


def rendering(prefix: str) -> Renderer:
    """Return what renders the answers that are stored with a server.

    Args:
        prefix: what our instances' names begin with.
    """

    def render(server: Server) -> Documents:
        event = plain(server, HIGHEST)
        event["flavor"] = embedded_flavor(server) | {"id": server.flavor.id}
        event["image"] = {"id": str(server.image_id)} if server.image_id else ""
        return Documents(
            view_min=orjson.dumps(server_view(server, LEAST)),
            view_max=orjson.dumps(server_view(server, HIGHEST)),
            admin_min=members(admin_view(server, LEAST, prefix)),
            admin_max=members(admin_view(server, HIGHEST, prefix)),
            event=event,
        )

    return render
