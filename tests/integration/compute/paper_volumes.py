"""The volume service on paper."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import orjson

from shared.testing.identity import DEMO_PROJECT
from tests.integration.compute.refusals import bad_request, not_found

Json = dict[str, Any]
GIB = 1024


@dataclass
class PaperVolumes:
    """Keeps volumes and whom they are promised to."""

    volumes: dict[str, Json] = field(default_factory=dict)
    attachments: dict[str, Json] = field(default_factory=dict)
    snapshots: dict[str, Json] = field(default_factory=dict)
    snapshots_as: str = "available"  # status of a snapshot that is taken
    no_more_snapshots: bool = False  # whether the project may have no more
    made: dict[str, Json] = field(default_factory=dict)  # idempotency key -> first answer
    refusal: str | None = None  # of every promise
    not_there: str | None = None  # why no volume can be used where its server is
    driver: str = "ext"
    made_as: str = "available"  # status of a volume that is made
    silent: bool = False  # promises are made, and the answers lost
    acted: list[tuple[str, Json]] = field(default_factory=list)

    def own(self, **fields: Any) -> str:
        """Have a volume the user made; return its id."""
        ident = str(uuid4())
        given: Json = {
            "id": ident,
            "status": "available",
            "multiattach": False,
            "bootable": "false",
            "size": 1,
            "os-vol-host-attr:host": None,
            "os-vol-tenant-attr:tenant_id": DEMO_PROJECT,
            "volume_image_metadata": {},
        }
        self.volumes[ident] = given | fields
        return ident

    def answer(
        self, method: str, path: list[str], body: Json, request: httpx.Request
    ) -> httpx.Response:
        """Answer one call."""
        key = request.headers.get("Idempotency-Key", "")
        if key in self.made:
            return httpx.Response(200, json=self.made[key])
        kinds = {
            "volumes": self._volumes,
            "snapshots": self._snapshots,
            "attachments": self._attachments,
        }
        made = kinds[path[1]](method, path, body)
        if key and made.status_code < 300:
            self.made[key] = orjson.loads(made.content)
        if self.silent and method == "POST":
            raise httpx.ReadError("lost")
        return made

    def _volumes(self, method: str, path: list[str], body: Json) -> httpx.Response:
        if method == "POST" and len(path) == 2:
            ident = self.own(status=self.made_as, **body["volume"])
            return httpx.Response(202, json={"volume": self.volumes[ident]})
        ident = path[2]
        if ident not in self.volumes:
            return not_found("volume")
        if method == "DELETE":
            del self.volumes[ident]
            return httpx.Response(202)
        if method == "POST":
            self.acted.append((ident, body))
            self._change_image_metadata(self.volumes[ident]["volume_image_metadata"], body)
            return httpx.Response(202)
        return httpx.Response(200, json={"volume": self.volumes[ident]})

    def _snapshots(self, method: str, path: list[str], body: Json) -> httpx.Response:
        if method == "POST":
            if self.no_more_snapshots:
                return httpx.Response(413, json={"overLimit": {"message": "no more snapshots"}})
            made: Json = {"id": str(uuid4()), "status": self.snapshots_as, **body["snapshot"]}
            made["size"] = self.volumes[made["volume_id"]]["size"]
            self.snapshots[made["id"]] = made
            return httpx.Response(202, json={"snapshot": made})
        if path[2] not in self.snapshots:
            return not_found("snapshot")
        if method == "DELETE":
            del self.snapshots[path[2]]
            return httpx.Response(202)
        return httpx.Response(200, json={"snapshot": self.snapshots[path[2]]})

    @staticmethod
    def _change_image_metadata(known: Json, body: Json) -> None:
        known |= body.get("os-set_image_metadata", {}).get("metadata", {})
        known.pop(body.get("os-unset_image_metadata", {}).get("key"), None)

    def _attachments(self, method: str, path: list[str], body: Json) -> httpx.Response:
        if method == "POST" and len(path) == 2:
            return self._reserve(body["attachment"])
        if path[2] not in self.attachments:
            return not_found("attachment")
        attachment = self.attachments[path[2]]
        volume = self.volumes[attachment["volume_id"]]
        if method == "PUT":
            if self.not_there:
                return bad_request(self.not_there)
            volume["status"] = "attaching"
            info = self._connection(volume, body["attachment"]["connector"])
            return httpx.Response(200, json={"attachment": attachment | {"connection_info": info}})
        if method == "POST":
            volume["status"] = "in-use"
            return httpx.Response(204)
        del self.attachments[path[2]]
        volume["status"] = "available"
        return httpx.Response(200, json={"attachments": []})

    def _reserve(self, asked: Json) -> httpx.Response:
        volume = self.volumes.get(asked["volume_uuid"])
        if volume is None:
            return not_found("volume")
        if self.refusal or (volume["status"] != "available" and not volume["multiattach"]):
            return bad_request(self.refusal or f"status is {volume['status']}")
        volume["status"] = "reserved"
        made: Json = {
            "id": str(uuid4()),
            "volume_id": asked["volume_uuid"],
            "instance": asked["instance_uuid"],
            "status": "reserved",
        }
        self.attachments[made["id"]] = made
        return httpx.Response(200, json={"attachment": made})

    def _connection(self, volume: Json, connector: Json) -> Json:
        ext = self.driver == "ext"
        return {
            "driver_volume_type": "ganeti",
            "driver": self.driver,
            "cluster": connector["host"],
            "disk_template": "ext" if ext else "plain",
            "disk_name": volume["id"],
            "size": volume["size"] * GIB,
            "provider": "cyclades" if ext else None,
            "parameters": {"volume": volume["id"], "keep": "yes"} if ext else {},
            "disk_uuid": volume.get("disk_uuid"),
            "nodes": volume.get("nodes", []),
        }
