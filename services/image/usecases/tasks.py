"""Keeps the records of imports."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from services.image.domain.task import Task, TaskNotFound, TaskStatus
from services.image.store.stores import Stores
from shared.clock import utcnow

KEEP: Final = timedelta(hours=48)  # how long the record of an import is kept, as Glance does
LONGEST: Final = 1000  # characters of a message


async def begin_attempt(stores: Stores, task_id: UUID) -> Task | None:
    """Note that the task is at work, once more; None when it is over."""
    task = await _find(stores, task_id)
    if task is None:
        return None
    task = task.attempt(utcnow())
    await stores.tasks.save(task)
    return task


async def end_task(stores: Stores, task_id: UUID) -> None:
    """Note that the task did what it was to do."""
    await _end(stores, task_id, TaskStatus.SUCCESS, "")


async def fail_task(stores: Stores, task_id: UUID, message: str) -> None:
    """Note that the task failed, and why; what is over stays as it is."""
    await _end(stores, task_id, TaskStatus.FAILURE, message[:LONGEST])


async def _end(stores: Stores, task_id: UUID, status: TaskStatus, message: str) -> None:
    task = await _find(stores, task_id)
    if task is not None:
        await stores.tasks.save(task.end(status, message, utcnow(), KEEP))


async def _find(stores: Stores, task_id: UUID) -> Task | None:
    try:
        task = await stores.tasks.get_for_change(task_id)
    except TaskNotFound:
        return None
    return None if task.is_over else task
