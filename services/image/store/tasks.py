"""Tasks, inside one transaction; and lists of them, in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.image.domain.task import Task, TaskNotFound, TaskStatus
from services.image.store.tables import tasks
from shared.db.reads import Reads
from shared.errors import BadInput
from shared.ids import ImageId

SHOW: Final = "SELECT * FROM tasks WHERE id = $1 AND ($3 OR owner = $2)"
OF_IMAGE: Final = """
SELECT * FROM tasks WHERE image_id = $1 AND ($3 OR owner = $2) ORDER BY created_at, id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskQuery:
    """Which tasks, in which order, and how many."""

    status: str | None = None
    sort: str  # a column
    descending: bool
    limit: int
    marker: UUID | None = None


class TaskStore:
    """Tasks of imports."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, task: Task) -> None:
        """Write a new task."""
        await self._connection.execute(
            sa.insert(tasks).values(
                id=task.id,
                image_id=task.image_id,
                owner=task.owner,
                user_id=task.user_id,
                request_id=task.request_id,
                input=dict(task.input),
                created_at=task.created_at,
                **_changing(task),
            )
        )

    async def get_for_change(self, task_id: UUID) -> Task:
        """Return the task; nobody else changes it before this transaction ends.

        Raises:
            TaskNotFound: there is none.
        """
        found = await self._connection.execute(
            sa.select(tasks).where(tasks.c.id == task_id).with_for_update()
        )
        row = found.mappings().one_or_none()
        if row is None:
            raise TaskNotFound(task_id)
        return _task(row)

    async def save(self, task: Task) -> None:
        """Write how far the task is."""
        await self._connection.execute(
            sa.update(tasks).where(tasks.c.id == task.id).values(**_changing(task))
        )

    async def purge(self, limit: int) -> int:
        """Drop tasks whose time has come; return how many went."""
        old = sa.select(tasks.c.id).where(tasks.c.expires_at < sa.func.now()).limit(limit)
        gone = await self._connection.execute(sa.delete(tasks).where(tasks.c.id.in_(old)))
        return gone.rowcount


async def show_task(reads: Reads, task_id: UUID, project: str, *, sees_all: bool) -> Task:
    """Return a task.

    Raises:
        TaskNotFound: it is not there, or not for the viewer.
    """
    row = await reads.row(SHOW, task_id, project, sees_all)
    if row is None:
        raise TaskNotFound(task_id)
    return _read(row)


async def tasks_of_image(
    reads: Reads, image_id: ImageId, project: str, *, sees_all: bool
) -> Sequence[Task]:
    """Return the tasks of an image that the viewer may see, oldest first."""
    return [_read(row) for row in await reads.rows(OF_IMAGE, image_id, project, sees_all)]


async def list_tasks(reads: Reads, query: TaskQuery) -> Sequence[Task]:
    """Return a page of all tasks.

    Raises:
        BadInput: there is nothing to go on after.
    """
    way, beyond = ("DESC", "<") if query.descending else ("ASC", ">")
    after = f"({query.sort}, id) {beyond} (SELECT {query.sort}, id FROM tasks WHERE id = $3)"
    sql = (
        f"SELECT * FROM tasks WHERE ($2::text IS NULL OR status = $2) AND ($3::uuid IS NULL OR "
        f"{after}) ORDER BY {query.sort} {way}, id {way} LIMIT $1"
    )
    rows = await reads.rows(sql, query.limit, query.status, query.marker)
    if not rows and query.marker is not None:
        known = await reads.value("SELECT true FROM tasks WHERE id = $1", query.marker)
        if not known:
            raise BadInput(f"No task found with ID {query.marker}")
    return [_read(row) for row in rows]


def _changing(task: Task) -> dict[str, Any]:
    return {
        "status": task.status.value,
        "message": task.message,
        "attempts": task.attempts,
        "updated_at": task.updated_at,
        "expires_at": task.expires_at,
    }


def _read(row: Any) -> Task:
    known = dict(row)
    return _task(known | {"input": orjson.loads(known["input"])})


def _task(row: Any) -> Task:
    return Task(
        id=row["id"],
        image_id=row["image_id"],
        owner=row["owner"],
        user_id=row["user_id"],
        request_id=row["request_id"],
        input=row["input"],
        status=TaskStatus(row["status"]),
        message=row["message"],
        attempts=row["attempts"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        expires_at=row["expires_at"],
    )
