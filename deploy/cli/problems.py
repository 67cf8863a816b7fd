"""Says what went wrong, and what to do next."""

from typing import Final

from deploy.cli.session import NotLoggedIn
from shared.errors import (
    BadInput,
    CloudError,
    Conflict,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    Unavailable,
)

NEXT: Final[tuple[tuple[type[Exception], str], ...]] = (
    (NotLoggedIn, "Source an openrc file of an administrator, e.g.: . .demo/openrc"),
    (NotAuthenticated, "Check OS_USERNAME and OS_PASSWORD, or source your openrc file again."),
    (NotAllowed, "Use a user with the role admin in OS_PROJECT_NAME."),
    (NotFound, "See which clusters there are: cyclades cluster list"),
    (Conflict, "See what is registered: cyclades cluster list"),
    (BadInput, "Correct what is named above; see: cyclades cluster add --help"),
    (Unavailable, "Check that the service runs: CYCLADES_GATEWAY_URL, OS_AUTH_URL."),
)


def next_step(problem: Exception) -> str:
    """Return what the administrator can do about a problem."""
    for kind, advice in NEXT:
        if isinstance(problem, kind):
            return advice
    return "Look into the gateway's log."


def told(problem: CloudError | NotLoggedIn) -> str:
    """Return the problem in words."""
    return problem.message if isinstance(problem, CloudError) else str(problem)
