"""A server: what it is, and how it moves through the table of its life."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from services.compute.domain.devices import BlockDevice, DeviceState, Floating
from services.compute.domain.lifecycle import (
    RULES,
    Action,
    ActionNotAllowed,
    PowerState,
    ServerBusy,
    ServerLocked,
    Task,
    VmState,
    status_of,
)
from services.compute.domain.local_disks import LocalDisk
from shared.ids import ProjectId, ServerId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class FlavorSnapshot:
    """A server's flavor as it was when the server was made."""

    id: str
    name: str
    vcpus: int
    ram: int  # MiB
    disk: int  # GiB
    ephemeral: int = 0  # GiB
    swap: int = 0  # MiB
    extra_specs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedIp:
    """An address of a NIC."""

    address: str
    subnet_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Nic:
    """A port of the network service, as the server has it."""

    port_id: str
    network_id: str
    network_name: str
    mac: str
    status: str = "DOWN"
    made_for_us: bool = True  # made with the server, and gone with it
    tag: str | None = None
    state: DeviceState = DeviceState.ATTACHED
    fixed_ips: tuple[FixedIp, ...] = ()

    @property
    def ipv4(self) -> str | None:
        """The address Ganeti knows it by: the first of version 4."""
        return next((each.address for each in self.fixed_ips if ":" not in each.address), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkWish:
    """One NIC the user asked for: a network, perhaps with an address, or a port of theirs."""

    network_id: str | None = None
    port_id: str | None = None
    fixed_ip: str | None = None
    tag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A security group of the server."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a server is in error."""

    message: str
    created: datetime
    code: int = 500
    details: str = ""  # for administrators


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server, backed by one Ganeti instance."""

    id: ServerId
    project_id: ProjectId
    user_id: UserId
    name: str
    hostname: str
    created_at: datetime
    updated_at: datetime
    flavor: FlavorSnapshot
    reservation_id: str
    description: str | None = None
    vm_state: VmState = VmState.BUILDING
    action: Action | None = Action.CREATE  # None: idle
    phase: Task | None = None  # how far a long action has come
    stood: VmState | None = None  # where it stood before an action that can be taken back
    locked_by: str | None = None  # owner, admin
    locked_reason: str | None = None
    other_flavor: FlavorSnapshot | None = None  # the one it leaves, or is to get, by a resize
    kept: Mapping[str, Any] = field(default_factory=dict)  # what is to be put back in Ganeti
    power_state: PowerState = PowerState.UNKNOWN
    image_id: UUID | None = None
    key_name: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)  # the user's metadata
    tags: tuple[str, ...] = ()
    requested_networks: tuple[NetworkWish, ...] = ()
    nics: tuple[Nic, ...] = ()
    volumes: tuple[BlockDevice, ...] = ()
    local_disks: tuple[LocalDisk, ...] = ()  # besides a local root disk
    floating: tuple[Floating, ...] = ()
    security_groups: tuple[Group, ...] = ()
    access_ip_v4: str | None = None
    access_ip_v6: str | None = None
    config_drive: bool = False
    disk_config: str = "MANUAL"
    launch_index: int = 0
    group_id: UUID | None = None
    hints: Mapping[str, Any] = field(default_factory=dict)  # servers it goes to, or away from
    availability_zone: str | None = None
    pinned_zone: str | None = None
    pinned_node: str | None = None
    cluster: str | None = None
    node: str | None = None
    counted_from: int | None = None  # version of its cluster's capacity that has it in
    last_job: int | None = None  # the Ganeti job that ended the last action
    fault: Fault | None = None
    launched_at: datetime | None = None
    terminated_at: datetime | None = None
    deleted_at: datetime | None = None
    version: int = 0

    @property
    def task(self) -> str | None:
        """The ``task_state`` shown while something is being done."""
        if self.action is None:
            return None
        return self.phase or RULES[self.action].task

    @property
    def status(self) -> str:
        """The status clients see."""
        return status_of(self.vm_state, self.task)

    @property
    def devices(self) -> tuple[UUID, ...]:
        """What sagas of their own may be at work on that end with the server."""
        return (
            *(UUID(each.id) for each in self.volumes),
            *(UUID(each.port_id) for each in self.nics),
        )

    @property
    def is_visible(self) -> bool:
        """Whether its users see it: one that never was, or broke, is gone once deleting begins."""
        if self.deleted_at is not None:
            return False
        nothing_there = self.vm_state is VmState.ERROR or self.cluster is None
        return not (self.action is Action.DELETE and nothing_there)

    def begin(self, action: Action, now: datetime) -> Self:
        """Return the server with the action under way; a delete begins even when it is busy.

        Raises:
            ServerBusy: something else is being done to it.
            ActionNotAllowed: its state does not allow the action.
        """
        rule = RULES[action]
        if self.action and action is not Action.DELETE:
            raise ServerBusy(
                f"Cannot '{rule.word}' instance {self.id} while it is in task_state {self.task}"
            )
        if self.vm_state not in rule.allowed:
            raise ActionNotAllowed(
                f"Cannot '{rule.word}' instance {self.id} "
                f"while it is in vm_state {self.vm_state.value}"
            )
        stood = self.vm_state if rule.remembers else self.stood
        return replace(self, action=action, phase=None, stood=stood, updated_at=now)

    def require_unlocked(self, *, is_admin: bool) -> None:
        """Let only administrators pass while the server is locked.

        Raises:
            ServerLocked: it is.
        """
        if self.locked_by is not None and not is_admin:
            raise ServerLocked(f"Instance {self.id} is locked")

    def enter(self, phase: Task, now: datetime) -> Self:
        """Return the server further on in its action."""
        return replace(self, phase=phase, updated_at=now)

    def settle(
        self, now: datetime, *, succeeded: bool, job: int | None = None, fault: Fault | None = None
    ) -> Self:
        """Return the server after its action ended; a no-op when idle.

        Args:
            now: the moment.
            succeeded: how it ended.
            job: Ganeti's job that ended it.
            fault: what to tell its user, where failing means ERROR.
        """
        if self.action is None:
            return self
        rule = RULES[self.action]
        changed = replace(
            self, action=None, phase=None, updated_at=now, last_job=job,
            **_kept_after(self, self.action, succeeded=succeeded),
        )  # fmt: skip
        if not succeeded:
            changed = replace(changed, stood=None if rule.remembers else self.stood)
            if rule.failed is None:
                return changed
            return replace(changed, vm_state=rule.failed, fault=fault)
        power = self.power_state if rule.power is None else rule.power
        vm_state = rule.done or self._as_it_stood
        first_run = vm_state is VmState.ACTIVE and self.launched_at is None
        return replace(
            changed,
            vm_state=vm_state,
            stood=self.stood if rule.remembers and rule.done else None,
            power_state=power,
            fault=None,
            launched_at=now if first_run else self.launched_at,
        )

    @property
    def _as_it_stood(self) -> VmState:
        """Where it goes back to; one that was broken runs once it is whole again."""
        stood = self.stood or self.vm_state
        return VmState.ACTIVE if stood is VmState.ERROR else stood

    def reset(self, vm_state: VmState, now: datetime) -> Self:
        """Return the server as an administrator says it is, with nothing being done to it."""
        return replace(
            self, vm_state=vm_state, action=None, phase=None, stood=None, other_flavor=None,
            fault=None, updated_at=now,
        )  # fmt: skip

    def settle_deleted(self, now: datetime, job: int | None = None) -> Self:
        """Return the server after nothing of it is left."""
        gone = self.settle(now, succeeded=True, job=job)
        return replace(
            gone, nics=(), volumes=(), floating=(), node=None, terminated_at=now, deleted_at=now
        )

    def change(self, now: datetime, **fields: Any) -> Self:
        """Return the server with what its user changed about it."""
        return replace(self, updated_at=now, **fields)


def _kept_after(server: Server, action: Action, *, succeeded: bool) -> dict[str, Any]:
    """Return what a server still keeps of what it was before, once an action ended."""
    if action in {Action.RESIZE, Action.MIGRATE} and succeeded:
        return {"flavor": server.other_flavor or server.flavor, "other_flavor": server.flavor}
    if action in {Action.RESIZE, Action.MIGRATE}:
        return {"other_flavor": None, "kept": {}}
    if action is Action.REVERT_RESIZE and succeeded:
        old = server.other_flavor or server.flavor
        return {"flavor": old, "other_flavor": None, "kept": {}}
    if (action, succeeded) in {(Action.RESCUE, False), (Action.UNRESCUE, True)}:
        return {"kept": {}}
    if action in {Action.CREATE_IMAGE, Action.CREATE_BACKUP}:
        return {"kept": {}}
    if action is Action.CONFIRM_RESIZE:
        return {"other_flavor": None, "kept": {}}
    return {}
