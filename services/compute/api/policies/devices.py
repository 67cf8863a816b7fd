"""Who may change a server's volumes, interfaces, addresses and security groups."""

from typing import Final

from shared.identity.policy import (
    PROJECT_MEMBER_OR_ADMIN,
    PROJECT_READER_OR_ADMIN,
    PolicyRule,
)

MEMBER, READER = PROJECT_MEMBER_OR_ADMIN, PROJECT_READER_OR_ADMIN
ONE, ACT = "/servers/{server_id}", "POST /servers/{server_id}/action"
VOLUMES, NICS = f"{ONE}/os-volume_attachments", f"{ONE}/os-interface"
ADMIN_OR_SERVICE: Final = "role:admin or role:service"


def _rule(name: str, check: str, description: str, *operations: str) -> PolicyRule:
    return PolicyRule(f"os_compute_api:{name}", check, description, operations)


RULES: Final = (
    _rule("os-volumes-attachments:show", READER, "Show a volume.", f"GET {VOLUMES}/{{id}}"),
    _rule("os-volumes-attachments:create", MEMBER, "Attach a volume.", f"POST {VOLUMES}"),
    _rule("os-volumes-attachments:update", MEMBER, "Keep it or not.", f"PUT {VOLUMES}/{{id}}"),
    _rule("os-volumes-attachments:swap", ADMIN_OR_SERVICE, "Swap it.", f"PUT {VOLUMES}/{{id}}"),
    _rule("os-volumes-attachments:delete", MEMBER, "Detach it.", f"DELETE {VOLUMES}/{{id}}"),
    _rule("os-attach-interfaces:create", MEMBER, "Attach an interface.", f"POST {NICS}"),
    _rule("os-attach-interfaces:delete", MEMBER, "Detach it.", f"DELETE {NICS}/{{port_id}}"),
    _rule("os-security-groups:add", MEMBER, "Add a group.", f"{ACT} (addSecurityGroup)"),
    _rule("os-security-groups:remove", MEMBER, "Drop it.", f"{ACT} (removeSecurityGroup)"),
    _rule("os-floating-ips:add", MEMBER, "Add an address.", f"{ACT} (addFloatingIp)"),
    _rule("os-floating-ips:remove", MEMBER, "Drop it.", f"{ACT} (removeFloatingIp)"),
    _rule("os-multinic:add", MEMBER, "Add an address.", f"{ACT} (addFixedIp)"),
    _rule("os-multinic:remove", MEMBER, "Drop it.", f"{ACT} (removeFixedIp)"),
    _rule(
        "servers:create:attach_volume", MEMBER, "Give it volumes.", "POST /servers"
    ),
)  # fmt: skip
