"""Connects a volume with a server: finds or makes its storage on the server's cluster."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

from services.volume.domain.attachment import Attachment, AttachStatus
from services.volume.domain.placing import GIB, Place, driver_on
from services.volume.domain.volume import Volume
from services.volume.domain.volume_type import Driver, VolumeType
from services.volume.store.stores import Stores, Transaction
from services.volume.usecases import attachments
from services.volume.usecases.attachments import Disk
from services.volume.usecases.placing import may_move, placed_at
from services.volume.usecases.telling import save
from shared.contracts.gateway import Cluster, Query, Rows
from shared.contracts.storage import FromNothing, StoredVolume, VolumeWanted
from shared.contracts.volume import Connection
from shared.errors import BadInput, NotFound, Unavailable

# Disk templates whose disks every node of the cluster can use.
EVERYWHERE: Final = frozenset({"ext", "rbd", "sharedfile", "gluster"})


class Storage(Protocol):
    """The storage agents of the clusters."""

    async def have_volume(self, cluster: str, volume: str, wanted: VolumeWanted) -> StoredVolume:
        """Have a volume."""
        ...


class Gateway(Protocol):
    """The RAPI gateway."""

    async def query(self, cluster: str, resource: str, query: Query) -> Rows:
        """Ask Ganeti."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Whom connecting may ask."""

    storage: Storage
    gateway: Gateway


async def connect(
    transaction: Transaction,
    ways: Ways,
    attachment_id: UUID,
    project_id: str | None,
    connector: Mapping[str, Any],
) -> Attachment:
    """Return the attachment with its way to the volume; repeated, it is the same way.

    Raises:
        AttachmentNotFound: there is none.
        BadInput: the server is where the volume cannot be used.
        Unavailable: the storage does not answer.
    """
    async with transaction() as stores:
        attachment = await stores.attachments.get(attachment_id, project_id)
        volume = await stores.volumes.get(attachment.volume_id, None)
        volume, kind, cluster = await _placed(stores, volume, connector)
    connection = connection_of(volume, kind, cluster)
    if volume.driver == Driver.EXT and not volume.has_content:
        await _make(ways.storage, volume)
    shown = connection.model_dump(mode="json")
    return await attachments.connecting(transaction, attachment, connector, shown)


async def _placed(
    stores: Stores, volume: Volume, connector: Mapping[str, Any]
) -> tuple[Volume, VolumeType, Cluster]:
    """Return the volume where the server is, which a blank one follows."""
    name = str(connector.get("host") or "")
    cluster = await stores.projections.cluster(name)
    if cluster is None:
        raise BadInput(
            "Ganeti maps disks itself: a connector's host must be the cluster that the server is "
            f"on, and '{name[:60]}' is none."
        )
    kind = await stores.types.get_shared(volume.volume_type_id)
    if volume.cluster != cluster.name and await may_move(stores, volume):
        driver = driver_on(cluster, kind)
        if driver is None:
            raise BadInput(
                f"Invalid volume: Volumes of type {kind.name} cannot be used in availability zone "
                f"{cluster.availability_zone}."
            )
        return (
            await save(stores, placed_at(volume, Place(cluster=cluster, driver=driver), kind)),
            kind,
            cluster,
        )
    _require_reach(volume, cluster, str(connector.get("node") or ""))
    return volume, kind, cluster


def _require_reach(volume: Volume, cluster: Cluster, node: str) -> None:
    if volume.cluster != cluster.name:
        where = f"availability zone {volume.availability_zone}"
        if volume.availability_zone == cluster.availability_zone:
            where = f"another cluster of {where}"
        raise BadInput(
            f"Invalid volume: Volume {volume.id} is in {where}; the server is in "
            f"{cluster.availability_zone}. A server that is created with the volume as a block "
            "device goes where the volume is."
        )
    if volume.disk_nodes and node and node not in volume.disk_nodes:
        raise BadInput(
            f"Invalid volume: Volume {volume.id} is local to another node than the server's; it "
            "can be attached to servers on its own node only."
        )


def connection_of(volume: Volume, kind: VolumeType, cluster: Cluster) -> Connection:
    """Return how a volume with a place becomes a disk of an instance."""
    parameters: dict[str, str] = {}
    if volume.driver == Driver.EXT:
        parameters = {**kind.provider_parameters, "volume": str(volume.id), "keep": "yes"}
    return Connection(
        driver="ext" if volume.driver == Driver.EXT else "native",
        cluster=cluster.name,
        disk_template=volume.disk_template or cluster.disk_template,
        disk_name=str(volume.id),
        size=volume.size * GIB,
        provider=cluster.ext_provider if volume.driver == Driver.EXT else None,
        parameters=parameters,
        disk_uuid=volume.disk_uuid,
        nodes=list(volume.disk_nodes),
    )


async def _make(storage: Storage, volume: Volume) -> None:
    wanted = VolumeWanted(size=volume.size * GIB, source=FromNothing())
    try:
        stored = await storage.have_volume(str(volume.cluster), str(volume.id), wanted)
    except NotFound as nobody:
        raise Unavailable(f"The storage of volume {volume.id} does not answer.") from nobody
    if stored.status == "working":
        raise Unavailable(f"The storage of volume {volume.id} is being made.", retry_after=1)
    if stored.status == "failed":
        raise Unavailable(f"The storage of volume {volume.id} could not be made.")


async def complete(
    transaction: Transaction, ways: Ways, attachment_id: UUID, project_id: str | None
) -> None:
    """Note that a server has the volume, and which disk of Ganeti's a native one is.

    Raises:
        AttachmentNotFound: there is none.
        BadInput: nobody said yet where the server is.
        Unavailable: Ganeti does not answer, or does not show the disk yet.
    """
    async with transaction() as stores:
        found = await stores.attachments.get(attachment_id, project_id)
        volume = await stores.volumes.get(found.volume_id, None)
    if found.status is AttachStatus.RESERVED:
        raise BadInput(f"Invalid input received: Attachment {found.id} has no connector yet.")
    disk = None
    if volume.driver == Driver.NATIVE and found.instance is not None:
        disk = await find_disk(ways.gateway, volume, str(found.host), found.instance)
    await attachments.complete(transaction, attachment_id, project_id, disk)


async def find_disk(gateway: Gateway, volume: Volume, cluster: str, instance: str) -> Disk:
    """Return the disk of an instance that is the volume.

    Raises:
        Unavailable: Ganeti does not answer, or shows no such disk.
    """
    fields = ["disk.names", "disk.uuids", "pnode", "snodes"]
    query = Query(fields=fields, filter=["=", "name", instance])
    answer = await gateway.query(cluster, "instance", query)
    for row in answer.rows:
        names, uuids, primary, secondaries = (value for _status, value in row)
        for name, uuid in zip(names or (), uuids or (), strict=False):
            if name == str(volume.id):
                nodes = () if volume.disk_template in EVERYWHERE else (primary, *secondaries)
                return Disk(uuid=uuid, nodes=tuple(nodes))
    raise Unavailable(f"Ganeti does not show volume {volume.id} as a disk of {instance}.")
