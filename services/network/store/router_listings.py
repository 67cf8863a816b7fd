"""What lists of routers and floating IPs may be asked for."""

from typing import Final

from services.network.store.listings import (
    STANDARD,
    STANDARD_SORTS,
    Filter,
    Kind,
    Listing,
    flags,
    texts,
    uuids,
)

ROUTERS: Final = Listing(
    table="routers",
    visible="project_id = {project}",
    filters={
        **STANDARD,
        **texts("name"),
        **flags("admin_state_up"),
        "status": Filter(Kind.TEXT, "'ACTIVE'::text"),
        "distributed": Filter(Kind.BOOLEAN, "false"),
        "ha": Filter(Kind.BOOLEAN, "false"),
        "flavor_id": Filter(Kind.TEXT, "NULL::text"),
    },
    sorts={
        **STANDARD_SORTS,
        "name": "name",
        "admin_state_up": "admin_state_up",
        "status": "'ACTIVE'::text",
    },
)

FLOATING_IPS: Final = Listing(
    table="floating_ips",
    visible="project_id = {project}",
    filters={
        **STANDARD,
        **uuids("router_id", "port_id"),
        **texts("fixed_ip_address", "status", "dns_name", "dns_domain"),
        "floating_network_id": Filter(Kind.UUID, "network_id"),
        "floating_ip_address": Filter(Kind.TEXT, "address"),
    },
    sorts={
        **STANDARD_SORTS,
        "floating_ip_address": "address",
        "floating_network_id": "network_id",
        "fixed_ip_address": "coalesce(fixed_ip_address, '')",
        "port_id": "coalesce(port_id::text, '')",
        "router_id": "coalesce(router_id::text, '')",
        "status": "status",
    },
)
