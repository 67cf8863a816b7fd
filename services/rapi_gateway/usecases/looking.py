"""Looks before leaping: whether what is wanted is so already, and what must end first."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from services.rapi_gateway.domain.submission import Submission
from services.rapi_gateway.ganeti import queries
from services.rapi_gateway.ganeti.link import ClusterLink
from services.rapi_gateway.ganeti.opcodes import summary_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was found."""

    is_so: bool = False  # nothing needs to be sent
    job_id: int | None = None  # the job that made it so, where it is known


async def look(link: ClusterLink, row: Submission) -> Look:
    """Return whether the submission's effect is there already.

    Raises:
        RapiTrouble: the cluster could not be asked.
    """
    looker = LOOKERS.get(row.kind)
    return Look() if looker is None else await looker(link, row)


async def made(link: ClusterLink, row: Submission) -> Look:
    """Find what a create made by its tag: then it is ours, whatever we remember."""
    resource = "instance" if "instance" in row.operation else "network"
    if not await queries.is_made(link, resource, row.operation[resource], row.key):
        return Look()
    summary = summary_of(row.operation)
    job = await queries.job_marked(link, row.key, summary, row.hwm_before)
    return Look(is_so=True, job_id=job)


async def _absent(link: ClusterLink, row: Submission) -> Look:
    resource = "instance" if "instance" in row.operation else "network"
    return Look(is_so=await queries.tags_of(link, resource, row.operation[resource]) is None)


async def _connected(link: ClusterLink, row: Submission) -> Look:
    wanted = [row.operation[each] for each in ("group", "mode", "link")]
    groups = await queries.groups_of_network(link, row.operation["network"])
    return Look(is_so=any(list(group[:3]) == wanted for group in groups or ()))


async def _disconnected(link: ClusterLink, row: Submission) -> Look:
    groups = await queries.groups_of_network(link, row.operation["network"])
    return Look(is_so=all(group[0] != row.operation["group"] for group in groups or ()))


# Start, stop and reboot are sent without a look: repeating the first two does no harm.
LOOKERS: Final[Mapping[str, Callable[[ClusterLink, Submission], Awaitable[Look]]]] = {
    "instance.create": made,
    "instance.delete": _absent,
    "network.create": made,
    "network.delete": _absent,
    "network.connect": _connected,
    "network.disconnect": _disconnected,
}
CREATES: Final = frozenset({"instance.create", "network.create"})
