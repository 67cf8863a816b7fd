"""Who is asking, as Keystone vouched for them."""

from dataclasses import dataclass, field

from aiohttp import web

from shared.ids import ProjectId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The validated identity behind one request."""

    user_id: UserId
    user_name: str
    user_domain_id: str
    project_id: ProjectId  # "" when the token is not scoped to a project
    project_name: str
    project_domain_id: str
    roles: frozenset[str]
    token: str = field(repr=False)
    service_roles: frozenset[str] = frozenset()  # of a valid X-Service-Token beside it
    system_scope: bool = False
    domain_id: str | None = None

    @property
    def is_admin(self) -> bool:
        """Whether the caller may act in every project."""
        return "admin" in self.roles

    @property
    def is_service(self) -> bool:
        """Whether one of our own services is asking, for itself or for a user."""
        return "service" in self.roles or "service" in self.service_roles


CALLER = web.RequestKey("caller", Caller)
