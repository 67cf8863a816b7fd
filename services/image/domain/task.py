"""A task: an import as its owner follows it. It is a record only; the image has the bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self
from uuid import UUID

from shared.clock import seconds_z
from shared.errors import NotFound

IMPORT: Final = "api_image_import"


class TaskStatus(StrEnum):
    """How far a task is."""

    PENDING = "pending"
    PROCESSING = "processing"
    SUCCESS = "success"
    FAILURE = "failure"


class TaskNotFound(NotFound):
    """There is no such task."""

    code = "image.task_not_found"

    def __init__(self, task_id: object) -> None:
        super().__init__(f"No task found with ID {task_id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """An import of an image, under way or over."""

    id: UUID
    image_id: UUID
    owner: str
    user_id: str
    request_id: str
    input: Mapping[str, Any]
    status: TaskStatus = TaskStatus.PENDING
    message: str = ""
    attempts: int = 0  # how often the bytes were asked for
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None = None

    @property
    def method(self) -> Mapping[str, str]:
        """The method as the request named it, with its parameters."""
        method: Mapping[str, str] = self.input["import_req"]["method"]
        return method

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens."""
        return self.status in {TaskStatus.SUCCESS, TaskStatus.FAILURE}

    def attempt(self, now: datetime) -> Self:
        """Return the task at work, once more."""
        return replace(
            self, status=TaskStatus.PROCESSING, attempts=self.attempts + 1, updated_at=now
        )

    def end(self, status: TaskStatus, message: str, now: datetime, keep: timedelta) -> Self:
        """Return the task, over; its record is kept for a while."""
        return replace(self, status=status, message=message, updated_at=now, expires_at=now + keep)

    def as_stub(self) -> dict[str, Any]:
        """Return the task as a list shows it."""
        stub = {
            "id": str(self.id),
            "type": IMPORT,
            "status": self.status.value,
            "owner": self.owner,
            "created_at": seconds_z(self.created_at),
            "updated_at": seconds_z(self.updated_at),
            "self": f"/v2/tasks/{self.id}",
            "schema": "/v2/schemas/task",
        }
        if self.expires_at is not None:
            stub["expires_at"] = seconds_z(self.expires_at)
        return stub

    def as_json(self) -> dict[str, Any]:
        """Return the task as Glance shows it."""
        succeeded = self.status is TaskStatus.SUCCESS
        return {
            **self.as_stub(),
            "image_id": str(self.image_id),
            "user_id": self.user_id,
            "request_id": self.request_id,
            "input": dict(self.input),
            "result": {"image_id": str(self.image_id)} if succeeded else None,
            "message": self.message,
        }
