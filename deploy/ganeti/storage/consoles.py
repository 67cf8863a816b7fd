"""The end of what an instance wrote to its serial port: ``NAME.log`` in a folder."""

import os
from pathlib import Path

from deploy.ganeti.storage.names import checked
from deploy.ganeti.storage.refusals import NotThere

KEPT = 64 << 10  # bytes of each log that are worth reading


def tail(folder: Path, instance: str, lines: int | None) -> str:
    """The last lines of an instance's log; None: all that is kept.

    Raises:
        NotThere: nothing is known of such an instance on this node.
    """
    try:
        with (folder / f"{checked(instance)}.log").open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - KEPT))
            written = log.read(KEPT).decode("utf-8", "replace")
    except FileNotFoundError:
        raise NotThere("there is no console log of such an instance on this node.") from None
    if lines is None:
        return written
    return "".join(written.splitlines(keepends=True)[-lines:]) if lines else ""
