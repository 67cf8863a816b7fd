"""What handlers may use besides the request."""

from dataclasses import dataclass

from aiohttp import web

from services.network.domain.resource import View
from services.network.store.stores import Transaction
from services.network.usecases.networks import Rules
from services.network.usecases.ports import Surroundings
from shared.db.reads import Reads
from shared.identity.caller import CALLER
from shared.identity.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """The service, as handlers see it."""

    transaction: Transaction
    reads: Reads
    policy: Policy
    rules: Rules
    around: Surroundings
    quotas: dict[str, int]  # the default limits
    zones: tuple[str, ...] = ()  # listed beside those of clusters


DEPS = web.AppKey("deps", Deps)


def view_of(request: web.Request) -> View:
    """Return whose eyes the request sees with."""
    caller = request[CALLER]
    trusted = caller.is_admin or "service" in caller.roles
    return View(project_id=caller.project_id, everything=trusted)


def require(request: web.Request, rule: str) -> None:
    """Let the caller pass who may do this at all, in its own project.

    Raises:
        NotAllowed: in Neutron's words.
    """
    request.app[DEPS].policy.require(request[CALLER], rule)
