"""A member: a project an image is shared with."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from shared.clock import seconds_z
from shared.errors import Conflict, NotAllowed, NotFound
from shared.ids import ImageId


class MemberStatus(StrEnum):
    """What the project says to it; the image is in its list once it accepts."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class MemberNotFound(NotFound):
    """The image is not shared with that project."""

    code = "image.member_not_found"


class MemberExists(Conflict):
    """The image is shared with that project already."""

    code = "image.member_exists"


class NotShared(NotAllowed):
    """Only images of visibility ``shared`` have members."""

    code = "image.not_shared"


class NotMembersBusiness(NotAllowed):
    """The owner says who is a member; the member says whether it accepts."""

    code = "image.not_members_business"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A project an image is shared with."""

    image_id: ImageId
    member_id: str
    status: MemberStatus
    created_at: datetime
    updated_at: datetime

    def as_json(self) -> dict[str, Any]:
        """Return the member as Glance shows it."""
        return {
            "created_at": seconds_z(self.created_at),
            "image_id": str(self.image_id),
            "member_id": self.member_id,
            "schema": "/v2/schemas/member",
            "status": self.status.value,
            "updated_at": seconds_z(self.updated_at),
        }
