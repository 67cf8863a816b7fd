"""What every request has besides its operation: our marks, and the jobs it comes after."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from services.rapi_gateway.domain.marks import mark, reason
from services.rapi_gateway.ganeti.client import Call

ENDED: Final = ["success", "error", "canceled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a request depends on beside the operation."""

    key: UUID
    request_id: str | None = None
    after: Sequence[int] = ()  # jobs that must have ended before, however they ended
    disk_template: str = "plain"  # of the cluster
    os: str = "cyclades+default"  # of the cluster
    nodes: int = 1  # that could take an instance
    ext_provider: str | None = None  # of the cluster
    primary: str | None = None  # node of the instance, where the operation needs to know


def marked(
    method: str,
    path: str,
    around: Surroundings,
    body: dict[str, Any] | None,
    **query: str,
) -> Call:
    """Return a call with our marks; a body of None takes no comment."""
    if body is not None:
        body["comment"] = mark(around.key)
    if around.after:
        body = {**(body or {}), "depends": [[job, ENDED] for job in around.after]}
    known = (*query.items(), ("reason", reason(around.key, around.request_id)))
    return Call(method=method, path=path, query=known, body=body)


def instance_path(name: str, action: str = "") -> str:
    """Return the path of an instance, or of an action on it."""
    return f"/2/instances/{quote(name, safe='')}{action}"


def network_path(name: str, action: str = "") -> str:
    """Return the path of a network, or of an action on it."""
    return f"/2/networks/{quote(name, safe='')}{action}"
