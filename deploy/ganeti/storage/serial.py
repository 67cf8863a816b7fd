"""Keeps what running KVM instances write to their serial ports, in files of bounded size.

Ganeti has KVM offer each serial port as a socket that one program at a time may read. While this
one reads it, ``gnt-instance console`` waits; it is started only when asked for.
"""

import contextlib
import logging
import selectors
import socket
import threading
from pathlib import Path

from deploy.ganeti.storage.consoles import KEPT
from deploy.ganeti.storage.typing_only import override

LOG = logging.getLogger(__name__)
SOCKETS = Path("/run/ganeti/kvm-hypervisor/ctrl")
LOOK_EVERY = 1.0  # seconds between two looks for new instances


class SerialReader(threading.Thread):
    """Reads every socket there is, in a thread of its own, until told to stop."""

    def __init__(self, logs: Path, sockets: Path = SOCKETS) -> None:
        super().__init__(name="serial reader", daemon=True)
        self._logs = logs
        self._sockets = sockets
        self._selector = selectors.DefaultSelector()
        self._read: set[str] = set()
        self._over = threading.Event()

    @override
    def run(self) -> None:
        """Read until told to stop."""
        self._logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        while not self._over.is_set():
            self.look()
            for key, _ in self._selector.select(LOOK_EVERY):
                self.take(str(key.data), key.fileobj)
            if not self._read:
                self._over.wait(LOOK_EVERY)
        self._selector.close()

    def stop(self) -> None:
        """End soon."""
        self._over.set()

    def look(self) -> None:
        """Begin to read the sockets that have come."""
        for path in self._sockets.glob("*.serial"):
            if path.stem not in self._read:
                self._begin(path)

    def _begin(self, path: Path) -> None:
        port = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        port.settimeout(1.0)
        try:
            port.connect(str(path))
        except OSError:
            port.close()
            return
        self._selector.register(port, selectors.EVENT_READ, path.stem)
        self._read.add(path.stem)
        LOG.info("reading the serial port of %s", path.stem)

    def take(self, instance: str, port: object) -> None:
        """Keep what has come; a port that ends is forgotten until it comes again."""
        assert isinstance(port, socket.socket)  # noqa: S101  # for the type only
        try:
            said = port.recv(KEPT)
        except OSError:
            said = b""
        if said:
            append(self._logs / f"{instance}.log", said)
            return
        self._selector.unregister(port)
        with contextlib.suppress(OSError):
            port.close()
        self._read.discard(instance)


def append(log: Path, said: bytes) -> None:
    """Add to a log; one that has twice what is kept loses its older half."""
    with log.open("ab") as file:
        file.write(said)
        size = file.tell()
    if size > 2 * KEPT:
        kept = log.read_bytes()[-KEPT:]
        new = log.with_suffix(".part")
        new.write_bytes(kept)
        new.replace(log)
