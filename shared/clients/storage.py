"""The storage agents of the clusters, reached through the gateway."""

from typing import Any

from pydantic import BaseModel

from shared.clients.gateway import revealed
from shared.clients.http import NeighbourClient
from shared.contracts.storage import (
    ContentWanted,
    Pool,
    SizeWanted,
    SnapshotWanted,
    StoredSnapshot,
    StoredVolume,
    Upload,
    UploadWanted,
    VolumeWanted,
)


class StorageClient(NeighbourClient):
    """Typed calls to a cluster's storage agent; the base URL is the gateway's.

    Every method raises ``NotFound`` (no such cluster, agent, volume or snapshot), ``Conflict``
    (mapped on a node, or asked for less than there is), ``BadInput`` or ``Unavailable`` (nothing
    is known; repeat the call).
    """

    async def pool(self, cluster: str) -> Pool:
        """Return the capacity behind the provider."""
        return Pool.model_validate(await self._call("GET", cluster, "pool"))

    async def have_volume(self, cluster: str, volume: str, wanted: VolumeWanted) -> StoredVolume:
        """Have a volume; repeat until it is no longer ``working``."""
        return await self._volume("PUT", cluster, f"volumes/{volume}", wanted)

    async def volume(self, cluster: str, volume: str) -> StoredVolume:
        """Return a volume."""
        return await self._volume("GET", cluster, f"volumes/{volume}")

    async def drop_volume(self, cluster: str, volume: str) -> None:
        """Have no such volume."""
        await self._call("DELETE", cluster, f"volumes/{volume}")

    async def grow_volume(self, cluster: str, volume: str, size: int) -> StoredVolume:
        """Have the volume that large, in MiB."""
        return await self._volume("PUT", cluster, f"volumes/{volume}/size", SizeWanted(size=size))

    async def fill_volume(self, cluster: str, volume: str, wanted: ContentWanted) -> StoredVolume:
        """Revert or reimage a volume; repeat until it is no longer ``working``."""
        return await self._volume("PUT", cluster, f"volumes/{volume}/content", wanted)

    async def have_snapshot(self, cluster: str, snapshot: str, volume: str) -> StoredSnapshot:
        """Have a snapshot of a volume; repeat until it is no longer ``working``."""
        wanted = SnapshotWanted(volume=volume)
        answer = await self._call("PUT", cluster, f"snapshots/{snapshot}", wanted)
        return StoredSnapshot.model_validate(answer)

    async def snapshot(self, cluster: str, snapshot: str) -> StoredSnapshot:
        """Return a snapshot."""
        answer = await self._call("GET", cluster, f"snapshots/{snapshot}")
        return StoredSnapshot.model_validate(answer)

    async def drop_snapshot(self, cluster: str, snapshot: str) -> None:
        """Have no such snapshot."""
        await self._call("DELETE", cluster, f"snapshots/{snapshot}")

    async def upload(self, cluster: str, upload: str, wanted: UploadWanted) -> Upload:
        """Send a volume or snapshot away; repeat until it is no longer ``working``."""
        answer = await self._call("PUT", cluster, f"uploads/{upload}", wanted)
        return Upload.model_validate(answer)

    async def _volume(
        self, method: str, cluster: str, path: str, wanted: BaseModel | None = None
    ) -> StoredVolume:
        return StoredVolume.model_validate(await self._call(method, cluster, path, wanted))

    async def _call(
        self, method: str, cluster: str, path: str, wanted: BaseModel | None = None
    ) -> Any:
        body = None if wanted is None else revealed(wanted.model_dump(mode="python"))
        return await self.call(method, f"/v1/clusters/{cluster}/storage/{path}", json=body)
