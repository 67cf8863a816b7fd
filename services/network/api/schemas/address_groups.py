"""What bodies about address groups may have."""

from ipaddress import ip_network
from typing import Any, Final

from services.network.api.schemas.attributes import (
    DESCRIPTION,
    NAME,
    OWNER,
    READ_ONLY,
    Attribute,
    HTTPBadRequest,
    Table,
)
from services.network.api.schemas.checks import Unfit, cidr, ip, list_of
from services.network.domain.address_group import MOST


def _address(value: Any) -> str:
    """Take a range, or one address, which is the smallest range."""
    if isinstance(value, str) and "/" not in value:
        return str(ip_network(ip(value)))
    return str(cidr(value))


ADDRESSES: Final = list_of(_address, most=MOST)
ADDRESS_GROUP: Final = Table(
    singular="address_group",
    plural="address_groups",
    attributes=(
        *READ_ONLY,
        *OWNER,
        NAME,
        DESCRIPTION,
        Attribute(key="tags"),
        Attribute(key="shared"),
        Attribute(key="addresses", check=ADDRESSES, update=False),
    ),
)


def addresses_in(payload: Any) -> tuple[str, ...]:
    """Return the addresses in the body of a call that adds or removes some.

    Raises:
        HTTPBadRequest: there are none.
    """
    if not isinstance(payload, dict) or set(payload) != {"addresses"}:
        raise HTTPBadRequest("Unable to find 'addresses' in request body")
    try:
        found: tuple[str, ...] = ADDRESSES(payload["addresses"])
    except Unfit as wrong:
        raise HTTPBadRequest(f"Invalid input for addresses. Reason: {wrong}.") from wrong
    if not found:
        raise HTTPBadRequest("Invalid input for addresses. Reason: there are none.")
    return found
