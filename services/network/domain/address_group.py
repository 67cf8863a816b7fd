"""Address groups: named sets of ranges that rules of security groups speak of."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Final

from typing_extensions import override

from services.network.domain.resource import Json, NamedResource
from shared.errors import BadInput, Conflict, NotFound

MOST: Final = 1000  # addresses of one group


class AddressGroupNotFound(NotFound):
    """No such address group, for this project."""

    code = "network.address_group.not_found"

    def __init__(self, group_id: object) -> None:
        super().__init__(f"Address group {group_id} could not be found.")


class AddressGroupInUse(Conflict):
    """Rules speak of the group."""

    code = "network.address_group.in_use"

    def __init__(self, group_id: object) -> None:
        super().__init__(f"Address group {group_id} is in use on one or more security group rules.")


class AddressesAlreadyExist(BadInput):
    """The group has some of the addresses."""

    code = "network.address_group.has_them"

    def __init__(self, addresses: Iterable[str], group_id: object) -> None:
        super().__init__(
            f"Addresses {', '.join(addresses)} already exist in the address group {group_id}."
        )


class AddressesNotFound(NotFound):
    """The group has not some of the addresses."""

    code = "network.address_group.has_them_not"

    def __init__(self, addresses: Iterable[str], group_id: object) -> None:
        super().__init__(
            f"Addresses {', '.join(addresses)} not found in the address group {group_id}."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressGroup(NamedResource):
    """An address group of a project."""

    addresses: tuple[str, ...] = ()
    shared: bool = False
    shared_with: tuple[str, ...] = ()

    @override
    def document(self) -> Json:
        """Return the group as its owner sees it."""
        return self.named() | {"addresses": list(self.addresses), "shared": self.shared}


def ordered(addresses: Iterable[str]) -> tuple[str, ...]:
    """Return addresses once each, IPv4 first, in their order."""
    known = [ip_network(each) for each in set(addresses)]
    known.sort(key=lambda each: (each.version, int(each.network_address), each.prefixlen))
    return tuple(str(each) for each in known)
