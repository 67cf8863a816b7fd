"""A floating IP: an address of an external network that is reached at a port of another one."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from typing_extensions import override

from services.network.domain.binding import VifType
from services.network.domain.port import ACTIVE, DOWN, Port
from services.network.domain.resource import Json, NamedResource, text_of
from shared.contracts.resources import FloatingIpChanged, FloatingNic, ResourceChanged

SERVERS = "compute:"  # what the device_owner of servers' ports begins with


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatingIp(NamedResource):
    """A floating IP of a project.

    The server that uses the fixed port carries the address itself, on a NIC of its own on the
    external network: ``nic`` describes it, once the network is ready on the server's cluster.
    """

    FACT: ClassVar[type[ResourceChanged] | None] = FloatingIpChanged

    network_id: UUID
    address: str
    internal_port_id: UUID
    status: str = DOWN
    port_id: UUID | None = None
    fixed_ip_address: str | None = None
    router_id: UUID | None = None
    port_details: Json | None = None
    server_id: str | None = None
    nic: Json | None = None
    dns_name: str = ""
    dns_domain: str = ""
    port_forwardings: tuple[Json, ...] = ()  # as they are shown

    @override
    def document(self) -> Json:
        """Return the floating IP as its owner sees it."""
        return self.standard() | {
            "floating_network_id": str(self.network_id),
            "floating_ip_address": self.address,
            "port_id": text_of(self.port_id),
            "fixed_ip_address": self.fixed_ip_address,
            "router_id": text_of(self.router_id),
            "status": self.status,
            "port_details": self.port_details,
            "dns_name": self.dns_name,
            "dns_domain": self.dns_domain,
            "port_forwardings": list(self.port_forwardings),
            "tags": list(self.tags),
        }

    @override
    def changed(self, verb: str) -> ResourceChanged | None:
        """Describe the floating IP, with the NIC that its server shall have."""
        fact = NamedResource.changed(self, verb)
        if fact is None:
            return None
        nic = None if self.nic is None else FloatingNic(**self.nic)
        return fact.model_copy(update={"server_id": self.server_id, "nic": nic})


def server_of(port: Port | None) -> str | None:
    """Return the server that uses the port, if one does."""
    if port is None or not port.device_owner.startswith(SERVERS):
        return None
    return port.device_id or None


def details_of(port: Port | None) -> Json | None:
    """Return what a floating IP shows of the port it is reached at."""
    if port is None:
        return None
    return {
        "name": port.name,
        "network_id": str(port.network_id),
        "mac_address": port.mac_address,
        "admin_state_up": port.admin_state_up,
        "status": port.status,
        "device_id": port.device_id,
        "device_owner": port.device_owner,
    }


def nic_of(internal: Port, address: str) -> Json | None:
    """Return the NIC that carries the address, if it may be plugged now."""
    if internal.vif_type in {VifType.UNBOUND, VifType.FAILED}:
        return None
    return {
        "port_id": str(internal.id),
        "mac_address": internal.mac_address,
        "ip_address": address,
        "cluster": internal.host_id,
        "ganeti_network": internal.vif_details.get("ganeti_network"),
        "mode": internal.vif_details.get("mode", ""),
        "link": internal.vif_details.get("link", ""),
        "vlan": internal.vif_details.get("vlan"),
    }


def status_of(server_id: str | None, internal: Port) -> str:
    """Return ACTIVE where a running server has the NIC, DOWN where nobody carries the address."""
    return ACTIVE if server_id is not None and internal.status == ACTIVE else DOWN
