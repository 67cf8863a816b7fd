"""Who may do what with a server's life, by upstream's names and defaults."""

from typing import Final

from shared.identity.policy import (
    ADMIN,
    PROJECT_MANAGER_OR_ADMIN,
    PROJECT_MEMBER_OR_ADMIN,
    PolicyRule,
)

MEMBER: Final = PROJECT_MEMBER_OR_ADMIN
MANAGER: Final = PROJECT_MANAGER_OR_ADMIN
ACT: Final = "POST /servers/{server_id}/action"


def _rule(name: str, check: str, description: str, *actions: str) -> PolicyRule:
    operations = tuple(f"{ACT} ({action})" for action in actions)
    return PolicyRule(f"os_compute_api:{name}", check, description, operations)


RULES: Final = (
    _rule("os-lock-server:lock", MEMBER, "Lock a server.", "lock"),
    _rule("os-lock-server:unlock", MEMBER, "Unlock a server.", "unlock"),
    _rule(
        "os-lock-server:unlock:unlock_override", ADMIN, "Whoever locked it.", "unlock"
    ),
    _rule("os-admin-actions:reset_state", ADMIN, "Say where it stands.", "os-resetState"),
    _rule(
        "os-admin-actions:inject_network_info", ADMIN, "Take in its ports again.",
        "injectNetworkInfo",
    ),
    _rule("os-deferred-delete:force", MEMBER, "Delete it now.", "forceDelete"),
    _rule("os-deferred-delete:restore", MEMBER, "Take a delete back.", "restore"),
    _rule("servers:resize", MEMBER, "Give it another flavor.", "resize"),
    _rule("servers:confirm_resize", MEMBER, "Keep the new flavor.", "confirmResize"),
    _rule("servers:revert_resize", MEMBER, "Take the old flavor again.", "revertResize"),
    _rule("servers:rebuild", MEMBER, "Write its root disk anew.", "rebuild"),
    _rule("servers:create_image", MEMBER, "Make an image of it.", "createImage"),
    _rule(
        "servers:create_image:allow_volume_backed", MEMBER, "Also of one on a volume.",
        "createImage",
    ),
    _rule("os-create-backup", MEMBER, "Make an image, and drop old ones.", "createBackup"),
    _rule("os-shelve:shelve", MEMBER, "Shelve it.", "shelve"),
    _rule("os-shelve:shelve_offload", ADMIN, "Let go of its memory.", "shelveOffload"),
    _rule("os-shelve:unshelve", MEMBER, "Take it from the shelf.", "unshelve"),
    _rule("os-shelve:unshelve_to_host", ADMIN, "And say to which node.", "unshelve"),
    _rule("os-rescue", MEMBER, "Boot it from another image.", "rescue"),
    _rule("os-unrescue", MEMBER, "Boot it from its disk again.", "unrescue"),
    _rule("os-migrate-server:migrate", MANAGER, "Move it while it is off.", "migrate"),
    _rule("os-migrate-server:migrate:host", ADMIN, "And say where to.", "migrate"),
    _rule("os-migrate-server:migrate_live", MANAGER, "Move it while it runs.", "os-migrateLive"),
    _rule("os-migrate-server:migrate_live:host", ADMIN, "And say where to.", "os-migrateLive"),
    _rule("os-evacuate", ADMIN, "Move it away from a dead node.", "evacuate"),
    _rule("servers:migrations:index", ADMIN, "List its live migrations."),
    _rule("servers:migrations:show", ADMIN, "Show one."),
    _rule("servers:migrations:force_complete", ADMIN, "Force one to an end."),
    _rule("servers:migrations:delete", ADMIN, "Abort one."),
)  # fmt: skip
