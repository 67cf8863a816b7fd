"""Groups of volumes, and snapshots of whole groups: what is done to all of them at once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self
from uuid import UUID

from shared.errors import BadInput, NotFound, OverQuota
from shared.ids import ProjectId, UserId


class GroupStatus(StrEnum):
    """The status OpenStack clients see, of groups and of their snapshots."""

    CREATING = "creating"
    AVAILABLE = "available"
    UPDATING = "updating"
    IN_USE = "in-use"
    DELETING = "deleting"
    ERROR = "error"
    ERROR_DELETING = "error_deleting"
    DELETED = "deleted"


S = GroupStatus
DELETABLE: Final = frozenset({S.AVAILABLE, S.ERROR, S.ERROR_DELETING})
# What members are doing while the whole is being made or dropped.
BEING_MADE: Final = frozenset({"creating", "downloading"})
FAILED: Final = frozenset({"error", "error_deleting"})


class GroupNotFound(NotFound):
    """There is no such group, or not for this project."""

    code = "volume.group.not_found"


class GroupSnapshotNotFound(NotFound):
    """There is no such snapshot of a group, or not for this project."""

    code = "volume.group_snapshot.not_found"


class WrongGroup(BadInput):
    """The group, or its snapshot, does not allow it; Cinder answers 400."""

    code = "volume.group.wrong"


class TooManyGroups(OverQuota):
    """The project may have no more groups."""

    code = "volume.quota.groups"


def not_found(group_id: object) -> GroupNotFound:
    """Return the refusal that says no more than that."""
    return GroupNotFound(f"Group {group_id} could not be found.")


def snapshot_not_found(snapshot_id: object) -> GroupSnapshotNotFound:
    """Return the refusal that says no more than that."""
    return GroupSnapshotNotFound(f"GroupSnapshot {snapshot_id} could not be found.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A group, or a snapshot of one."""

    id: UUID
    project_id: ProjectId
    user_id: UserId
    name: str | None
    description: str | None
    status: GroupStatus
    created_at: datetime
    updated_at: datetime | None = None
    version: int = 0

    def having(self, status: GroupStatus, now: datetime, **changes: Any) -> Self:
        """Return it in another status."""
        return replace(self, status=status, updated_at=now, **changes)

    def following(self, members: Collection[str], now: datetime) -> Self:
        """Return it as its members' statuses make it; as it is while they are at work.

        Args:
            members: the statuses of the members that are there.
            now: the present moment.
        """
        if self.status is S.CREATING and BEING_MADE.isdisjoint(members):
            failed = not FAILED.isdisjoint(members)
            return self.having(S.ERROR if failed else S.AVAILABLE, now)
        if self.status is S.DELETING and not members:
            return self.having(S.DELETED, now)
        if self.status is S.DELETING and set(members) <= FAILED:
            return self.having(S.ERROR_DELETING, now)
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Whole):
    """Volumes that belong together."""

    availability_zone: str
    group_type_id: UUID
    volume_types: tuple[UUID, ...]  # what its volumes may be of
    group_snapshot_id: UUID | None = None  # what it was made from
    source_group_id: UUID | None = None

    def require_available(self, doing: str) -> None:
        """Let through a group to which something may be done.

        Raises:
            WrongGroup: its status does not allow it.
        """
        if self.status is not S.AVAILABLE:
            raise WrongGroup(
                f"Invalid Group: Cannot {doing} group {self.id}. Status must be available, but "
                f"current status is: {self.status}."
            )

    def require_type(self, type_id: UUID) -> None:
        """Let through a volume type that the group's volumes may be of.

        Raises:
            WrongGroup: it is another one.
        """
        if type_id not in self.volume_types:
            raise WrongGroup(
                f"Invalid input received: Invalid volume_type provided: {type_id} (requested type "
                f"must be supported by this group)."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSnapshot(Whole):
    """Snapshots of all the volumes of a group."""

    group_id: UUID
    group_type_id: UUID


def check_quota(limits: Mapping[str, int], used: int) -> None:
    """Let through one more group.

    Raises:
        TooManyGroups: the limit would be passed.
    """
    limit = limits.get("groups", -1)
    if 0 <= limit <= used:
        raise TooManyGroups(
            f"GroupLimitExceeded: Maximum number of groups allowed ({limit}) exceeded."
        )
