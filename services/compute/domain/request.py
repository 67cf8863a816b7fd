"""What a user asks for who asks for servers, once it is known to be well formed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from uuid import UUID

from services.compute.domain.devices import BlockDevice
from services.compute.domain.guest import GuestFile
from services.compute.domain.local_disks import LocalWish
from services.compute.domain.server import NetworkWish
from shared.errors import BadInput, Conflict


class Networking(Enum):
    """What to do about networks when none is named."""

    UNSAID = "unsaid"  # before 2.37: the only one there is, or none
    AUTO = "auto"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRequest:
    """One or more servers alike."""

    name: str
    flavor_id: str
    image_id: UUID | None = None  # of a local root disk; None: it boots from a volume
    volumes: tuple[BlockDevice, ...] = ()
    local: tuple[LocalWish, ...] = ()  # disks besides a local root disk
    may_share_volumes: bool = True  # the microversion knows volumes of several servers
    networking: Networking = Networking.UNSAID
    networks: tuple[NetworkWish, ...] = ()
    security_groups: tuple[str, ...] = ()  # names or ids
    key_name: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    description: str | None = None
    zone: str | None = None  # zone, zone:node
    node: str | None = None  # named by itself (2.74)
    hostname: str | None = None
    user_data: str | None = field(default=None, repr=False)
    admin_password: str | None = field(default=None, repr=False)
    files: tuple[GuestFile, ...] = ()
    config_drive: bool = False
    disk_config: str = "MANUAL"
    access_ip_v4: str | None = None
    access_ip_v6: str | None = None
    group_id: UUID | None = None
    hints: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # same_host, different_host
    least: int = 1
    most: int = 1

    def require_possible(self) -> None:
        """Refuse what contradicts itself.

        Raises:
            BadInput: it does; says how.
        """
        if self.least > self.most:
            raise BadInput("min_count must be <= max_count")
        if self.most > 1 and any(wish.port_id for wish in self.networks):
            raise BadInput(
                "Unable to launch multiple instances with a single configured port ID. "
                "Please launch your instance one by one with different ports."
            )
        if self.most > 1 and any(wish.fixed_ip for wish in self.networks):
            raise BadInput("Invalid fixed IP address: max_count must be 1 if one is given.")
        if self.most > 1 and any(not volume.is_ours for volume in self.volumes):
            raise BadInput("Cannot attach one or more volumes to multiple instances")

    def name_of(self, index: int) -> str:
        """Return the name of one of the servers."""
        return self.name if self.most == 1 else f"{self.name}-{index + 1}"

    def hostname_of(self, index: int, ident: UUID) -> str:
        """Return the host name of one of the servers."""
        wanted = self.hostname or hostname_from(self.name)
        if not wanted:
            return f"server-{ident}"
        return wanted if self.most == 1 else f"{wanted[:50]}-{index + 1}"


def hostname_from(name: str) -> str:
    """Return what of a name can be a host name."""
    plain = re.sub(r"[ _]", "-", name.lower())
    return re.sub(r"[^a-z0-9.-]+", "", plain).strip(".-")[:63].rstrip(".-")


class NetworkAmbiguous(Conflict):
    """There are several networks, and none was named."""

    code = "compute.network.ambiguous"
