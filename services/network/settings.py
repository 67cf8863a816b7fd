"""Every knob of the network service."""

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class PhysicalNetworkSetting(BaseModel):
    """What a physical network offers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    flat: bool = Field(default=True, description="Whether one untagged network may use it.")
    vlans: tuple[str, ...] = Field(
        default=(), description='VLAN ids projects are given, as ranges: "100-199".'
    )

    @field_validator("vlans")
    @classmethod
    def _are_ranges(cls, ranges: tuple[str, ...]) -> tuple[str, ...]:
        for each in ranges:
            low, _, high = each.partition("-")
            if not 1 <= int(low) <= int(high or low) <= 4094:
                raise ValueError(f"{each} is no range of VLAN ids")
        return ranges


class NetworkSettings(ServiceSettings):
    """The network service's settings, from ``CYCLADES_NETWORK_…``."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, env_prefix="CYCLADES_NETWORK_")

    port: int = Field(default=9696, description="Port the HTTP side listens on; 0: a free one.")
    service_user: str = Field(default="neutron", description="Our user in project service.")
    ganeti_prefix: str = Field(
        default="cyc-", description="What the names of our networks and instances begin with."
    )
    physical_networks: dict[str, PhysicalNetworkSetting] = Field(
        default={"physnet1": PhysicalNetworkSetting(flat=True, vlans=("100-999",))},
        description="Physical networks by name (JSON); clusters say where their nodes find them.",
    )
    mtu: int = Field(default=1500, ge=68, le=65535, description="MTU of a network, unless told.")
    dns_domain: str = Field(
        default="openstacklocal.", description="Domain of ports whose network has none."
    )
    router_port_status: Literal["ACTIVE", "DOWN"] = Field(
        default="DOWN",
        description="What routers' ports show: nothing forwards, but some tools wait for ACTIVE.",
    )
    floating_ips_need_router: bool = Field(
        default=True,
        description="Whether a floating IP needs a router between its port and the world, as in "
        "Neutron; servers carry the address themselves either way.",
    )
    reconcile_every: float = Field(
        default=300.0,
        gt=0,
        description="Seconds in which the networks of every cluster are compared with ours once; "
        "what differs twice is put right.",
    )
    quotas: dict[str, int] = Field(
        default={}, description="Default limits that differ from Neutron's (JSON); -1: none."
    )
    availability_zones: tuple[str, ...] = Field(
        default=(), description="Zones listed before any cluster is known (JSON)."
    )

    @field_validator("physical_networks", "quotas", "availability_zones", mode="before")
    @classmethod
    def _from_json(cls, given: Any) -> Any:
        """Take JSON, as it comes from the environment."""
        return json.loads(given) if isinstance(given, str) else given
