"""The questions the gateway itself asks Ganeti, each one query2 call."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from services.rapi_gateway.domain.capacity import rows_of
from services.rapi_gateway.domain.marks import intent_tag, is_marked, is_unclaimed
from services.rapi_gateway.ganeti.client import Call
from services.rapi_gateway.ganeti.lanes import Lane, Urgency
from services.rapi_gateway.ganeti.link import ClusterLink

LIVE = frozenset({"queued", "waiting", "canceling", "running"})
NAMED = frozenset({"instance", "node", "group", "network"})
# Of each device: its name, its uuid, and what of it can change.
DEVICE_FIELDS: Final = {
    "disk": ("disk.names", "disk.uuids", "disk.sizes"),
    "nic": ("nic.names", "nic.uuids", "nic.ips"),
}
UNAVAILABLE = 3  # the status of a cell about something that does not exist


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A disk or NIC of an instance."""

    name: str | None
    uuid: str
    value: Any  # a disk's size in MiB, a NIC's address

    def answers_to(self, identifier: str) -> bool:
        """Whether the device has that name or uuid."""
        return identifier in (self.name, self.uuid)


def query_call(resource: str, fields: Sequence[str], qfilter: Sequence[Any] | None) -> Call:
    """Return the call of one query.

    A filter that only names things makes Ganeti look each name up, and one that is not there
    fails the whole query. Inside an ``&`` a name is a condition like any other.
    """
    body: dict[str, Any] = {"fields": list(fields)}
    if qfilter is not None:
        body["qfilter"] = ["&", list(qfilter)] if resource in NAMED else list(qfilter)
    return Call(method="PUT", path=f"/2/query/{resource}", body=body)


async def query(
    link: ClusterLink,
    resource: str,
    fields: Sequence[str],
    qfilter: Sequence[Any] | None = None,
    urgency: Urgency = Urgency.NORMAL,
) -> list[dict[str, Any]]:
    """Return the rows of a query as dicts."""
    answer = await link.ask(query_call(resource, fields, qfilter), Lane.READ, urgency)
    return rows_of(fields, answer["data"])


async def job_marked(link: ClusterLink, key: UUID, summary: str, after: int) -> int | None:
    """Return the job that carries out a submission, if Ganeti has one among the newer ones.

    Args:
        link: the cluster.
        key: of the submission.
        summary: how Ganeti sums the job up; spares loading all others.
        after: only jobs with a higher id are looked at.
    """
    qfilter = ["&", [">", "id", after], ["=[]", "summary", summary]]
    for row in await query(link, "job", ("id", "ops"), qfilter):
        if is_marked(row["ops"] or (), key):
            return int(row["id"])
    return None


async def job_unmarked(link: ClusterLink, summary: str, after: int) -> int | None:
    """Return the job that nobody has put a name to, where RAPI took no mark of ours.

    Args:
        link: the cluster.
        summary: of the opcode in question.
        after: the highest job id when it was submitted.
    """
    qfilter = ["&", [">", "id", after], ["=[]", "summary", summary]]
    rows = await query(link, "job", ("id", "ops"), qfilter)
    return min((int(row["id"]) for row in rows if is_unclaimed(row["ops"] or ())), default=None)


async def is_live(link: ClusterLink, job: int) -> bool:
    """Whether a job has not ended yet."""
    rows = await query(link, "job", ("id", "status"), ["=", "id", job])
    return any(row["status"] in LIVE for row in rows)


async def tags_of(link: ClusterLink, resource: str, name: str) -> list[str] | None:
    """Return the tags of an instance or network; None when there is none of that name."""
    rows = await query(link, resource, ("name", "tags"), ["=", "name", name])
    return list(rows[0]["tags"] or ()) if rows else None


async def is_made(link: ClusterLink, resource: str, name: str, key: UUID) -> bool:
    """Whether the instance or network is there, and was made for this submission."""
    tags = await tags_of(link, resource, name)
    return tags is not None and intent_tag(key) in tags


async def primary_of(link: ClusterLink, instance: str) -> str | None:
    """Return the primary node of an instance; None when there is no such instance."""
    rows = await query(link, "instance", ("name", "pnode"), ["=", "name", instance])
    return str(rows[0]["pnode"]) if rows else None


async def devices_of(link: ClusterLink, instance: str, kind: str) -> list[Device] | None:
    """Return the disks or NICs of an instance; None when there is no such instance.

    Args:
        link: the cluster.
        instance: its name.
        kind: ``disk`` or ``nic``.
    """
    fields = DEVICE_FIELDS[kind]
    rows = await query(link, "instance", ("name", *fields), ["=", "name", instance])
    if not rows:
        return None
    columns = (rows[0][field] or () for field in fields)
    return [
        Device(name=name, uuid=uuid, value=value)
        for name, uuid, value in zip(*columns, strict=True)
    ]


async def groups_of_network(link: ClusterLink, name: str) -> list[Any] | None:
    """Return the node groups a network is connected to; None when there is no such network."""
    rows = await query(link, "network", ("name", "group_list"), ["=", "name", name])
    return list(rows[0]["group_list"] or ()) if rows else None


async def last_job(link: ClusterLink) -> tuple[int, bool]:
    """Return the highest job id, and whether the job history is still the one we knew.

    Ids only grow, and a job we knew stays known for weeks (archived ones too); so a cluster
    that no longer knows it has lost its history.
    """
    known = link.last_job
    rows = await query(link, "job", ("id",), [">", "id", known])
    if rows:
        return max(int(row["id"]) for row in rows if row["id"] is not None), True
    if known == 0:
        return 0, True
    answer = await link.ask(query_call("job", ("id", "status"), ["=", "id", known]))
    if any(row[1][0] != UNAVAILABLE for row in answer["data"]):
        return known, True
    jobs = await link.ask(Call(method="GET", path="/2/jobs"))
    return max((int(job["id"]) for job in jobs), default=0), False
