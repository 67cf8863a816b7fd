"""What lists may be asked for: per resource, its filters, its orders, and who sees what."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Kind(Enum):
    """How a filter's values are read and compared."""

    TEXT = "text"
    UUID = "uuid"
    INTEGER = "int"
    BOOLEAN = "bool"
    MOMENT = "moment"  # to the second, as documents show it
    SINCE = "since"  # changed then or later
    HOLDS = "holds"  # a JSON list has one of the values
    FIXED_IPS = "fixed_ips"  # ip_address=…, subnet_id=…, ip_address_substr=…


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter: a query key's kind, and the SQL it is compared with."""

    kind: Kind
    expression: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One resource's list."""

    table: str
    visible: str  # SQL with {project} for the parameter
    shown: str = "doc"  # what those see who are no administrators; {project} as above
    filters: Mapping[str, Filter]
    sorts: Mapping[str, str]  # sort key to SQL that is never null
    has_tags: bool = True


def texts(*names: str) -> dict[str, Filter]:
    """Return filters by columns of text."""
    return {name: Filter(Kind.TEXT, name) for name in names}


def flags(*names: str) -> dict[str, Filter]:
    """Return filters by columns of booleans."""
    return {name: Filter(Kind.BOOLEAN, name) for name in names}


def uuids(*names: str) -> dict[str, Filter]:
    """Return filters by columns of ids."""
    return {name: Filter(Kind.UUID, name) for name in names}


STANDARD: Final = {
    **uuids("id"),
    **texts("project_id", "description"),
    "tenant_id": Filter(Kind.TEXT, "project_id"),
    "revision_number": Filter(Kind.INTEGER, "revision"),
    "created_at": Filter(Kind.MOMENT, "date_trunc('second', created_at)"),
    "updated_at": Filter(Kind.MOMENT, "date_trunc('second', updated_at)"),
    "changed_since": Filter(Kind.SINCE, "updated_at"),
}
STANDARD_SORTS: Final = {
    "id": "id",
    "project_id": "project_id",
    "tenant_id": "project_id",
    "description": "description",
    "revision_number": "revision",
    "created_at": "created_at",
    "updated_at": "updated_at",
}
# What is shared with the reader's project is "shared", although it is not everybody's.
AS_SHARED_WITH_ME: Final = (
    "CASE WHEN shared_with ? {project}"
    """ THEN replace(doc, '"shared":false', '"shared":true') ELSE doc END"""
)
NETWORK_STATUS: Final = "(CASE WHEN admin_state_up THEN 'ACTIVE' ELSE 'DOWN' END)"

NETWORKS: Final = Listing(
    table="networks",
    visible="(project_id = {project} OR shared OR external OR shared_with ? {project}"
    " OR external_to ? {project})",
    shown=AS_SHARED_WITH_ME,
    filters={
        **STANDARD,
        **texts("name", "dns_domain"),
        **flags("admin_state_up", "shared", "is_default", "port_security_enabled"),
        "router:external": Filter(Kind.BOOLEAN, "(external OR external_to <> '[]'::jsonb)"),
        "ipv4_address_scope": Filter(Kind.UUID, "ipv4_address_scope"),
        "ipv6_address_scope": Filter(Kind.UUID, "ipv6_address_scope"),
        "status": Filter(Kind.TEXT, NETWORK_STATUS),
        "mtu": Filter(Kind.INTEGER, "mtu"),
        "subnets": Filter(Kind.HOLDS, "subnet_ids"),
        "provider:network_type": Filter(Kind.TEXT, "network_type"),
        "provider:physical_network": Filter(
            Kind.TEXT, "(CASE WHEN is_placed THEN physical_network END)"
        ),
        "provider:segmentation_id": Filter(Kind.INTEGER, "segmentation_id"),
    },
    sorts={
        **STANDARD_SORTS,
        "name": "name",
        "status": NETWORK_STATUS,
        "admin_state_up": "admin_state_up",
        "shared": "shared",
        "router:external": "external",
        "mtu": "mtu",
    },
)

SUBNETS: Final = Listing(
    table="subnets",
    visible="(project_id = {project} OR network_id = ANY(ARRAY(SELECT n.id FROM networks n"
    " WHERE n.project_id = {project} OR n.shared OR n.external OR n.shared_with ? {project}"
    " OR n.external_to ? {project})))",
    filters={
        **STANDARD,
        **uuids("network_id"),
        **texts("name", "cidr", "gateway_ip", "ipv6_ra_mode", "ipv6_address_mode"),
        **flags("enable_dhcp", "dns_publish_fixed_ip"),
        "ip_version": Filter(Kind.INTEGER, "ip_version"),
        "service_types": Filter(Kind.HOLDS, "service_types"),
        "subnetpool_id": Filter(Kind.UUID, "subnetpool_id"),
        "segment_id": Filter(Kind.TEXT, "NULL::text"),
        # Clients ask so for the subnets of networks somebody shares.
        "shared": Filter(
            Kind.BOOLEAN, "EXISTS (SELECT 1 FROM networks n WHERE n.id = network_id AND n.shared)"
        ),
        "router:external": Filter(
            Kind.BOOLEAN, "EXISTS (SELECT 1 FROM networks n WHERE n.id = network_id AND n.external)"
        ),
    },
    sorts={
        **STANDARD_SORTS,
        "name": "name",
        "network_id": "network_id",
        "ip_version": "ip_version",
        "cidr": "cidr",
        "gateway_ip": "coalesce(gateway_ip, '')",
        "enable_dhcp": "enable_dhcp",
    },
)

PORTS: Final = Listing(
    table="ports",
    visible="(project_id = {project} OR network_id = ANY(ARRAY(SELECT n.id FROM networks n"
    " WHERE n.project_id = {project})))",
    filters={
        **STANDARD,
        **uuids("network_id"),
        **texts(
            "name", "status", "mac_address", "device_id", "device_owner", "dns_name", "dns_domain"
        ),
        **flags("admin_state_up", "port_security_enabled"),
        "fixed_ips": Filter(Kind.FIXED_IPS, "id"),
        "security_groups": Filter(Kind.HOLDS, "security_groups"),
        "binding:host_id": Filter(Kind.TEXT, "host_id"),
        "binding:vnic_type": Filter(Kind.TEXT, "vnic_type"),
        "binding:vif_type": Filter(Kind.TEXT, "vif_type"),
        "ip_allocation": Filter(
            Kind.TEXT, "(CASE WHEN fixed_ips = '[]'::jsonb THEN 'none' ELSE 'immediate' END)"
        ),
    },
    sorts={
        **STANDARD_SORTS,
        "name": "name",
        "network_id": "network_id",
        "status": "status",
        "mac_address": "mac_address",
        "device_id": "device_id",
        "device_owner": "device_owner",
        "admin_state_up": "admin_state_up",
    },
)

SECURITY_GROUPS: Final = Listing(
    table="security_groups",
    visible="(project_id = {project} OR shared_with ?| ARRAY[{project}, '*'])",
    shown=AS_SHARED_WITH_ME,
    filters={
        **STANDARD,
        **texts("name"),
        "stateful": Filter(Kind.BOOLEAN, "true"),
        "shared": Filter(Kind.BOOLEAN, "(shared_with ? '*')"),
    },
    sorts={**STANDARD_SORTS, "name": "name"},
)

RULES: Final = Listing(
    table="security_group_rules",
    visible="project_id = {project}",
    filters={
        **STANDARD,
        **uuids("remote_group_id", "remote_address_group_id"),
        **texts("direction", "ethertype", "protocol", "remote_ip_prefix"),
        "security_group_id": Filter(Kind.UUID, "group_id"),
        "port_range_min": Filter(Kind.INTEGER, "port_range_min"),
        "port_range_max": Filter(Kind.INTEGER, "port_range_max"),
        "belongs_to_default_sg": Filter(Kind.BOOLEAN, "of_default_group"),
    },
    sorts={
        **STANDARD_SORTS,
        "security_group_id": "group_id",
        "direction": "direction",
        "ethertype": "ethertype",
        "protocol": "coalesce(protocol, '')",
        "remote_ip_prefix": "coalesce(remote_ip_prefix, '')",
    },
    has_tags=False,
)

DEFAULT_RULES: Final = Listing(
    table="default_rules",
    visible="({project} IS NOT NULL)",  # they are nobody's, and everybody may see them
    filters={
        **uuids("id", "remote_address_group_id"),
        **texts("description", "direction", "ethertype", "protocol", "remote_ip_prefix"),
        **flags("used_in_default_sg", "used_in_non_default_sg"),
        "port_range_min": Filter(Kind.INTEGER, "port_range_min"),
        "port_range_max": Filter(Kind.INTEGER, "port_range_max"),
    },
    sorts={
        "id": "id",
        "description": "description",
        "direction": "direction",
        "ethertype": "ethertype",
        "protocol": "coalesce(protocol, '')",
    },
    has_tags=False,
)
