"""Callers without Keystone: API tests say who is asking by the token they send."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from shared.errors import NotAuthenticated
from shared.identity.caller import Caller
from shared.identity.middleware import Asking
from shared.ids import ProjectId, UserId

IMPLIED: Final[Mapping[str, tuple[str, ...]]] = {
    "admin": ("manager", "member", "reader"),
    "manager": ("member", "reader"),
    "member": ("reader",),
}

DEMO_PROJECT: Final = ProjectId("d" * 32)


def caller(
    project: str = DEMO_PROJECT,
    roles: Collection[str] = ("member",),
    *,
    user: str = "u" * 32,
    token: str = "",
) -> Caller:
    """Return a caller with these roles and the ones they imply."""
    every = {name for role in roles for name in (role, *IMPLIED.get(role, ()))}
    return Caller(
        user_id=UserId(user),
        user_name="somebody",
        user_domain_id="default",
        project_id=ProjectId(project),
        project_name="some project",
        project_domain_id="default",
        roles=frozenset(every),
        token=token,
    )


class FakeValidator:
    """Knows the tokens it was given, and no others.

    ``FakeValidator({"token-a": caller(), "token-admin": caller(roles=["admin"])})``
    """

    def __init__(self, tokens: Mapping[str, Caller]) -> None:
        self._tokens = {token: replace(known, token=token) for token, known in tokens.items()}

    def add(self, token: str, known: Caller) -> None:
        """Know one more token."""
        self._tokens[token] = replace(known, token=token)

    async def validate(
        self, token: str, service_token: str | None = None, *, asking: Asking | None = None
    ) -> Caller:
        """Return whom the token belongs to.

        Raises:
            NotAuthenticated: it is not one of ours.
        """
        del asking
        known = self._tokens.get(token)
        service = self._tokens.get(service_token) if service_token else None
        if known is None or (service_token and service is None):
            raise NotAuthenticated("The request you have made requires authentication.")
        return replace(known, service_roles=service.roles) if service else known
