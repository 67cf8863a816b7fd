"""Who may do what: Cinder's rule names and defaults."""

from typing import Final

from aiohttp import web

from services.volume.api.deps import DEPS
from shared.identity.caller import CALLER
from shared.identity.policy import (
    ADMIN,
    ANYONE,
    PROJECT_MEMBER_OR_ADMIN,
    PROJECT_READER_OR_ADMIN,
    PolicyRule,
)

RULES: Final = (
    PolicyRule("volume:create", PROJECT_MEMBER_OR_ADMIN, "Create a volume", ("POST /volumes",)),
    PolicyRule("volume:get", PROJECT_READER_OR_ADMIN, "Show a volume", ("GET /volumes/{id}",)),
    PolicyRule("volume:get_all", PROJECT_READER_OR_ADMIN, "List volumes", ("GET /volumes",)),
    PolicyRule("volume:update", PROJECT_MEMBER_OR_ADMIN, "Name a volume", ("PUT /volumes/{id}",)),
    PolicyRule("volume:delete", PROJECT_MEMBER_OR_ADMIN, "Delete", ("DELETE /volumes/{id}",)),
    PolicyRule(
        "volume:force_delete", ADMIN, "Delete in any status", ("POST /volumes/{id}/action",)
    ),
    PolicyRule("volume:extend", PROJECT_MEMBER_OR_ADMIN, "Grow", ("POST /volumes/{id}/action",)),
    PolicyRule("volume:retype", PROJECT_MEMBER_OR_ADMIN, "Retype", ("POST /volumes/{id}/action",)),
    PolicyRule("volume:create_snapshot", PROJECT_MEMBER_OR_ADMIN, "Take a snapshot"),
    PolicyRule("volume:get_snapshot", PROJECT_READER_OR_ADMIN, "Show a snapshot"),
    PolicyRule("volume:get_all_snapshots", PROJECT_READER_OR_ADMIN, "List snapshots"),
    PolicyRule("volume:update_snapshot", PROJECT_MEMBER_OR_ADMIN, "Name a snapshot"),
    PolicyRule("volume:delete_snapshot", PROJECT_MEMBER_OR_ADMIN, "Delete a snapshot"),
    PolicyRule("volume:get_snapshot_metadata", PROJECT_READER_OR_ADMIN, "Show metadata"),
    PolicyRule("volume:update_snapshot_metadata", PROJECT_MEMBER_OR_ADMIN, "Change metadata"),
    PolicyRule("volume:delete_snapshot_metadata", PROJECT_MEMBER_OR_ADMIN, "Drop metadata"),
    PolicyRule("volume_extension:snapshot_admin_actions:reset_status", ADMIN, "Set the status"),
    PolicyRule("volume_extension:snapshot_admin_actions:force_delete", ADMIN, "Delete anyhow"),
    PolicyRule(
        "snapshot_extension:snapshot_actions:update_snapshot_status",
        PROJECT_MEMBER_OR_ADMIN,
        "Say how far a snapshot is",
    ),
    PolicyRule("volume:revert_to_snapshot", PROJECT_MEMBER_OR_ADMIN, "Revert to a snapshot"),
    PolicyRule("volume:reimage", PROJECT_MEMBER_OR_ADMIN, "Write an image to a volume"),
    PolicyRule("volume:update_readonly_flag", PROJECT_MEMBER_OR_ADMIN, "Make it read-only"),
    PolicyRule(
        "volume_extension:volume_actions:upload_image", PROJECT_MEMBER_OR_ADMIN, "Make an image"
    ),
    PolicyRule("volume_extension:volume_actions:reserve", PROJECT_MEMBER_OR_ADMIN, "Reserve"),
    PolicyRule("volume_extension:volume_actions:unreserve", PROJECT_MEMBER_OR_ADMIN, "Unreserve"),
    PolicyRule(
        "volume_extension:volume_actions:begin_detaching", PROJECT_MEMBER_OR_ADMIN, "Detach"
    ),
    PolicyRule(
        "volume_extension:volume_actions:roll_detaching", PROJECT_MEMBER_OR_ADMIN, "Not detach"
    ),
    PolicyRule("volume_extension:volume_actions:attach", PROJECT_MEMBER_OR_ADMIN, "Attach"),
    PolicyRule("volume_extension:volume_actions:detach", PROJECT_MEMBER_OR_ADMIN, "Detach"),
    PolicyRule("volume_extension:volume_admin_actions:force_detach", ADMIN, "Detach anyhow"),
    PolicyRule("volume:attachment_create", PROJECT_MEMBER_OR_ADMIN, "Reserve for a server"),
    PolicyRule("volume:attachment_list", PROJECT_READER_OR_ADMIN, "List attachments"),
    PolicyRule("volume:attachment_show", PROJECT_READER_OR_ADMIN, "Show an attachment"),
    PolicyRule("volume:attachment_update", PROJECT_MEMBER_OR_ADMIN, "Say where the server is"),
    PolicyRule("volume:attachment_delete", PROJECT_MEMBER_OR_ADMIN, "End an attachment"),
    PolicyRule("volume:attachment_complete", PROJECT_MEMBER_OR_ADMIN, "Complete an attachment"),
    PolicyRule("message:get_all", PROJECT_READER_OR_ADMIN, "List messages"),
    PolicyRule("message:get", PROJECT_READER_OR_ADMIN, "Show a message"),
    PolicyRule("message:delete", PROJECT_MEMBER_OR_ADMIN, "Delete a message"),
    PolicyRule("volume:get_all_transfers", PROJECT_READER_OR_ADMIN, "List transfers"),
    PolicyRule("volume:get_transfer", PROJECT_READER_OR_ADMIN, "Show a transfer"),
    PolicyRule("volume:create_transfer", PROJECT_MEMBER_OR_ADMIN, "Offer a volume"),
    PolicyRule("volume:accept_transfer", PROJECT_MEMBER_OR_ADMIN, "Take a volume on offer"),
    PolicyRule("volume:delete_transfer", PROJECT_MEMBER_OR_ADMIN, "Offer a volume no more"),
    PolicyRule("volume:get_volume_metadata", PROJECT_READER_OR_ADMIN, "Show metadata"),
    PolicyRule("volume:create_volume_metadata", PROJECT_MEMBER_OR_ADMIN, "Add metadata"),
    PolicyRule("volume:update_volume_metadata", PROJECT_MEMBER_OR_ADMIN, "Change metadata"),
    PolicyRule("volume:delete_volume_metadata", PROJECT_MEMBER_OR_ADMIN, "Drop metadata"),
    PolicyRule("volume_extension:volume_actions:set_bootable", PROJECT_MEMBER_OR_ADMIN, "Boot"),
    PolicyRule("volume_extension:volume_image_metadata:set", PROJECT_MEMBER_OR_ADMIN, "Image data"),
    PolicyRule("volume_extension:volume_admin_actions:reset_status", ADMIN, "Set the status"),
    PolicyRule("volume_extension:volume_host_attribute", ADMIN, "See where a volume is"),
    PolicyRule(
        "volume_extension:volume_encryption_metadata", PROJECT_READER_OR_ADMIN, "See encryption"
    ),
    PolicyRule("volume_extension:volume_tenant_attribute", PROJECT_READER_OR_ADMIN, "See whose"),
    PolicyRule("volume_extension:volume_mig_status_attribute", ADMIN, "See migrations"),
    PolicyRule("volume_extension:type_get_all", ANYONE, "List types", ("GET /types",)),
    PolicyRule("volume_extension:type_get", ANYONE, "Show a type", ("GET /types/{id}",)),
    PolicyRule("volume_extension:type_create", ADMIN, "Create a type", ("POST /types",)),
    PolicyRule("volume_extension:type_update", ADMIN, "Change a type", ("PUT /types/{id}",)),
    PolicyRule("volume_extension:type_delete", ADMIN, "Delete a type", ("DELETE /types/{id}",)),
    PolicyRule("volume_extension:access_types_extra_specs", ANYONE, "See specs users may see"),
    PolicyRule("volume_extension:types_extra_specs:read_sensitive", ADMIN, "See all specs"),
    PolicyRule("volume_extension:types_extra_specs:create", ADMIN, "Add specs"),
    PolicyRule("volume_extension:types_extra_specs:update", ADMIN, "Change a spec"),
    PolicyRule("volume_extension:types_extra_specs:delete", ADMIN, "Drop a spec"),
    PolicyRule("volume_extension:volume_type_access:get_all_for_type", ADMIN, "See who may use it"),
    PolicyRule(
        "volume_extension:volume_type_access:addProjectAccess", ADMIN, "Let a project use it"
    ),
    PolicyRule(
        "volume_extension:volume_type_access:removeProjectAccess", ADMIN, "No longer let it"
    ),
    PolicyRule("group:create", PROJECT_MEMBER_OR_ADMIN, "Create a group", ("POST /groups",)),
    PolicyRule("group:get", PROJECT_READER_OR_ADMIN, "Show a group", ("GET /groups/{id}",)),
    PolicyRule("group:get_all", PROJECT_READER_OR_ADMIN, "List groups", ("GET /groups",)),
    PolicyRule("group:update", PROJECT_MEMBER_OR_ADMIN, "Change a group", ("PUT /groups/{id}",)),
    PolicyRule("group:delete", PROJECT_MEMBER_OR_ADMIN, "Delete a group"),
    PolicyRule("group:reset_status", ADMIN, "Set the status of a group"),
    PolicyRule("group:group_project_attribute", ADMIN, "See whose a group is"),
    PolicyRule("group:create_group_snapshot", PROJECT_MEMBER_OR_ADMIN, "Take snapshots at once"),
    PolicyRule("group:get_group_snapshot", PROJECT_READER_OR_ADMIN, "Show a group snapshot"),
    PolicyRule("group:get_all_group_snapshots", PROJECT_READER_OR_ADMIN, "List group snapshots"),
    PolicyRule("group:update_group_snapshot", PROJECT_MEMBER_OR_ADMIN, "Name a group snapshot"),
    PolicyRule("group:delete_group_snapshot", PROJECT_MEMBER_OR_ADMIN, "Delete a group snapshot"),
    PolicyRule("group:reset_group_snapshot_status", ADMIN, "Set the status of a group snapshot"),
    PolicyRule("group:group_types:create", ADMIN, "Create a group type", ("POST /group_types",)),
    PolicyRule("group:group_types:update", ADMIN, "Change a group type"),
    PolicyRule("group:group_types:delete", ADMIN, "Delete a group type"),
    PolicyRule("group:access_group_types_specs", ADMIN, "See specs of group types"),
    PolicyRule("group:group_types_specs:get", ADMIN, "See a spec of a group type"),
    PolicyRule("group:group_types_specs:get_all", ADMIN, "List specs of a group type"),
    PolicyRule("group:group_types_specs:create", ADMIN, "Add specs to a group type"),
    PolicyRule("group:group_types_specs:update", ADMIN, "Change a spec of a group type"),
    PolicyRule("group:group_types_specs:delete", ADMIN, "Drop a spec of a group type"),
    PolicyRule("volume_extension:quotas:show", PROJECT_READER_OR_ADMIN, "Show quotas"),
    PolicyRule("volume_extension:quotas:update", ADMIN, "Change quotas"),
    PolicyRule("volume_extension:quotas:delete", ADMIN, "Have the default quotas again"),
    PolicyRule("volume_extension:quota_classes:get", ADMIN, "Show a quota class"),
    PolicyRule("volume_extension:quota_classes:update", ADMIN, "Change a quota class"),
    PolicyRule("volume_extension:services:index", ADMIN, "List services", ("GET /os-services",)),
    PolicyRule("volume_extension:default_set_or_update", ADMIN, "Set a default type"),
    PolicyRule("volume_extension:default_get", ADMIN, "Show a default type"),
    PolicyRule("volume_extension:default_get_all", ADMIN, "List default types"),
    PolicyRule("volume_extension:default_unset", ADMIN, "Have the usual default type"),
    PolicyRule("volume_extension:qos_specs_manage:create", ADMIN, "Create QoS specs"),
    PolicyRule("volume_extension:qos_specs_manage:get", ADMIN, "Show QoS specs"),
    PolicyRule("volume_extension:qos_specs_manage:get_all", ADMIN, "List QoS specs"),
    PolicyRule("volume_extension:qos_specs_manage:update", ADMIN, "Change QoS specs"),
    PolicyRule("volume_extension:qos_specs_manage:delete", ADMIN, "Delete QoS specs"),
    PolicyRule("volume_extension:services:update", ADMIN, "Enable, disable services"),
    PolicyRule("volume_extension:hosts", ADMIN, "List hosts", ("GET /os-hosts",)),
    PolicyRule("scheduler_extension:scheduler_stats:get_pools", ADMIN, "List pools"),
    PolicyRule("workers:cleanup", ADMIN, "Clean up"),
    PolicyRule("volume_extension:volume_manage", ADMIN, "Take disks into management"),
    PolicyRule("volume_extension:capabilities", ADMIN, "See what storage can do"),
    PolicyRule("volume_extension:volume_type_encryption:get", ADMIN, "See a type's encryption"),
    PolicyRule("volume_extension:volume_type_encryption:create", ADMIN, "Encrypt a type"),
    PolicyRule("backup:backup-import", ADMIN, "Import a backup"),
    PolicyRule("limits_extension:used_limits", PROJECT_READER_OR_ADMIN, "Show limits"),
)


def require(request: web.Request, rule: str, project_id: str | None = None) -> None:
    """Let the caller through.

    Args:
        request: who asks.
        rule: the rule's name.
        project_id: whose thing it is about; the caller's own project's if absent.

    Raises:
        NotAllowed: the rule forbids it.
    """
    caller = request[CALLER]
    target = {"project_id": caller.project_id if project_id is None else project_id}
    request.app[DEPS].policy.require(caller, rule, target)


def allows(request: web.Request, rule: str) -> bool:
    """Whether the rule lets the caller."""
    caller = request[CALLER]
    return request.app[DEPS].policy.allows(caller, rule, {"project_id": caller.project_id})


def scope(request: web.Request) -> str | None:
    """Return the project whose things the caller may touch; None for administrators."""
    caller = request[CALLER]
    return None if caller.is_admin else caller.project_id
