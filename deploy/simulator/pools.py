"""IP pools: which addresses of a network are free."""

import ipaddress

from deploy.simulator.model import Network


def block(network: Network) -> ipaddress.IPv4Network:
    """The network's IPv4 block."""
    return ipaddress.IPv4Network(network.network)


def offset(network: Network, address: str) -> int | None:
    """Where `address` lies in the network, or None when it is not part of it."""
    try:
        ip = ipaddress.IPv4Address(address)
    except ValueError:
        return None
    inside = block(network)
    return int(ip) - int(inside.network_address) if ip in inside else None


def address(network: Network, position: int) -> str:
    """The address at that offset."""
    return str(block(network).network_address + position)


def is_free(network: Network, position: int) -> bool:
    """Whether neither an instance nor an outside reservation has it."""
    return position not in network.reserved and position not in network.external


def first_free(network: Network) -> int | None:
    """The lowest free offset, which is what `ip: pool` hands out."""
    return next((p for p in range(block(network).num_addresses) if is_free(network, p)), None)


def used_count(network: Network) -> int:
    """How many addresses are taken, for whatever reason."""
    return len(network.reserved | network.external)


def bitmap(network: Network) -> str:
    """One character per address: X taken, . free."""
    return "".join("." if is_free(network, p) else "X" for p in range(block(network).num_addresses))


def external_text(network: Network) -> str:
    """The outside reservations as one text."""
    return ", ".join(address(network, p) for p in sorted(network.external))
