"""What bodies about networks may have."""

from typing import Final

from services.network.api.schemas.attributes import (
    DESCRIPTION,
    NAME,
    OWNER,
    READ_ONLY,
    Attribute,
    Table,
)
from services.network.api.schemas.checks import (
    boolean,
    dns_domain,
    integer,
    list_of,
    one_of,
    or_none,
    text,
)

NETWORK: Final = Table(
    singular="network",
    plural="networks",
    attributes=(
        *READ_ONLY,
        *OWNER,
        NAME,
        DESCRIPTION,
        Attribute(key="subnets"),
        Attribute(key="availability_zones"),
        Attribute(key="tags"),
        Attribute(key="admin_state_up", check=boolean),
        Attribute(key="shared", check=boolean, admin=True),
        Attribute(key="router:external", field="external", check=boolean, admin=True),
        Attribute(key="is_default", check=boolean, admin=True),
        Attribute(key="port_security_enabled", check=boolean),
        Attribute(key="mtu", check=integer(68, 65535)),
        Attribute(key="dns_domain", check=dns_domain),
        Attribute(key="availability_zone_hints", check=list_of(text(), most=16), update=False),
        Attribute(
            key="provider:network_type",
            field="network_type",
            check=or_none(one_of("flat", "vlan")),
            update=False,
            admin=True,
        ),
        Attribute(
            key="provider:physical_network",
            field="physical_network",
            check=or_none(text(64)),
            update=False,
            admin=True,
        ),
        Attribute(
            key="provider:segmentation_id",
            field="segmentation_id",
            check=or_none(integer(1, 4094)),
            update=False,
            admin=True,
        ),
    ),
)
