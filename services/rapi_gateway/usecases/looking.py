"""Looks before leaping: whether what is wanted is so already, and what must end first."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from services.rapi_gateway.domain.submission import Submission
from services.rapi_gateway.ganeti import queries
from services.rapi_gateway.ganeti.link import ClusterLink
from services.rapi_gateway.ganeti.opcodes.requests import summary_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was found."""

    is_so: bool = False  # nothing needs to be sent
    job_id: int | None = None  # the job that made it so, where it is known


Looker = Callable[[ClusterLink, Submission], Awaitable[Look]]


async def look(link: ClusterLink, row: Submission) -> Look:
    """Return whether the submission's effect is there already.

    Raises:
        RapiTrouble: the cluster could not be asked.
    """
    looker = LOOKERS.get(row.kind)
    return Look() if looker is None else await looker(link, row)


async def job_of(link: ClusterLink, row: Submission, *, same_epoch: bool) -> int | None:
    """Return the job that a submission, perhaps received, has become.

    Args:
        link: the cluster.
        row: what was sent.
        same_epoch: whether job ids still mean what they meant then.
    """
    summary = summary_of(row.operation)
    if row.kind not in UNMARKED:
        return await queries.job_marked(link, row.key, summary, row.hwm_before * same_epoch)
    return await queries.job_unmarked(link, summary, row.hwm_before) if same_epoch else None


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


def _has(kind: str, wanted: Callable[[Submission], str]) -> Looker:
    """Look whether the instance has the device already."""

    async def looker(link: ClusterLink, row: Submission) -> Look:
        devices = await queries.devices_of(link, row.operation["instance"], kind)
        return Look(is_so=any(each.answers_to(wanted(row)) for each in devices or ()))

    return looker


def _lacks(kind: str) -> Looker:
    """Look whether the instance is there, and the device is no longer in it."""

    async def looker(link: ClusterLink, row: Submission) -> Look:
        devices = await queries.devices_of(link, row.operation["instance"], kind)
        gone = devices is not None and not any(d.answers_to(row.operation[kind]) for d in devices)
        return Look(is_so=gone)

    return looker


async def _grown(link: ClusterLink, row: Submission) -> Look:
    disks = await queries.devices_of(link, row.operation["instance"], "disk") or []
    size = disks[index].value if (index := row.operation["index"]) < len(disks) else 0
    return Look(is_so=int(size or 0) >= row.operation["size"])


async def _tagged(link: ClusterLink, row: Submission) -> Look:
    tags = await queries.tags_of(link, "instance", row.operation["instance"])
    return Look(is_so=row.operation["tag"] in (tags or ()))


async def _untagged(link: ClusterLink, row: Submission) -> Look:
    tags = await queries.tags_of(link, "instance", row.operation["instance"])
    return Look(is_so=row.operation["tag"] not in (tags or ()))


# Start, stop and reboot are sent without a look: repeating the first two does no harm. So does
# repeating a change of parameters.
LOOKERS: Final[Mapping[str, Looker]] = {
    "instance.create": made,
    "instance.delete": _absent,
    "instance.tag": _tagged,
    "instance.untag": _untagged,
    "disk.add": _has("disk", lambda row: str(row.operation["disk"]["name"])),
    "disk.attach": _has("disk", lambda row: str(row.operation["uuid"])),
    "disk.detach": _lacks("disk"),
    "disk.remove": _lacks("disk"),
    "disk.grow": _grown,
    "nic.add": _has("nic", lambda row: str(row.operation["nic"]["name"])),
    "nic.remove": _lacks("nic"),
    "network.create": made,
    "network.delete": _absent,
    "network.connect": _connected,
    "network.disconnect": _disconnected,
}
CREATES: Final = frozenset({"instance.create", "network.create"})
# Not to be done twice: when nobody can tell any more, nobody tries again.
ONCE: Final = frozenset(
    {
        "instance.reboot",
        "instance.reinstall",
        "instance.export",
        "instance.migrate",
        "instance.failover",
    }
)
UNMARKED: Final = frozenset({"instance.reinstall"})  # RAPI takes no mark for them
UNORDERED: Final = UNMARKED | {"instance.tag", "instance.untag"}  # nor an order for these
