"""The file `ready`, which exists exactly while everything answers."""

import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self


class ReadySign:
    """Raises and lowers the sign, also when its holder is killed on the spot.

    A shell waits for the end of a pipe that only this process holds open. However this process
    ends, the pipe ends with it, and the shell takes the file away.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        self.lower()
        self._guard = subprocess.Popen(
            ["sh", "-c", 'read -r _; rm -f "$1"', "sh", self._path],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.lower()
        self._guard.communicate()

    @property
    def is_up(self) -> bool:
        """Whether everybody is told that everything answers."""
        return self._path.exists()

    def up(self) -> None:
        """Tell everybody that everything answers."""
        self._path.touch()

    def lower(self) -> None:
        """Tell everybody that something does not answer."""
        self._path.unlink(missing_ok=True)
