"""Identifiers, typed so that a port id can never stand in for a server id."""

from typing import NewType
from uuid import UUID, uuid4, uuid5

ServerId = NewType("ServerId", UUID)
ImageId = NewType("ImageId", UUID)
NetworkId = NewType("NetworkId", UUID)
SubnetId = NewType("SubnetId", UUID)
PortId = NewType("PortId", UUID)
SecurityGroupId = NewType("SecurityGroupId", UUID)
VolumeId = NewType("VolumeId", UUID)
FlavorId = NewType("FlavorId", str)
ProjectId = NewType("ProjectId", str)
UserId = NewType("UserId", str)
ClusterName = NewType("ClusterName", str)  # slug, [a-z0-9-]{1,40}
JobId = NewType("JobId", int)


def new_uuid() -> UUID:
    """Return a fresh random UUID."""
    return uuid4()


def derived(owner: UUID, *parts: object) -> UUID:
    """Return the UUID that always belongs to these parts of this owner (RFC 4122, version 5).

    Idempotency keys and the ids of things made on a saga's behalf are derived, so that a
    repeated step names its earlier work.
    """
    return uuid5(owner, ":".join(str(part) for part in parts))


def request_id() -> str:
    """Return a new request id, ``req-<uuid>``, as every OpenStack service writes it."""
    return f"req-{uuid4()}"
