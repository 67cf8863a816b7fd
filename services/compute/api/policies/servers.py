"""Who may do what with servers, by upstream's names and defaults."""

from typing import Final

from shared.identity.policy import (
    ADMIN,
    PROJECT_MEMBER_OR_ADMIN,
    PROJECT_READER_OR_ADMIN,
    PolicyRule,
)

MEMBER, READER = PROJECT_MEMBER_OR_ADMIN, PROJECT_READER_OR_ADMIN
ONE, ACT = "/servers/{server_id}", "POST /servers/{server_id}/action"


def _rule(name: str, check: str, description: str, *operations: str) -> PolicyRule:
    return PolicyRule(f"os_compute_api:{name}", check, description, operations)


RULES: Final = (
    _rule("servers:index", READER, "List servers.", "GET /servers"),
    _rule("servers:detail", READER, "List servers in detail.", "GET /servers/detail"),
    _rule(
        "servers:index:get_all_tenants", ADMIN, "List everybody's servers.", "GET /servers"
    ),
    _rule(
        "servers:detail:get_all_tenants", ADMIN, "The same in detail.", "GET /servers/detail"
    ),
    _rule("servers:allow_all_filters", ADMIN, "List by any filter.", "GET /servers"),
    _rule("servers:show", READER, "Show a server.", f"GET {ONE}"),
    _rule("servers:show:host_status", ADMIN, "See its node's health.", f"GET {ONE}"),
    _rule("os-extended-server-attributes", ADMIN, "See where a server is.", f"GET {ONE}"),
    _rule("servers:create", MEMBER, "Create a server.", "POST /servers"),
    _rule("servers:create:forced_host", ADMIN, "Name its node.", "POST /servers"),
    _rule(
        "servers:create:attach_network", MEMBER, "Give it networks.", "POST /servers"
    ),
    _rule(
        "servers:create:zero_disk_flavor",
        ADMIN,
        "Create one from an image with a flavor without a disk.",
        "POST /servers",
    ),
    _rule(
        "network:attach_external_network", ADMIN, "Plug it into an external network.",
        "POST /servers",
    ),
    _rule("servers:update", MEMBER, "Change a server.", f"PUT {ONE}"),
    _rule("servers:delete", MEMBER, "Delete a server.", f"DELETE {ONE}"),
    _rule("servers:start", MEMBER, "Start a server.", f"{ACT} (os-start)"),
    _rule("servers:stop", MEMBER, "Stop a server.", f"{ACT} (os-stop)"),
    _rule("servers:reboot", MEMBER, "Reboot a server.", f"{ACT} (reboot)"),
    _rule("server-metadata:index", READER, "List metadata.", f"GET {ONE}/metadata"),
    _rule("server-metadata:show", READER, "Show metadata.", f"GET {ONE}/metadata/{{key}}"),
    _rule("server-metadata:create", MEMBER, "Add metadata.", f"POST {ONE}/metadata"),
    _rule("server-metadata:update_all", MEMBER, "Replace it.", f"PUT {ONE}/metadata"),
    _rule("server-metadata:update", MEMBER, "Set one.", f"PUT {ONE}/metadata/{{key}}"),
    _rule("server-metadata:delete", MEMBER, "Drop one.", f"DELETE {ONE}/metadata/{{key}}"),
    _rule("os-server-tags:index", READER, "List tags.", f"GET {ONE}/tags"),
    _rule("os-server-tags:show", READER, "Ask for a tag.", f"GET {ONE}/tags/{{tag}}"),
    _rule("os-server-tags:update", MEMBER, "Add a tag.", f"PUT {ONE}/tags/{{tag}}"),
    _rule("os-server-tags:update_all", MEMBER, "Replace all tags.", f"PUT {ONE}/tags"),
    _rule("os-server-tags:delete", MEMBER, "Drop a tag.", f"DELETE {ONE}/tags/{{tag}}"),
    _rule("os-server-tags:delete_all", MEMBER, "Drop all tags.", f"DELETE {ONE}/tags"),
    _rule("ips:index", READER, "List addresses.", f"GET {ONE}/ips"),
    _rule("ips:show", READER, "Addresses in a network.", f"GET {ONE}/ips/{{label}}"),
    _rule("os-attach-interfaces:list", READER, "List NICs.", f"GET {ONE}/os-interface"),
    _rule("os-attach-interfaces:show", READER, "Show a NIC.", f"GET {ONE}/os-interface/{{id}}"),
    _rule(
        "os-volumes-attachments:index", READER, "List volumes.",
        f"GET {ONE}/os-volume_attachments",
    ),
    _rule("os-security-groups:list", READER, "List groups.", f"GET {ONE}/os-security-groups"),
    _rule(
        "os-instance-actions:list", READER, "List what was done.",
        f"GET {ONE}/os-instance-actions",
    ),
    _rule(
        "os-instance-actions:show", READER, "Show what was done.",
        f"GET {ONE}/os-instance-actions/{{request_id}}",
    ),
    _rule("os-instance-actions:events", ADMIN, "See its steps before 2.51, and why they failed."),
    _rule("os-instance-actions:events:details", ADMIN, "See details of its steps, with the node."),
)  # fmt: skip
