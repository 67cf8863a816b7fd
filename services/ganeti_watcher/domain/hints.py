"""What agents on master candidates saw of job files: when to look, and where."""

from typing import NamedTuple


class Hint(NamedTuple):
    """A job file was written. What it says is asked of Ganeti; nothing here is believed."""

    job_id: int
    ended: bool = False
    instance: str | None = None
