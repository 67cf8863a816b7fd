"""Who may do what with keypairs: their user and administrators."""

from typing import Final

from shared.identity.policy import OWNER_OR_ADMIN, PolicyRule

ALL: Final = "/os-keypairs"


def _rule(verb: str, description: str, *operations: str) -> PolicyRule:
    return PolicyRule(f"os_compute_api:os-keypairs:{verb}", OWNER_OR_ADMIN, description, operations)


RULES: Final = (
    _rule("index", "List keypairs.", f"GET {ALL}"),
    _rule("show", "Show a keypair.", f"GET {ALL}/{{name}}"),
    _rule("create", "Create a keypair.", f"POST {ALL}"),
    _rule("delete", "Delete a keypair.", f"DELETE {ALL}/{{name}}"),
)
