"""Port forwardings: single ports of a floating IP that lead to ports of servers."""

from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from shared.errors import BadInput, Conflict, NotFound


class PortForwardingNotFound(NotFound):
    """The floating IP has no such forwarding."""

    code = "network.port_forwarding.not_found"

    def __init__(self, forwarding_id: object) -> None:
        super().__init__(f"Port Forwarding {forwarding_id} could not be found.")


class BadPortForwarding(BadInput):
    """A forwarding that cannot be meant, or is there already."""

    code = "network.port_forwarding.bad"

    def __init__(self, reason: str) -> None:
        super().__init__(f"Bad port_forwarding request: {reason}.", name="BadRequest")


class PortHasBindingFloatingIP(Conflict):
    """The address has a floating IP of its own."""

    code = "network.port_forwarding.address_has_own"

    def __init__(self, address: str, floating_id: object, port_id: object, fixed: str) -> None:
        super().__init__(
            f"Cannot create port forwarding to floating IP {address} ({floating_id}) with port "
            f"{port_id} using fixed IP {fixed}, as that port already has a binding floating IP."
        )


class FipInUseByPortForwarding(Conflict):
    """The floating IP's ports lead somewhere, so it cannot as a whole."""

    code = "network.floating_ip.forwards"

    def __init__(self, floating_id: object) -> None:
        super().__init__(f"Floating IP {floating_id} in use by Port Forwarding resources.")


@dataclass(frozen=True, slots=True, kw_only=True)
class PortForwarding:
    """One port of a floating IP, and where it leads."""

    id: UUID
    internal_port_id: UUID
    internal_ip_address: str
    internal_port: int
    external_port: int
    protocol: str
    description: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the forwarding as the API shows it."""
        return {
            "id": str(self.id),
            "internal_port_id": str(self.internal_port_id),
            "internal_ip_address": self.internal_ip_address,
            "internal_port": self.internal_port,
            "external_port": self.external_port,
            "protocol": self.protocol,
            "description": self.description,
        }

    @classmethod
    def read(cls, kept: Any) -> Self:
        """Return the forwarding that was shown so."""
        ids = {name: UUID(kept[name]) for name in ("id", "internal_port_id")}
        return cls(**{**kept, **ids})

    def require_other(self, other: "PortForwarding") -> None:
        """Let both be at one floating IP.

        Raises:
            BadPortForwarding: they are about the same port, outside or inside.
        """
        outside = (self.protocol, self.external_port)
        inside = (self.protocol, self.internal_ip_address, self.internal_port)
        if outside == (other.protocol, other.external_port) or (
            self.internal_port_id == other.internal_port_id
            and inside == (other.protocol, other.internal_ip_address, other.internal_port)
        ):
            raise BadPortForwarding(
                "A duplicate port forwarding entry with same attributes already exists, "
                f"conflicting with {other.id}"
            )
