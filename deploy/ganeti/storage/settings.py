"""Settings of a node: ``/etc/cyclades/storage.json``, and options that win over it."""

import argparse
import json
import os
import socket
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

FILE = Path("/etc/cyclades/storage.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that a node may be told; paths are text, as they are written in the file."""

    root: str = "/srv/cyclades/storage"  # the folder all nodes of the cluster share
    node: str = ""  # this node's name; empty: its host name
    listen: str = "0.0.0.0:8799"  # where the gateway finds the agent
    token_file: str = "/etc/cyclades/storage.token"  # noqa: S105  # a path
    certificate: str = "/etc/cyclades/storage.pem"  # of the agent, for TLS
    key: str = "/etc/cyclades/storage.key"
    console_logs: str = "/var/log/cyclades/consoles"  # NAME.log of each instance
    exports: str = "/var/lib/ganeti/export"  # of Ganeti: ours are cleared away; empty: none is
    serial: bool = False  # read the serial sockets of KVM instances into console_logs
    fuzzy_snapshots: bool = False  # copy a volume in use even when not in one instant
    threads: int = 2  # that copy and convert
    waiting: int = 32  # works that may wait for them
    connections: int = 32  # requests served at once
    cache_bytes: int = 20 << 30  # of images; 0 keeps none

    @property
    def node_name(self) -> str:
        """The name of this node."""
        return self.node or socket.gethostname()


def read(file: Path, options: dict[str, Any]) -> Settings:
    """The settings in a file, if it is there, with options over them.

    Raises:
        SystemExit: the file has a setting that does not exist, or is no JSON object.
    """
    known = {field.name for field in fields(Settings)}
    written: dict[str, Any] = {}
    if file.exists():
        try:
            written = dict(json.loads(file.read_text("utf-8")))
        except ValueError:
            raise SystemExit(f"{file} is not a JSON object.") from None
    for name in written:
        if name not in known:
            raise SystemExit(f"{file}: there is no setting {name!r}.")
    return Settings(**(written | {name: value for name, value in options.items() if value}))


def from_environment() -> Settings:
    """The settings of programs that Ganeti starts: it gives them no options."""
    return read(Path(os.environ.get("CYCLADES_STORAGE_SETTINGS", FILE)), {})


def add_options(parser: argparse.ArgumentParser) -> None:
    """Let every setting be given as an option."""
    parser.add_argument("--settings", type=Path, default=FILE, help=f"file of settings ({FILE})")
    for field in fields(Settings):
        option = "--" + field.name.replace("_", "-")
        if field.type is bool:
            parser.add_argument(option, action="store_true", default=None)
        else:
            kind = int if field.type is int else str
            parser.add_argument(option, type=kind, default=None, help=f"default: {field.default}")


def from_options(given: argparse.Namespace) -> Settings:
    """The settings of a command line.

    Raises:
        SystemExit: the file of settings is wrong.
    """
    return read(given.settings, {f.name: getattr(given, f.name) for f in fields(Settings)})
