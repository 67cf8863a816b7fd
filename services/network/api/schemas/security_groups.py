"""What bodies about security groups and their rules may have."""

from ipaddress import ip_network
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
    LARGEST,
    LONGEST,
    Unfit,
    boolean,
    integer,
    ip_or_cidr,
    one_of,
    or_none,
    uuid,
)
from services.network.domain.address_group import AddressGroupNotFound
from services.network.domain.default_rule import PARENT
from services.network.domain.errors import SecurityGroupNotFound
from services.network.domain.security_group import PROTOCOLS


def _stateful(value: Any) -> bool:
    if not boolean(value):
        raise Unfit("stateless security groups are not supported")
    return True


def _protocol(value: Any) -> str | None:
    if value is None or value == "" or str(value).lower() == "any":
        return None
    written = str(value).lower()
    if written in PROTOCOLS or (written.isascii() and written.isdigit() and int(written) <= 255):
        return written
    raise Unfit(
        f"Security group rule protocol {value} not supported. Only protocol values "
        f"{sorted(PROTOCOLS)} and integer representations [0 to 255] are supported"
    )


def _ethertype(value: Any) -> str:
    for known in ("IPv4", "IPv6"):
        if isinstance(value, str) and value.lower() == known.lower():
            return known
    raise Unfit(f"'{value}' is not in ['IPv4', 'IPv6']")


def _prefix(value: Any) -> str | None:
    if value is None or value == "":
        return None
    written = str(ip_or_cidr(value))
    return written if "/" in written else str(ip_network(written))


SECURITY_GROUP: Final = Table(
    singular="security_group",
    plural="security_groups",
    attributes=(
        *READ_ONLY,
        *OWNER,
        NAME,
        DESCRIPTION,
        Attribute(key="tags"),
        Attribute(key="security_group_rules"),
        Attribute(key="shared"),
        Attribute(key="stateful", check=_stateful, ignored=True),
    ),
)

PORT_NUMBER: Final = or_none(integer(-LARGEST, LARGEST))  # the rule's own check says the rest


def _group(value: Any) -> UUID:
    """Take the id of a group; what is none is nobody's group, as in Neutron."""
    try:
        found: UUID = uuid(value)
    except Unfit:
        raise SecurityGroupNotFound(str(value)[:LONGEST]) from None
    return found


def _addresses(value: Any) -> UUID:
    """Take the id of an address group; what is none is nobody's."""
    try:
        found: UUID = uuid(value)
    except Unfit:
        raise AddressGroupNotFound(str(value)[:LONGEST]) from None
    return found


RULE: Final = Table(
    singular="security_group_rule",
    plural="security_group_rules",
    attributes=(
        *READ_ONLY,
        *OWNER,
        DESCRIPTION,
        Attribute(key="normalized_cidr"),
        Attribute(key="belongs_to_default_sg"),
        Attribute(key="security_group_id", field="group_id", check=_group, required=True),
        Attribute(key="direction", check=one_of("ingress", "egress"), required=True),
        Attribute(key="ethertype", check=_ethertype),
        Attribute(key="protocol", check=_protocol),
        Attribute(key="port_range_min", check=PORT_NUMBER),
        Attribute(key="port_range_max", check=PORT_NUMBER),
        Attribute(key="remote_ip_prefix", check=_prefix),
        Attribute(key="remote_group_id", check=or_none(_group)),
        Attribute(key="remote_address_group_id", check=or_none(_addresses)),
    ),
)


def _among(value: Any) -> bool:
    """Take what stands for a group's own members, or for nobody in particular."""
    if value is None:
        return False
    if value == PARENT:
        return True
    raise Unfit(f"'{value}' is neither null nor {PARENT}: a rule of every group is about its own")


DEFAULT_RULE: Final = Table(
    singular="default_security_group_rule",
    plural="default_security_group_rules",
    attributes=(
        Attribute(key="id"),
        *OWNER,
        DESCRIPTION,
        Attribute(key="direction", check=one_of("ingress", "egress"), required=True),
        Attribute(key="ethertype", check=_ethertype),
        Attribute(key="protocol", check=_protocol),
        Attribute(key="port_range_min", check=PORT_NUMBER),
        Attribute(key="port_range_max", check=PORT_NUMBER),
        Attribute(key="remote_ip_prefix", check=_prefix),
        Attribute(key="remote_group_id", field="among_members", check=_among),
        Attribute(key="remote_address_group_id", check=or_none(_addresses)),
        Attribute(key="used_in_default_sg", check=boolean),
        Attribute(key="used_in_non_default_sg", check=boolean),
    ),
)
