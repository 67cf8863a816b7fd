"""What Nova's neighbours tell it of servers."""

from typing import Annotated, Final, Literal

from pydantic import Field

from services.compute.api.schemas.fields import Closed, Text, Uuid

SINCE: Final = {
    "volume-extended": 51,
    "power-update": 76,
    "accelerator-request-bound": 82,
    "volume-reimaged": 93,
}


class Event(Closed):
    """Something that happened to a server."""

    name: Literal[
        "network-changed",
        "network-vif-plugged",
        "network-vif-unplugged",
        "network-vif-deleted",
        "volume-extended",
        "power-update",
        "accelerator-request-bound",
        "volume-reimaged",
    ]
    server_uuid: Uuid
    status: Literal["failed", "completed", "in-progress"] | None = None
    tag: Annotated[Text, Field(min_length=1, max_length=255)] | None = None


class Events(Closed):
    """``POST /os-server-external-events``."""

    events: Annotated[list[Event], Field(min_length=1, max_length=1000)]
