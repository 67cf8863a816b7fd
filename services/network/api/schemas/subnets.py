"""What bodies about subnets may have."""

from typing import Any, Final
from uuid import UUID

from services.network.api.schemas.attributes import (
    DESCRIPTION,
    NAME,
    OWNER,
    READ_ONLY,
    Attribute,
    Table,
)
from services.network.api.schemas.checks import (
    Unfit,
    boolean,
    cidr,
    integer,
    ip,
    list_of,
    null_only,
    object_of,
    one_of,
    or_none,
    text,
    uuid,
)
from services.network.domain.addressing import Pool

MODE: Final = or_none(one_of("slaac", "dhcpv6-stateful", "dhcpv6-stateless"))


def _version(value: Any) -> int:
    return int(one_of(4, 6, "4", "6")(value))


def _pool(value: Any) -> UUID:
    if value == "prefix_delegation":
        raise Unfit("prefix delegation is not supported")
    found: UUID = uuid(value)
    return found


def _pools(value: Any) -> tuple[Pool, ...]:
    given = list_of(object_of({"start": ip, "end": ip}))(value)
    return tuple(Pool(each["start"], each["end"]) for each in given)


SUBNET: Final = Table(
    singular="subnet",
    plural="subnets",
    attributes=(
        *READ_ONLY,
        *OWNER,
        NAME,
        DESCRIPTION,
        Attribute(key="tags"),
        Attribute(key="network_id", check=uuid, required=True, update=False),
        Attribute(key="ip_version", check=_version, required=True, update=False),
        Attribute(key="cidr", check=or_none(cidr), update=False),
        Attribute(key="prefixlen", check=or_none(integer(0, 128)), update=False),
        Attribute(key="subnetpool_id", check=or_none(_pool), update=False),
        Attribute(key="use_default_subnetpool", check=boolean, update=False),
        Attribute(key="gateway_ip", check=or_none(ip)),
        Attribute(key="allocation_pools", check=_pools),
        Attribute(key="dns_nameservers", check=list_of(ip)),
        Attribute(
            key="host_routes", check=list_of(object_of({"destination": cidr, "nexthop": ip}))
        ),
        Attribute(key="enable_dhcp", check=boolean),
        Attribute(key="ipv6_ra_mode", check=MODE, update=False),
        Attribute(key="ipv6_address_mode", check=MODE, update=False),
        Attribute(key="service_types", check=list_of(text())),
        Attribute(key="dns_publish_fixed_ip", check=boolean),
        Attribute(key="segment_id", check=null_only, ignored=True),
    ),
)
