"""A guest's network as ``network_data.json`` of a config drive tells it: all of it static."""

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_network
from typing import Any

from services.compute.domain.server import FixedIp, Nic

Json = dict[str, Any]


def network_data(
    nics: Sequence[Nic], subnets: Mapping[str, Json], networks: Mapping[str, Json]
) -> Json:
    """Return links, addresses, routes and name servers.

    Args:
        nics: of the server, in order.
        subnets: those of its addresses, by id, as the network service shows them.
        networks: likewise, for their MTU.
    """
    links: list[Json] = []
    addresses: list[Json] = []
    servers: list[Json] = []
    for nic in nics:
        link = f"tap{nic.port_id[:11]}"
        links.append(
            {
                "id": link,
                "vif_id": nic.port_id,
                "type": "phy",
                "mtu": networks.get(nic.network_id, {}).get("mtu"),
                "ethernet_mac_address": nic.mac,
            }
        )
        for fixed in nic.fixed_ips:
            subnet = subnets.get(fixed.subnet_id or "")
            if subnet is None:
                continue
            number = f"network{len(addresses)}"
            addresses.append(_address(number, link, nic.network_id, fixed, subnet))
            servers += _name_servers(subnet)
    return {
        "links": links,
        "networks": addresses,
        "services": list({each["address"]: each for each in servers}.values()),
    }


def _address(ident: str, link: str, network_id: str, fixed: FixedIp, subnet: Json) -> Json:
    cidr = ip_network(subnet["cidr"])
    return {
        "id": ident,
        "type": f"ipv{cidr.version}",
        "link": link,
        "ip_address": fixed.address,
        "netmask": str(cidr.netmask),
        "routes": list(_routes(subnet)),
        "network_id": network_id,
        "services": _name_servers(subnet),
    }


def _routes(subnet: Json) -> Iterable[Json]:
    if subnet.get("gateway_ip"):
        nowhere = "0.0.0.0" if ":" not in subnet["gateway_ip"] else "::"  # noqa: S104  # no bind
        yield {"network": nowhere, "netmask": nowhere, "gateway": subnet["gateway_ip"]}
    for route in subnet.get("host_routes") or ():
        destination = ip_network(route["destination"], strict=False)
        yield {
            "network": str(destination.network_address),
            "netmask": str(destination.netmask),
            "gateway": route["nexthop"],
        }


def _name_servers(subnet: Json) -> list[Json]:
    return [{"type": "dns", "address": each} for each in subnet.get("dns_nameservers") or ()]
