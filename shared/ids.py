"""Identifiers, typed so that a port id can never stand in for a server id."""

from os import urandom
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
    drawn = urandom(16).hex()  # written as version 4 by hand: every request needs one
    return f"req-{drawn[:8]}-{drawn[8:12]}-4{drawn[13:16]}-a{drawn[17:20]}-{drawn[20:]}"
