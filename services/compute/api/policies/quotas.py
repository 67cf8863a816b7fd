"""Who may see and set limits."""

from typing import Final

from shared.identity.policy import ADMIN, ANYONE, PROJECT_READER_OR_ADMIN, PolicyRule

SETS: Final = "/os-quota-sets/{project}"
CLASSES: Final = "/os-quota-class-sets/{class}"


def _rule(name: str, check: str, description: str, *operations: str) -> PolicyRule:
    return PolicyRule(f"os_compute_api:{name}", check, description, operations)


RULES: Final = (
    _rule("limits", ANYONE, "See one's own limits.", "GET /limits"),
    _rule("limits:other_project", ADMIN, "See another project's.", "GET /limits"),
    _rule("os-quota-sets:show", PROJECT_READER_OR_ADMIN, "Show limits.", f"GET {SETS}"),
    _rule("os-quota-sets:defaults", ANYONE, "Show defaults.", f"GET {SETS}/defaults"),
    _rule("os-quota-sets:detail", PROJECT_READER_OR_ADMIN, "With usage.", f"GET {SETS}/detail"),
    _rule("os-quota-sets:update", ADMIN, "Set limits.", f"PUT {SETS}"),
    _rule("os-quota-sets:delete", ADMIN, "Back to defaults.", f"DELETE {SETS}"),
    _rule("os-quota-class-sets:show", ADMIN, "Show a class.", f"GET {CLASSES}"),
    _rule("os-quota-class-sets:update", ADMIN, "Set a class.", f"PUT {CLASSES}"),
)
