"""How a family of actions names what it can: an entry per action, and what does it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel

from services.compute.api.deps import DEPS, Deps
from services.compute.api.schemas.fields import Closed, require_known_in
from services.compute.api.servers import minor_of
from services.compute.usecases.acting import Actor
from shared.errors import Kind, NotSupported
from shared.identity.caller import CALLER, Caller
from shared.web.context import request_id_of


class NotBuilt(NotSupported):
    """Nova knows the action; here it is not built yet, or impossible: 501."""

    code = "compute.action.not_built"


class NotPossible(NotBuilt):
    """The same where clients do not know 501: 400."""

    kind = Kind.BAD_INPUT
    code = "compute.action.not_possible"


class Nothing(Closed):
    """An action without arguments."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One action that somebody asked for, checked for its shape."""

    request: web.Request
    server_id: UUID
    arguments: Any  # an instance of the entry's model

    @property
    def deps(self) -> Deps:
        """What handlers may use."""
        return self.request.app[DEPS]

    @property
    def caller(self) -> Caller:
        """Who asks."""
        return self.request[CALLER]

    @property
    def actor(self) -> Actor:
        """Who acts, in the words of use cases."""
        return actor_of(self.request)

    @property
    def minor(self) -> int:
        """The minor number of the request's microversion."""
        return minor_of(self.request)

    def require_known(self, since: dict[str, int], until: dict[str, int] | None = None) -> None:
        """Refuse arguments that the request's microversion does not have.

        Raises:
            BadInput: in the words of an unknown field.
        """
        require_known_in(self.arguments, self.minor, since, until)


Handler = Callable[[Asked], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Known:
    """An action that works.

    ``perform`` checks what only this action knows, calls a use case, and answers; policy, the
    shape of the arguments and the microversion have been checked by then.
    """

    rule: str  # of the policy
    perform: Handler
    arguments: type[BaseModel] = Nothing
    since: int = 1  # the first minor microversion that has it
    until: int = 1000  # the last one


@dataclass(frozen=True, slots=True)
class Unbuilt:
    """An action that Nova knows and we do not have."""

    sentence: str
    refusal: type[NotBuilt] = NotBuilt
    since: int = 1
    until: int = 1000


def actor_of(request: web.Request) -> Actor:
    """Return who acts in this request."""
    caller = request[CALLER]
    return Actor(
        user_id=caller.user_id,
        project_id=caller.project_id,
        request_id=request_id_of(request),
        anywhere=caller.is_admin,
    )
