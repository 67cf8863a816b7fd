"""The life of a volume as a table: which action is allowed in which status."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Status(StrEnum):
    """The status OpenStack clients see (Block Storage API v3)."""

    CREATING = "creating"
    DOWNLOADING = "downloading"
    AVAILABLE = "available"
    RESERVED = "reserved"
    ATTACHING = "attaching"
    DETACHING = "detaching"
    IN_USE = "in-use"
    MAINTENANCE = "maintenance"
    EXTENDING = "extending"
    UPLOADING = "uploading"
    REVERTING = "reverting"
    RETYPING = "retyping"
    DELETING = "deleting"
    AWAITING_TRANSFER = "awaiting-transfer"
    ERROR = "error"
    ERROR_DELETING = "error_deleting"
    ERROR_DETACHING = "error_detaching"
    ERROR_EXTENDING = "error_extending"
    ERROR_MANAGING = "error_managing"
    ERROR_RESTORING = "error_restoring"
    DELETED = "deleted"


class Action(StrEnum):
    """What a user may ask of a volume."""

    EXTEND = "extend"
    EXTEND_IN_USE = "extend-in-use"  # since 3.42
    RETYPE = "retype"
    REVERT = "revert"
    REIMAGE = "reimage"
    REIMAGE_RESERVED = "reimage-reserved"
    UPLOAD = "upload"
    UPLOAD_IN_USE = "upload-in-use"  # with force
    BEGIN_DETACHING = "begin-detaching"
    ROLL_DETACHING = "roll-detaching"
    OFFER = "offer"  # to whoever has the key of the transfer
    WITHDRAW = "withdraw"
    ACCEPT = "accept"
    DELETE = "delete"
    FORCE_DELETE = "force-delete"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the life of a volume."""

    allowed: frozenset[Status]
    during: Status
    refusal: str  # Cinder's words; {status} and {id} are filled in


S, A = Status, Action
_AVAILABLE: Final = frozenset({S.AVAILABLE})
_USABLE: Final = frozenset({S.AVAILABLE, S.IN_USE})
_OFFERED: Final = frozenset({S.AWAITING_TRANSFER})
_LIVE: Final = frozenset(Status) - {S.DELETED}
_EXTEND: Final = "Invalid volume: Volume {id} status must be "
_IMAGED: Final = "Invalid volume: Volume {id} must be available or in error to be imaged again, "
RULES: Final[Mapping[Action, Rule]] = {
    A.EXTEND: Rule(
        _AVAILABLE, S.EXTENDING, _EXTEND + "'['available']' to extend, currently {status}."
    ),
    A.EXTEND_IN_USE: Rule(
        _USABLE, S.EXTENDING, _EXTEND + "'['available', 'in-use']' to extend, currently {status}."
    ),
    A.RETYPE: Rule(
        _USABLE,
        S.RETYPING,
        "Invalid volume: Volume {id} status must be '['available', 'in-use']' to be given another "
        "type, currently {status}.",
    ),
    A.REVERT: Rule(
        _AVAILABLE,
        S.REVERTING,
        "Invalid volume: Volume {id} status must be '['available']' to revert, currently {status}.",
    ),
    A.REIMAGE: Rule(frozenset({S.AVAILABLE, S.ERROR}), S.DOWNLOADING, _IMAGED + "but is {status}."),
    A.REIMAGE_RESERVED: Rule(
        frozenset({S.AVAILABLE, S.ERROR, S.RESERVED}), S.DOWNLOADING, _IMAGED + "but is {status}."
    ),
    A.UPLOAD: Rule(
        _AVAILABLE,
        S.UPLOADING,
        "Invalid volume: Volume {id} status must be available, not {status}.",
    ),
    A.UPLOAD_IN_USE: Rule(
        _USABLE,
        S.UPLOADING,
        "Invalid volume: Volume {id} status must be available or in-use, not {status}.",
    ),
    A.BEGIN_DETACHING: Rule(
        frozenset({S.IN_USE}),
        S.DETACHING,
        "Invalid volume: Unable to detach volume. Volume status must be 'in-use' and "
        "attach_status must be 'attached' to detach.",
    ),
    A.ROLL_DETACHING: Rule(
        frozenset({S.DETACHING}),
        S.IN_USE,
        "Invalid volume: Volume {id} is {status}, not detaching.",
    ),
    A.OFFER: Rule(
        _AVAILABLE,
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
        S.DELETING,
        "Invalid volume: Volume status must be available or error or error_restoring or "
        "error_extending or error_managing and must not be migrating, attached, belong to a "
        "group, have snapshots, awaiting a transfer, or be disassociated from snapshots after "
        "volume transfer.",
    ),
    A.FORCE_DELETE: Rule(_LIVE, S.DELETING, "Invalid volume: Volume {id} is {status}."),
}
