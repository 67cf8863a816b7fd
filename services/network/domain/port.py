"""A port: a plug on a network, with a MAC, addresses, and who is plugged in."""

from dataclasses import dataclass, replace
from typing import ClassVar, Self
from uuid import UUID

from typing_extensions import override

from services.network.domain.binding import UNBOUND, VifType
from services.network.domain.resource import Json, NamedResource
from shared.contracts.resources import PortChanged, ResourceChanged

ACTIVE, DOWN = "ACTIVE", "DOWN"


@dataclass(frozen=True, slots=True)
class FixedIp:
    """An address of a port."""

    subnet_id: UUID
    ip_address: str

    def as_json(self) -> dict[str, str]:
        """Return the address as the API shows it."""
        return {"subnet_id": str(self.subnet_id), "ip_address": self.ip_address}


@dataclass(frozen=True, slots=True, kw_only=True)
class Port(NamedResource):
    """A port of a network."""

    FACT: ClassVar[type[ResourceChanged] | None] = PortChanged

    network_id: UUID
    mac_address: str
    admin_state_up: bool = True
    status: str = DOWN
    device_id: str = ""
    device_owner: str = ""
    made_by_service: bool = False  # the compute service made it, and it goes with the server
    port_security_enabled: bool = True
    fixed_ips: tuple[FixedIp, ...] = ()
    security_groups: tuple[UUID, ...] = ()
    allowed_address_pairs: tuple[Json, ...] = ()
    extra_dhcp_opts: tuple[Json, ...] = ()
    dns_name: str = ""
    dns_domain: str = ""
    dns_suffix: str = ""  # the domain of its full names: its own, the network's or the cloud's
    propagate_uplink_status: bool = True  # kept as it is given
    vnic_type: str = "normal"
    host_id: str = ""  # the cluster
    profile: Json
    vif_type: VifType = VifType.UNBOUND
    vif_details: Json

    def unplugged(self) -> Self:
        """Return the port once its server is gone."""
        return replace(
            self,
            device_id="",
            device_owner="",
            status=DOWN,
            host_id="",
            vif_type=UNBOUND.vif_type,
            vif_details=UNBOUND.details,
        )

    @override
    def document(self) -> Json:
        """Return the port as its owner sees it."""
        return self.named() | {
            "network_id": str(self.network_id),
            "mac_address": self.mac_address,
            "admin_state_up": self.admin_state_up,
            "status": self.status,
            "device_id": self.device_id,
            "device_owner": self.device_owner,
            "fixed_ips": [each.as_json() for each in self.fixed_ips],
            "security_groups": [str(each) for each in self.security_groups],
            "allowed_address_pairs": list(self.allowed_address_pairs),
            "extra_dhcp_opts": list(self.extra_dhcp_opts),
            "port_security_enabled": self.port_security_enabled,
            "propagate_uplink_status": self.propagate_uplink_status,
            "binding:vnic_type": self.vnic_type,
            "dns_name": self.dns_name,
            "dns_domain": self.dns_domain,
            "dns_assignment": [self._assignment(each.ip_address) for each in self.fixed_ips],
            "ip_allocation": "immediate" if self.fixed_ips else "none",
        }

    @override
    def restricted(self) -> Json:
        """Return how the port is bound to a cluster."""
        return {
            "binding:host_id": self.host_id,
            "binding:profile": self.profile,
            "binding:vif_type": self.vif_type.value,
            "binding:vif_details": self.vif_details,
        }

    def _assignment(self, address: str) -> dict[str, str]:
        host = self.dns_name or f"host-{address.replace('.', '-').replace(':', '-')}"
        return {
            "ip_address": address,
            "hostname": host,
            "fqdn": f"{host}.{self.dns_suffix}" if self.dns_suffix else f"{host}.",
        }
