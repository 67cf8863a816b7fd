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


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the life of a server."""

    word: str  # as instance actions and refusals name it
    allowed: frozenset[VmState]
    task: Task
    done: VmState
    failed: VmState | None = None  # None: the server stays as it was
    power: PowerState | None = None  # once done


def _in(*states: VmState) -> frozenset[VmState]:
    return frozenset(states)


A, S, T, P = Action, VmState, Task, PowerState
ALIVE: Final = frozenset(VmState) - {VmState.DELETED}
LAUNCHED: Final = ALIVE - {VmState.BUILDING}
RUNNING: Final = _in(VmState.ACTIVE, VmState.ERROR)  # or may be, for all we know
RULES: Final[Mapping[Action, Rule]] = {
    #                   word      allowed in        task              done       failed   power
    A.CREATE:      Rule("create", _in(S.BUILDING), T.SCHEDULING,     S.ACTIVE,  S.ERROR, P.RUNNING),
    A.START:       Rule("start",  _in(S.STOPPED),  T.POWERING_ON,    S.ACTIVE,  None,    P.RUNNING),
    A.STOP:        Rule("stop",   RUNNING,         T.POWERING_OFF,   S.STOPPED, None,    P.DOWN),
    A.SOFT_REBOOT: Rule("reboot", _in(S.ACTIVE),   T.REBOOTING,      S.ACTIVE,  None,    P.RUNNING),
    A.HARD_REBOOT: Rule("reboot", LAUNCHED,        T.REBOOTING_HARD, S.ACTIVE,  None,    P.RUNNING),
    A.DELETE:      Rule("delete", ALIVE,           T.DELETING,       S.DELETED, S.ERROR, P.UNKNOWN),
}  # fmt: skip

# What clients call it, where a task changes it.
STATUS_DURING: Final[Mapping[tuple[VmState, str], str]] = {
    (S.ACTIVE, T.REBOOTING): "REBOOT",
    (S.ACTIVE, T.REBOOTING_HARD): "HARD_REBOOT",
}
STATUS: Final[Mapping[VmState, str]] = {
    S.BUILDING: "BUILD",
    S.ACTIVE: "ACTIVE",
    S.STOPPED: "SHUTOFF",
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
