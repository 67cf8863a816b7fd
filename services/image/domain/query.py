"""What a list of images is asked for; the store turns it into SQL."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.image.domain.image import Visibility
from services.image.domain.member import MemberStatus

SORTABLE: Final = (
    "name", "status", "container_format", "disk_format", "size", "id", "created_at", "updated_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks."""

    project: str
    sees_all: bool = False  # administrators, and our own services


class Comparison(StrEnum):
    """How a column is compared with a value; the value is SQL's own word for it."""

    EQ = "="
    NEQ = "<>"
    LT = "<"
    LTE = "<="
    GT = ">"
    GTE = ">="


Value = str | int | bool | datetime | UUID | list[str] | list[UUID]


@dataclass(frozen=True, slots=True)
class Condition:
    """One column compared with a value; a list means any of it."""

    column: str
    comparison: Comparison
    value: Value


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of an order."""

    column: str
    descending: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which images, in which order, and how many."""

    conditions: tuple[Condition, ...] = ()
    tags: tuple[str, ...] = ()  # all of them
    properties: tuple[tuple[str, str], ...] = ()
    visibility: Visibility | None = None
    with_community: bool = False  # others' community images too
    member_status: MemberStatus | None = MemberStatus.ACCEPTED  # None: whatever it says
    sorts: tuple[SortKey, ...]  # the last one is unique
    limit: int
    marker: UUID | None = None
