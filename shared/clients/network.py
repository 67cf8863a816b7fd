"""The network service, as other services use it. Answers are Neutron's JSON, unwrapped."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from shared.clients.http import NeighbourClient

Json = dict[str, Any]


class NetworkClient(NeighbourClient):
    """Typed calls to the Networking API v2.0."""

    async def networks(self, params: Mapping[str, str], token: str | None = None) -> list[Json]:
        """Return the networks that match, as the token's owner sees them."""
        answer = await self.call("GET", "/v2.0/networks", params=params, token=token)
        found: list[Json] = answer["networks"]
        return found

    async def network(self, network_id: str, token: str | None = None) -> Json:
        """Return one network.

        Raises:
            NotFound: absent, or not visible to the token's owner.
        """
        answer = await self.call("GET", f"/v2.0/networks/{network_id}", token=token)
        found: Json = answer["network"]
        return found

    async def subnet(self, subnet_id: str, token: str | None = None) -> Json:
        """Return one subnet.

        Raises:
            NotFound: absent, or not visible to the token's owner.
        """
        answer = await self.call("GET", f"/v2.0/subnets/{subnet_id}", token=token)
        found: Json = answer["subnet"]
        return found

    async def security_groups(
        self, params: Mapping[str, str], token: str | None = None
    ) -> list[Json]:
        """Return the security groups that match."""
        answer = await self.call("GET", "/v2.0/security-groups", params=params, token=token)
        found: list[Json] = answer["security_groups"]
        return found

    async def ports(self, params: Mapping[str, str], token: str | None = None) -> list[Json]:
        """Return the ports that match."""
        answer = await self.call("GET", "/v2.0/ports", params=params, token=token)
        found: list[Json] = answer["ports"]
        return found

    async def port(self, port_id: str, token: str | None = None) -> Json:
        """Return one port.

        Raises:
            NotFound: absent, or not visible to the token's owner.
        """
        answer = await self.call("GET", f"/v2.0/ports/{port_id}", token=token)
        found: Json = answer["port"]
        return found

    async def create_port(
        self, body: Json, *, idempotency_key: UUID, request_id: str | None = None
    ) -> Json:
        """Have a port; the same key always gives the same port.

        Raises:
            Conflict: the address is taken, or none is left.
            OverQuota: the project may have no more ports.
        """
        answer = await self.call(
            "POST",
            "/v2.0/ports",
            json={"port": body},
            idempotency_key=str(idempotency_key),
            request_id=request_id,
        )
        made: Json = answer["port"]
        return made

    async def update_port(self, port_id: str, body: Json, request_id: str | None = None) -> Json:
        """Change a port: bind it to a server, or let it go.

        Raises:
            NotFound: there is no such port.
            Conflict: another server has it.
        """
        answer = await self.call(
            "PUT", f"/v2.0/ports/{port_id}", json={"port": body}, request_id=request_id
        )
        changed: Json = answer["port"]
        return changed

    async def delete_port(self, port_id: str, request_id: str | None = None) -> None:
        """Have no such port.

        Raises:
            NotFound: there is none.
        """
        await self.call("DELETE", f"/v2.0/ports/{port_id}", request_id=request_id)

    async def floating_ips(self, params: Mapping[str, str], token: str | None = None) -> list[Json]:
        """Return the floating IPs that match, as the token's owner sees them."""
        answer = await self.call("GET", "/v2.0/floatingips", params=params, token=token)
        found: list[Json] = answer["floatingips"]
        return found

    async def associate(
        self, floating_ip_id: str, body: Json, token: str, request_id: str | None = None
    ) -> Json:
        """Give a floating IP to a port, or to none, as the token's owner.

        Raises:
            NotFound: there is no such floating IP or port.
            BadInput: the port cannot have it.
        """
        answer = await self.call(
            "PUT",
            f"/v2.0/floatingips/{floating_ip_id}",
            json={"floatingip": body},
            token=token,
            request_id=request_id,
        )
        changed: Json = answer["floatingip"]
        return changed
