"""What the volume service tells compute about a volume it may use: ``connection_info``."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Connection(BaseModel):
    """How a volume becomes a disk of an instance: in the answer of Cinder's attachments API.

    ``PUT /v3/attachments/{id}`` with ``{"connector": {"host": "<cluster>", "instance":
    "<instance>", "node": "<primary node>"}}`` answers it as ``connection_info``, with
    ``driver_volume_type`` "ganeti". Driver ``ext``: have a disk with the provider and
    parameters (``disk.add``; ``disk.remove`` keeps the data). Driver ``native``: without
    ``disk_uuid`` the volume has no disk yet and ``disk.add`` makes it; with it, ``disk.attach``
    takes it and ``disk.detach`` gives it back.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    driver_volume_type: Literal["ganeti"] = "ganeti"
    driver: Literal["ext", "native"]
    cluster: str
    disk_template: str
    disk_name: str  # the volume's id
    size: int  # MiB
    provider: str | None = None
    parameters: dict[str, str] = {}
    disk_uuid: str | None = None  # Ganeti's
    nodes: list[str] = []  # where the disk can be used; empty: on every node of the cluster
