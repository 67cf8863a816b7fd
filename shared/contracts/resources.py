"""Facts the four API services publish about their resources, all of one shape.

``document`` is the resource as its owner sees it in the API, so a consumer never has to call
back. It never carries secrets, hosts or the parts only administrators see.
"""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict
from typing_extensions import override

from shared.contracts.base import Fact

CREATED, UPDATED, DELETED = "created", "updated", "deleted"


class ResourceChanged(Fact):
    """A resource is now as described, or gone; ``version`` only ever grows."""

    id: str
    project_id: str | None
    version: int
    document: dict[str, Any]

    @property
    @override
    def project(self) -> str:
        return self.project_id or "-"

    @property
    @override
    def subject(self) -> str:
        return self.id

    @property
    @override
    def order(self) -> int:
        return self.version

    @override
    def plain(self) -> dict[str, Any]:
        return dict(self.__dict__)  # plain already: the document is what JSON was made of

    @property
    def gone(self) -> bool:
        """Whether the resource no longer exists."""
        return self.verb == DELETED


class PlacedChanged(ResourceChanged):
    """A resource that is on one cluster, which is not in its document: users see its zone."""

    cluster: str | None = None  # None: it is nowhere yet


class ServerChanged(PlacedChanged):
    """A server of the compute service."""

    resource: ClassVar[str] = "compute.server"


class FlavorChanged(ResourceChanged):
    """A flavor of the compute service."""

    resource: ClassVar[str] = "compute.flavor"


class NetworkChanged(ResourceChanged):
    """A network of the network service."""

    resource: ClassVar[str] = "network.network"


class SubnetChanged(ResourceChanged):
    """A subnet of the network service."""

    resource: ClassVar[str] = "network.subnet"


class PortChanged(ResourceChanged):
    """A port of the network service."""

    resource: ClassVar[str] = "network.port"


class SecurityGroupChanged(ResourceChanged):
    """A security group of the network service, with its rules."""

    resource: ClassVar[str] = "network.security_group"


class FloatingNic(BaseModel):
    """The NIC by which a server carries a floating address itself (Synnefo's direct mode)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    port_id: str  # the NIC's name: a port of the network service on the external network
    mac_address: str
    ip_address: str  # the floating address
    cluster: str  # where the network is ready for it
    ganeti_network: str | None  # None: mode and link say where it is plugged
    mode: str = ""
    link: str = ""
    vlan: str | None = None


class FloatingIpChanged(ResourceChanged):
    """A floating IP of the network service, and the NIC its server shall have for it."""

    resource: ClassVar[str] = "network.floating_ip"

    server_id: str | None = None  # who uses the fixed port; it shows the address at once
    nic: FloatingNic | None = None  # what that server shall have; None: no such NIC, or not yet


class ImageChanged(ResourceChanged):
    """An image of the image service."""

    resource: ClassVar[str] = "image.image"


class VolumeChanged(PlacedChanged):
    """A volume of the volume service."""

    resource: ClassVar[str] = "volume.volume"
