"""Who may do what, by upstream's names. What may be done to whose is decided beside the row."""

from typing import Final

from shared.identity.policy import (
    ADMIN,
    PROJECT_MEMBER_OR_SERVICE_OR_ADMIN,
    PROJECT_READER_OR_SERVICE_OR_ADMIN,
    PolicyRule,
)

RESOURCES: Final = {
    "network": "networks",
    "subnet": "subnets",
    "port": "ports",
    "subnetpool": "subnetpools",
    "address_scope": "address-scopes",
    "address_group": "address-groups",
    "rbac_policy": "rbac-policies",
    "router": "routers",
    "floatingip": "floatingips",
    "security_group": "security-groups",
    "security_group_rule": "security-group-rules",
}
WRITES: Final = {
    "create": ("POST", ""),
    "update": ("PUT", "/{id}"),
    "delete": ("DELETE", "/{id}"),
}


def _crud(resource: str, collection: str) -> list[PolicyRule]:
    read = PolicyRule(
        f"get_{resource}",
        PROJECT_READER_OR_SERVICE_OR_ADMIN,
        f"See a {resource}",
        (f"GET /{collection}", f"GET /{collection}/{{id}}"),
    )
    return [read] + [
        PolicyRule(
            f"{verb}_{resource}",
            PROJECT_MEMBER_OR_SERVICE_OR_ADMIN,
            f"{verb.capitalize()} a {resource}",
            (f"{method} /{collection}{rest}",),
        )
        for verb, (method, rest) in WRITES.items()
    ]


ACTIONS: Final = {
    "add_router_interface": "routers",
    "remove_router_interface": "routers",
    "add_extraroutes": "routers",
    "remove_extraroutes": "routers",
    "add_addresses": "address-groups",
    "remove_addresses": "address-groups",
    "add_prefixes": "subnetpools",
    "remove_prefixes": "subnetpools",
}

RULES: Final = (
    *(rule for name, collection in RESOURCES.items() for rule in _crud(name, collection)),
    *(
        PolicyRule(
            action,
            PROJECT_MEMBER_OR_SERVICE_OR_ADMIN,
            "Change a part of a resource",
            (f"PUT /{collection}/{{id}}/{action}",),
        )
        for action, collection in ACTIONS.items()
    ),
    PolicyRule(
        "get_floatingip_port_forwarding",
        PROJECT_READER_OR_SERVICE_OR_ADMIN,
        "See what floating IPs forward",
        ("GET /floatingips/{id}/port_forwardings",),
    ),
    *(
        PolicyRule(
            f"{verb}_floatingip_port_forwarding",
            PROJECT_MEMBER_OR_SERVICE_OR_ADMIN,
            f"{verb.capitalize()} what floating IPs forward",
        )
        for verb in WRITES
    ),
    PolicyRule("get_tags", PROJECT_READER_OR_SERVICE_OR_ADMIN, "See tags"),
    PolicyRule("update_tags", PROJECT_MEMBER_OR_SERVICE_OR_ADMIN, "Change tags"),
    PolicyRule(
        "get_quota",
        PROJECT_READER_OR_SERVICE_OR_ADMIN,
        "See the own project's limits",
        ("GET /quotas/{id}",),
    ),
    PolicyRule(
        "get_auto_allocated_topology",
        PROJECT_MEMBER_OR_SERVICE_OR_ADMIN,
        "Have the own project's network",
        ("GET /auto-allocated-topology/{project_id}",),
    ),
    PolicyRule(
        "delete_auto_allocated_topology",
        PROJECT_MEMBER_OR_SERVICE_OR_ADMIN,
        "Remove the own project's network",
        ("DELETE /auto-allocated-topology/{project_id}",),
    ),
    PolicyRule("update_quota", ADMIN, "Change limits", ("PUT /quotas/{id}",)),
    PolicyRule("delete_quota", ADMIN, "Reset limits", ("DELETE /quotas/{id}",)),
    PolicyRule(
        "get_floatingip_pool",
        PROJECT_READER_OR_SERVICE_OR_ADMIN,
        "See where floating IPs are taken from",
        ("GET /floatingip_pools",),
    ),
    PolicyRule(
        "get_service_provider",
        PROJECT_READER_OR_SERVICE_OR_ADMIN,
        "See service providers",
        ("GET /service-providers",),
    ),
    PolicyRule(
        "get_default_security_group_rule",
        PROJECT_READER_OR_SERVICE_OR_ADMIN,
        "See what new security groups begin with",
        ("GET /default-security-group-rules",),
    ),
    PolicyRule("create_default_security_group_rule", ADMIN, "Have new groups begin with more"),
    PolicyRule("delete_default_security_group_rule", ADMIN, "Have new groups begin with less"),
    PolicyRule("get_agent", ADMIN, "See agents", ("GET /agents",)),
    PolicyRule(
        "get_network_ip_availability",
        ADMIN,
        "See how full networks are",
        ("GET /network-ip-availabilities",),
    ),
    PolicyRule(
        "get_availability_zone",
        PROJECT_READER_OR_SERVICE_OR_ADMIN,
        "See availability zones",
        ("GET /availability_zones",),
    ),
)
