"""What an observation of the instance means for a server that nothing is being done to.

Events out of Ganeti win for power and place: an administrator's ``gnt-instance shutdown`` is a
fact, whoever wanted it. While an action is in flight its own end decides, and this is not asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from services.compute.domain.lifecycle import PowerState, VmState
from services.compute.domain.server import Fault, Server
from shared.contracts.ganeti import InstanceObserved

VANISHED: Final = "The instance vanished from its cluster."
MISPLACED: Final = "The instance runs on another node than its cluster says."


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a Ganeti status says; None: nothing."""

    power: PowerState
    vm_state: VmState | None = None
    fault: str | None = None


S, P = VmState, PowerState
MEANINGS: Final[Mapping[str, Meaning]] = {
    "running": Meaning(P.RUNNING, S.ACTIVE),
    "ERROR_up": Meaning(P.RUNNING, S.ACTIVE),  # runs, though it should not
    "ADMIN_down": Meaning(P.DOWN, S.STOPPED),
    "USER_down": Meaning(P.DOWN, S.STOPPED),  # the guest switched itself off
    "ADMIN_offline": Meaning(P.DOWN, S.SHELVED_OFFLOADED),  # start would be refused
    "ERROR_down": Meaning(P.DOWN),  # should run: Ganeti's own watcher restarts it
    "ERROR_nodedown": Meaning(P.UNKNOWN),
    "ERROR_nodeoffline": Meaning(P.UNKNOWN),
    "ERROR_wrongnode": Meaning(P.UNKNOWN, S.ERROR, MISPLACED),
}
# States that only their users end: a size that waits to be confirmed, another image to rescue from.
HELD: Final = frozenset({S.RESIZED, S.RESCUED, S.SHELVED, S.SHELVED_OFFLOADED})
GONE: Final = Meaning(P.UNKNOWN, S.ERROR, VANISHED)
NOTHING_KNOWN: Final = Meaning(P.UNKNOWN)


def is_news(server: Server, seen: InstanceObserved) -> bool:
    """Whether the observation is about this server as it stands now.

    What was seen before the job that ended the server's last action is old news.
    """
    if server.action is not None or server.vm_state in {S.BUILDING, S.DELETED}:
        return False
    if server.cluster != seen.cluster:
        return False
    return seen.job_id is None or server.last_job is None or seen.job_id >= server.last_job


def _vm_state(server: Server, meaning: Meaning) -> VmState:
    """Return where the server stands; a state somebody put it in on purpose is not left so."""
    if meaning.vm_state is None or meaning.vm_state is S.ERROR:
        return meaning.vm_state or server.vm_state
    if server.vm_state in HELD or (server.vm_state is S.ERROR and not _may_heal(server)):
        return server.vm_state
    return meaning.vm_state


def _may_heal(server: Server) -> bool:
    """Whether the server is in error only because of what was observed of its instance."""
    return server.fault is not None and server.fault.message in {VANISHED, MISPLACED}


def reconcile(server: Server, seen: InstanceObserved, now: datetime) -> Server:
    """Return the server as the observation has it; the same object when nothing differs."""
    if not is_news(server, seen):
        return server
    meaning = MEANINGS.get(seen.status or "", NOTHING_KNOWN) if seen.present else GONE
    vm_state = _vm_state(server, meaning)
    fault = server.fault
    if vm_state is not VmState.ERROR:
        fault = None
    elif meaning.fault and server.vm_state is not VmState.ERROR:
        fault = Fault(message=meaning.fault, created=now)
    found = replace(
        server,
        vm_state=vm_state,
        power_state=meaning.power,
        node=seen.node or server.node,
        fault=fault,
    )
    return server if found == server else replace(found, updated_at=now)
