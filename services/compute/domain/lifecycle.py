"""The life of a server as a table.

API actions look a row up to *begin*, the ends of their jobs look up the same row to *settle*;
what clients call status is derived from where the server stands and what is being done to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from shared.errors import Conflict


class VmState(StrEnum):
    """Where a server stands when nothing is being done to it."""

    BUILDING = "building"
    ACTIVE = "active"
    STOPPED = "stopped"
    RESIZED = "resized"  # of another size, or on another node, until its user says it may stay so
    RESCUED = "rescued"  # booted from another image
    SHELVED = "shelved"
    SHELVED_OFFLOADED = "shelved_offloaded"  # off, and its memory free for others
    ERROR = "error"
    DELETED = "deleted"


class PowerState(IntEnum):
    """What Ganeti last showed, in Nova's numbers."""

    UNKNOWN = 0
    RUNNING = 1
    DOWN = 4


class Action(StrEnum):
    """What may be done to a server."""

    CREATE = "create"
    START = "start"
    STOP = "stop"
    SOFT_REBOOT = "soft_reboot"
    HARD_REBOOT = "hard_reboot"
    DELETE = "delete"
    RESIZE = "resize"
    REVERT_RESIZE = "revert_resize"
    CONFIRM_RESIZE = "confirm_resize"
    REBUILD = "rebuild"
    CREATE_IMAGE = "create_image"
    CREATE_BACKUP = "create_backup"
    SHELVE = "shelve"
    SHELVE_OFFLOAD = "shelve_offload"
    UNSHELVE = "unshelve"
    RESCUE = "rescue"
    UNRESCUE = "unrescue"
    MIGRATE = "migrate"
    LIVE_MIGRATE = "live_migrate"
    EVACUATE = "evacuate"


class Task(StrEnum):
    """What is being done to a server, as ``task_state`` names it."""

    SCHEDULING = "scheduling"
    NETWORKING = "networking"
    SPAWNING = "spawning"
    POWERING_ON = "powering-on"
    POWERING_OFF = "powering-off"
    REBOOTING = "rebooting"
    REBOOTING_HARD = "rebooting_hard"
    DELETING = "deleting"
    RESIZE_PREP = "resize_prep"
    RESIZE_MIGRATING = "resize_migrating"
    RESIZE_FINISH = "resize_finish"
    RESIZE_REVERTING = "resize_reverting"
    RESIZE_CONFIRMING = "resize_confirming"
    REBUILDING = "rebuilding"
    REBUILD_SPAWNING = "rebuild_spawning"
    IMAGE_SNAPSHOT = "image_snapshot"
    IMAGE_PENDING_UPLOAD = "image_pending_upload"
    IMAGE_UPLOADING = "image_uploading"
    IMAGE_BACKUP = "image_backup"
    SHELVING = "shelving"
    SHELVING_OFFLOADING = "shelving_offloading"
    UNSHELVING = "unshelving"
    RESCUING = "rescuing"
    UNRESCUING = "unrescuing"
    MIGRATING = "migrating"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the life of a server."""

    word: str  # as refusals name it
    allowed: frozenset[VmState]
    task: Task
    done: VmState | None  # None: where it stood before
    failed: VmState | None = None  # None: the server stays as it was
    power: PowerState | None = None  # once done; None: as Ganeti shows it
    remembers: bool = False  # where the server stood, for what takes it back
    record: str = ""  # as instance actions name it, where that differs
    heeds_lock: bool = True

    @property
    def name(self) -> str:
        """What instance actions call it."""
        return self.record or self.word


def _in(*states: VmState) -> frozenset[VmState]:
    return frozenset(states)


A, S, T, P = Action, VmState, Task, PowerState
ALIVE: Final = frozenset(VmState) - {VmState.DELETED}
RUNNING: Final = _in(VmState.ACTIVE, VmState.ERROR)  # or may be, for all we know
WHOLE: Final = _in(VmState.ACTIVE, VmState.STOPPED)
SOLID: Final = WHOLE | _in(VmState.ERROR)
AWAY: Final = _in(VmState.SHELVED, VmState.SHELVED_OFFLOADED)
OFFLOADED: Final = VmState.SHELVED_OFFLOADED
RULES: Final[Mapping[Action, Rule]] = {
    #                   word      allowed in        task              done       failed   power
    A.CREATE:      Rule("create", _in(S.BUILDING), T.SCHEDULING,     S.ACTIVE,  S.ERROR, P.RUNNING),
    A.START:       Rule("start",  _in(S.STOPPED),  T.POWERING_ON,    S.ACTIVE,  None,    P.RUNNING),
    A.STOP:        Rule("stop",   RUNNING,         T.POWERING_OFF,   S.STOPPED, None,    P.DOWN),
    A.SOFT_REBOOT: Rule("reboot", _in(S.ACTIVE),   T.REBOOTING,      S.ACTIVE,  None,    P.RUNNING),
    A.HARD_REBOOT: Rule("reboot", SOLID,           T.REBOOTING_HARD, S.ACTIVE,  None,    P.RUNNING),
    A.DELETE:      Rule("delete", ALIVE,           T.DELETING,       S.DELETED, S.ERROR, P.UNKNOWN),
    A.RESIZE:      Rule("resize", WHOLE,           T.RESIZE_PREP,    S.RESIZED, remembers=True),
    A.MIGRATE:     Rule("migrate", WHOLE,          T.RESIZE_PREP,    S.RESIZED, remembers=True),
    A.REVERT_RESIZE: Rule("revertResize", _in(S.RESIZED), T.RESIZE_REVERTING, None),
    A.CONFIRM_RESIZE: Rule("confirmResize", _in(S.RESIZED), T.RESIZE_CONFIRMING, None),
    A.REBUILD:     Rule("rebuild", SOLID,          T.REBUILDING,     None,      S.ERROR,
                        remembers=True),
    A.EVACUATE:    Rule("evacuate", SOLID,         T.REBUILDING,     None,      S.ERROR,
                        remembers=True, heeds_lock=False),
    A.CREATE_IMAGE: Rule("createImage", WHOLE,     T.IMAGE_SNAPSHOT, None,      heeds_lock=False),
    A.CREATE_BACKUP: Rule("createBackup", WHOLE,   T.IMAGE_BACKUP,   None,      heeds_lock=False),
    A.SHELVE:      Rule("shelve", WHOLE,           T.SHELVING,       OFFLOADED, None,    P.DOWN,
                       remembers=True),
    A.SHELVE_OFFLOAD: Rule("shelveOffload", _in(S.SHELVED), T.SHELVING_OFFLOADING, OFFLOADED, None,
                           P.DOWN),
    A.UNSHELVE:    Rule("unshelve", AWAY,          T.UNSHELVING,     S.ACTIVE,  None,    P.RUNNING),
    A.RESCUE:      Rule("rescue", SOLID,           T.RESCUING,       S.RESCUED, None,    P.RUNNING,
                        remembers=True),
    A.UNRESCUE:    Rule("unrescue", _in(S.RESCUED), T.UNRESCUING,    S.ACTIVE,  None,    P.RUNNING),
    A.LIVE_MIGRATE: Rule("os-migrateLive", _in(S.ACTIVE), T.MIGRATING, S.ACTIVE, None, P.RUNNING,
                         record="live-migration"),
}  # fmt: skip

# What clients call it, where a task changes it.
STATUS_DURING: Final[Mapping[tuple[VmState, str], str]] = {
    (S.ACTIVE, T.REBOOTING): "REBOOT",
    (S.ACTIVE, T.REBOOTING_HARD): "HARD_REBOOT",
    (S.ACTIVE, T.MIGRATING): "MIGRATING",
    (S.RESIZED, T.RESIZE_REVERTING): "REVERT_RESIZE",
    **{
        (state, task): "RESIZE"
        for state in WHOLE
        for task in (T.RESIZE_PREP, T.RESIZE_MIGRATING, T.RESIZE_FINISH)
    },
    **{(state, task): "REBUILD" for state in SOLID for task in (T.REBUILDING, T.REBUILD_SPAWNING)},
}
STATUS: Final[Mapping[VmState, str]] = {
    S.BUILDING: "BUILD",
    S.ACTIVE: "ACTIVE",
    S.STOPPED: "SHUTOFF",
    S.RESIZED: "VERIFY_RESIZE",
    S.RESCUED: "RESCUE",
    S.SHELVED: "SHELVED",
    S.SHELVED_OFFLOADED: "SHELVED_OFFLOADED",
    S.ERROR: "ERROR",
    S.DELETED: "DELETED",
}


def status_of(vm_state: VmState, task: str | None) -> str:
    """Return the status clients see."""
    return STATUS_DURING.get((vm_state, task or ""), STATUS[vm_state])


class ActionNotAllowed(Conflict):
    """The server's state does not allow the action."""

    code = "compute.server.action_not_allowed"


class ServerBusy(Conflict):
    """Something else is being done to the server."""

    code = "compute.server.busy"


class ServerLocked(Conflict):
    """Its owner, or an administrator, locked the server."""

    code = "compute.server.locked"
