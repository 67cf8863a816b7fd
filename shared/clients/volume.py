"""The volume service, as compute uses it: Cinder's v3 API, its attachments above all.

Answers are Cinder's JSON, unwrapped. Paths carry no project: what is asked with our own token
is about any project's volumes, what is asked with a user's about theirs.
"""

from typing import Any, Final
from uuid import UUID

from shared.clients.http import NeighbourClient
from shared.contracts.volume import Connection

Json = dict[str, Any]
HEADERS: Final = {"OpenStack-API-Version": "volume 3.70"}


class VolumeClient(NeighbourClient):
    """Typed calls to the Block Storage API v3."""

    async def volume(self, volume_id: str, token: str | None = None) -> Json:
        """Return one volume.

        Raises:
            NotFound: absent, or not visible to the token's owner.
        """
        found: Json = (
            await self.call("GET", f"/v3/volumes/{volume_id}", token=token, headers=HEADERS)
        )["volume"]
        return found

    async def snapshot(self, snapshot_id: str, token: str | None = None) -> Json:
        """Return one snapshot.

        Raises:
            NotFound: absent, or not visible to the token's owner.
        """
        found: Json = (
            await self.call("GET", f"/v3/snapshots/{snapshot_id}", token=token, headers=HEADERS)
        )["snapshot"]
        return found

    async def create_snapshot(
        self, volume_id: str, name: str, *, idempotency_key: UUID, request_id: str | None = None
    ) -> Json:
        """Have a snapshot of a volume, in use or not; the same key always gives the same one.

        Raises:
            NotFound: there is no such volume.
            OverQuota: its project may have no more.
            BadInput: its storage has no snapshots, or its status does not allow it.
        """
        body = {"volume_id": volume_id, "name": name, "force": True}
        made: Json = (
            await self._post("/v3/snapshots", {"snapshot": body}, idempotency_key, request_id)
        )["snapshot"]
        return made

    async def delete_snapshot(self, snapshot_id: str, request_id: str | None = None) -> None:
        """Have no such snapshot.

        Raises:
            NotFound: there is none.
            BadInput: it is being made, or used.
        """
        path = f"/v3/snapshots/{snapshot_id}"
        await self.call("DELETE", path, headers=HEADERS, request_id=request_id)

    async def create_volume(
        self, body: Json, *, idempotency_key: UUID, request_id: str | None = None
    ) -> Json:
        """Have a volume in the project the body names; the same key always gives the same one.

        Raises:
            OverQuota: the project may have no more.
            BadInput: it cannot be had as it is asked for.
        """
        made: Json = (
            await self._post("/v3/volumes", {"volume": body}, idempotency_key, request_id)
        )["volume"]
        return made

    async def delete_volume(self, volume_id: str, request_id: str | None = None) -> None:
        """Have no such volume.

        Raises:
            NotFound: there is none.
            BadInput: it is not free.
        """
        path = f"/v3/volumes/{volume_id}"
        await self.call("DELETE", path, headers=HEADERS, request_id=request_id)

    async def reserve(
        self,
        volume_id: str,
        server_id: str,
        *,
        idempotency_key: UUID,
        request_id: str | None = None,
    ) -> Json:
        """Promise the volume to a server; return the attachment, the same one for the same key.

        Raises:
            NotFound: there is no such volume.
            BadInput: it is not free.
        """
        body = {"volume_uuid": volume_id, "instance_uuid": server_id, "mode": "rw"}
        made: Json = (
            await self._post("/v3/attachments", {"attachment": body}, idempotency_key, request_id)
        )["attachment"]
        return made

    async def connect(
        self, attachment_id: str, connector: Json, request_id: str | None = None
    ) -> Connection:
        """Say where the server is; return how the volume becomes a disk there.

        Raises:
            NotFound: there is no such attachment.
            BadInput: the volume cannot be used there.
        """
        answer = await self.call(
            "PUT",
            f"/v3/attachments/{attachment_id}",
            json={"attachment": {"connector": connector}},
            headers=HEADERS,
            request_id=request_id,
        )
        return Connection.model_validate(answer["attachment"]["connection_info"])

    async def complete(self, attachment_id: str, request_id: str | None = None) -> None:
        """Say that the server has the volume.

        Raises:
            NotFound: there is no such attachment.
        """
        await self.call(
            "POST",
            f"/v3/attachments/{attachment_id}/action",
            json={"os-complete": {}},
            headers=HEADERS,
            request_id=request_id,
        )

    async def release(self, attachment_id: str, request_id: str | None = None) -> None:
        """Have no such attachment: the volume is free again.

        Raises:
            NotFound: there is none.
        """
        path = f"/v3/attachments/{attachment_id}"
        await self.call("DELETE", path, headers=HEADERS, request_id=request_id)

    async def act(self, volume_id: str, action: Json, request_id: str | None = None) -> None:
        """Have an action on a volume: ``os-begin_detaching``, ``os-roll_detaching``, say.

        Raises:
            NotFound: there is no such volume.
            BadInput: its status does not allow the action.
        """
        path = f"/v3/volumes/{volume_id}/action"
        await self.call("POST", path, json=action, headers=HEADERS, request_id=request_id)

    async def _post(
        self, path: str, body: Json, idempotency_key: UUID, request_id: str | None
    ) -> Json:
        answer: Json = await self.call(
            "POST",
            path,
            json=body,
            headers=HEADERS,
            idempotency_key=str(idempotency_key),
            request_id=request_id,
        )
        return answer
