"""What lists of subnet pools, address scopes and groups, and RBAC policies may be asked for."""

from typing import Final

from services.network.store.listings import (
    AS_SHARED_WITH_ME,
    STANDARD,
    STANDARD_SORTS,
    Filter,
    Kind,
    Listing,
    flags,
    texts,
    uuids,
)

PLAIN: Final = {
    **uuids("id"),
    **texts("project_id"),
    "tenant_id": Filter(Kind.TEXT, "project_id"),
}
PLAIN_SORTS: Final = {"id": "id", "project_id": "project_id", "tenant_id": "project_id"}
USABLE: Final = "(project_id = {project} OR shared OR shared_with ? {project})"

SUBNET_POOLS: Final = Listing(
    table="subnet_pools",
    visible=USABLE,
    shown=AS_SHARED_WITH_ME,
    filters={
        **STANDARD,
        **texts("name"),
        **uuids("address_scope_id"),
        **flags("shared", "is_default"),
        "ip_version": Filter(Kind.INTEGER, "ip_version"),
        "default_prefixlen": Filter(Kind.INTEGER, "default_prefixlen"),
        "min_prefixlen": Filter(Kind.INTEGER, "min_prefixlen"),
        "max_prefixlen": Filter(Kind.INTEGER, "max_prefixlen"),
        "default_quota": Filter(Kind.INTEGER, "default_quota"),
        "prefixes": Filter(Kind.HOLDS, "prefixes"),
    },
    sorts={
        **STANDARD_SORTS,
        "name": "name",
        "ip_version": "ip_version",
        "default_prefixlen": "default_prefixlen",
        "min_prefixlen": "min_prefixlen",
        "max_prefixlen": "max_prefixlen",
        "is_default": "is_default",
        "shared": "shared",
    },
)

ADDRESS_SCOPES: Final = Listing(
    table="address_scopes",
    visible=USABLE,
    shown=AS_SHARED_WITH_ME,
    filters={
        **PLAIN,
        **texts("name"),
        **flags("shared"),
        "ip_version": Filter(Kind.INTEGER, "ip_version"),
    },
    sorts={**PLAIN_SORTS, "name": "name", "ip_version": "ip_version", "shared": "shared"},
    has_tags=False,
)

ADDRESS_GROUPS: Final = Listing(
    table="address_groups",
    visible=USABLE,
    shown=AS_SHARED_WITH_ME,
    filters={
        **STANDARD,
        **texts("name"),
        **flags("shared"),
        "addresses": Filter(Kind.HOLDS, "addresses"),
    },
    sorts={**STANDARD_SORTS, "name": "name", "shared": "shared"},
)

RBAC_POLICIES: Final = Listing(
    table="rbac_policies",
    visible="(project_id = {project} OR target_project = {project})",
    filters={
        **PLAIN,
        **texts("object_type", "action"),
        **uuids("object_id"),
        "target_tenant": Filter(Kind.TEXT, "target_project"),
        "target_project": Filter(Kind.TEXT, "target_project"),
    },
    sorts={
        **PLAIN_SORTS,
        "object_type": "object_type",
        "object_id": "object_id",
        "action": "action",
        "target_tenant": "target_project",
    },
    has_tags=False,
)
