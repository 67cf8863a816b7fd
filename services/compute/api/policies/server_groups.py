"""Who may do what with server groups, by upstream's names and defaults."""

from typing import Final

from shared.identity.policy import (
    ADMIN,
    PROJECT_MEMBER_OR_ADMIN,
    PROJECT_READER_OR_ADMIN,
    PolicyRule,
)

ALL: Final = "/os-server-groups"
ONE: Final = f"{ALL}/{{server_group_id}}"
ROOT: Final = "os_compute_api:os-server-groups:"

RULES: Final = (
    PolicyRule(f"{ROOT}index", PROJECT_READER_OR_ADMIN, "List groups.", (f"GET {ALL}",)),
    PolicyRule(f"{ROOT}index:all_projects", ADMIN, "List everybody's.", (f"GET {ALL}",)),
    PolicyRule(f"{ROOT}show", PROJECT_READER_OR_ADMIN, "Show a group.", (f"GET {ONE}",)),
    PolicyRule(f"{ROOT}create", PROJECT_MEMBER_OR_ADMIN, "Create a group.", (f"POST {ALL}",)),
    PolicyRule(f"{ROOT}delete", PROJECT_MEMBER_OR_ADMIN, "Delete a group.", (f"DELETE {ONE}",)),
)
