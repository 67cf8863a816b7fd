"""What clients send to look at servers' screens and serial lines."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from services.compute.api.schemas.fields import MAX_INT, Closed
from services.compute.api.schemas.scalars import WHOLE


def _length(value: Any) -> Any:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if isinstance(value, str) and WHOLE.fullmatch(value):
        return int(value)
    raise ValueError("is not of type 'integer', 'string', 'null'")


class Output(Closed):
    """Arguments of ``os-getConsoleOutput``."""

    # -1, like no length, means everything
    length: Annotated[Annotated[int, Field(ge=-1, le=MAX_INT)] | None, BeforeValidator(_length)] = (
        None
    )

    @property
    def lines(self) -> int | None:
        """How many lines; None: all."""
        return None if self.length in {None, -1} else self.length


class VncConsole(Closed):
    """Arguments of ``os-getVNCConsole`` (until 2.5)."""

    type: Literal["novnc", "xvpvnc"]


class SpiceConsole(Closed):
    """Arguments of ``os-getSPICEConsole`` (until 2.5)."""

    type: Literal["spice-html5"]


class SerialConsole(Closed):
    """Arguments of ``os-getSerialConsole`` (until 2.5)."""

    type: Literal["serial"]


class RemoteConsole(Closed):
    """A way to look at a server."""

    protocol: Literal["vnc", "spice", "rdp", "serial", "mks"]
    type: Literal["novnc", "xvpvnc", "rdp-html5", "spice-html5", "serial", "webmks"]


class CreateRemoteConsole(Closed):
    """``POST /servers/{id}/remote-consoles``."""

    remote_console: RemoteConsole
