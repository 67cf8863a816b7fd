"""A volume: what it is, and what may happen to it next.

A volume is data until a server first needs it: no disk exists before, so creating, growing and
deleting one are done when they are written down.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self
from uuid import UUID

from shared.errors import BadInput, Kind, NotFound, NotSupported
from shared.ids import ProjectId, UserId, VolumeId


class Status(StrEnum):
    """The status OpenStack clients see (Block Storage API v3)."""

    CREATING = "creating"
    AVAILABLE = "available"
    RESERVED = "reserved"
    ATTACHING = "attaching"
    DETACHING = "detaching"
    IN_USE = "in-use"
    MAINTENANCE = "maintenance"
    EXTENDING = "extending"
    DELETING = "deleting"
    AWAITING_TRANSFER = "awaiting-transfer"
    ERROR = "error"
    ERROR_DELETING = "error_deleting"
    ERROR_EXTENDING = "error_extending"
    ERROR_MANAGING = "error_managing"
    ERROR_RESTORING = "error_restoring"
    DELETED = "deleted"


class Action(StrEnum):
    """What a user may ask of a volume."""

    EXTEND = "extend"
    RETYPE = "retype"
    OFFER = "offer"  # to whoever has the key of the transfer
    WITHDRAW = "withdraw"
    ACCEPT = "accept"
    DELETE = "delete"
    FORCE_DELETE = "force-delete"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the life of a volume."""

    allowed: frozenset[Status]
    done: Status
    refusal: str  # Cinder's words; {status} and {id} are filled in


S, A = Status, Action
_OFFERED: Final = frozenset({S.AWAITING_TRANSFER})
_LIVE: Final = frozenset(Status) - {S.DELETED}
RULES: Final[Mapping[Action, Rule]] = {
    A.EXTEND: Rule(
        frozenset({S.AVAILABLE}),
        S.AVAILABLE,
        "Invalid volume: Volume {id} status must be '['available']' to extend, currently {status}.",
    ),
    A.RETYPE: Rule(
        frozenset({S.AVAILABLE}),
        S.AVAILABLE,
        "Invalid volume: Volume {id} status must be '['available']' to be given another type, "
        "currently {status}.",
    ),
    A.OFFER: Rule(
        frozenset({S.AVAILABLE}),
        S.AWAITING_TRANSFER,
        "Invalid volume: status must be available, but volume {id} is {status}.",
    ),
    A.WITHDRAW: Rule(_OFFERED, S.AVAILABLE, "Invalid volume: Volume {id} is {status}."),
    A.ACCEPT: Rule(
        _OFFERED,
        S.AVAILABLE,
        "Invalid volume: Volume {id} must be awaiting-transfer to change hands, but is {status}.",
    ),
    A.DELETE: Rule(
        frozenset({S.AVAILABLE, S.ERROR, S.ERROR_RESTORING, S.ERROR_EXTENDING, S.ERROR_MANAGING}),
        S.DELETED,
        "Invalid volume: Volume status must be available or error or error_restoring or "
        "error_extending or error_managing and must not be migrating, attached, belong to a "
        "group, have snapshots, awaiting a transfer, or be disassociated from snapshots after "
        "volume transfer.",
    ),
    A.FORCE_DELETE: Rule(_LIVE, S.DELETED, "Invalid volume: Volume {id} is {status}."),
}


class VolumeNotFound(NotFound):
    """There is no such volume, or not for this project."""

    code = "volume.volume.not_found"


class WrongStatus(BadInput):
    """The volume's status does not allow the action; Cinder answers 400."""

    code = "volume.volume.wrong_status"


class CannotYet(NotSupported):
    """Known to Cinder, not built here; 400 with a sentence, as clients expect of Cinder."""

    kind = Kind.BAD_INPUT
    code = "volume.not_supported"


def not_found(volume_id: object) -> VolumeNotFound:
    """Return the refusal that says no more than that."""
    return VolumeNotFound(f"Volume {volume_id} could not be found.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A block device of a project. ``size`` is in GiB."""

    id: VolumeId
    project_id: ProjectId
    user_id: UserId
    name: str | None
    description: str | None
    size: int
    status: Status
    availability_zone: str
    volume_type_id: UUID
    volume_type: str  # the type's name
    metadata: Mapping[str, str] = field(default_factory=dict)
    image_metadata: Mapping[str, str] = field(default_factory=dict)
    bootable: bool = False
    multiattach: bool = False
    created_at: datetime
    updated_at: datetime | None = None
    version: int = 0

    def doing(self, action: Action, now: datetime, **changes: Any) -> Self:
        """Return the volume after the action.

        Raises:
            WrongStatus: its status does not allow it.
        """
        rule = RULES[action]
        if self.status not in rule.allowed:
            raise WrongStatus(rule.refusal.format(id=self.id, status=self.status))
        return replace(self, status=rule.done, updated_at=now, **changes)

    def extended(self, size: int, now: datetime) -> Self:
        """Return the volume, grown to a size in GiB.

        Raises:
            BadInput: it would not grow.
            WrongStatus: its status does not allow it.
        """
        grown = self.doing(Action.EXTEND, now, size=size)
        if size <= self.size:
            raise BadInput(
                f"Invalid input received: New size for extend must be greater than current "
                f"size. (current: {self.size}, extended: {size})."
            )
        return grown
