"""Finds out which ports are free."""

import errno
import socket


def free_port(host: str = "127.0.0.1") -> int:
    """Pick a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def is_taken(port: int, host: str = "127.0.0.1") -> bool:
    """Whether somebody listens on a port."""
    with socket.socket() as probe:
        # As servers do: connections of a former life that still linger are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as failure:
            if failure.errno == errno.EADDRINUSE:
                return True
            raise
        return False


def answers(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a connection to a port is accepted."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True
