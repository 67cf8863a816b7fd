"""Keeping the state of all clusters in one file between starts."""

from pathlib import Path

from pydantic import TypeAdapter

from deploy.simulator.model import Cluster

_STATE = TypeAdapter(dict[int, Cluster])


def encode(clusters: dict[int, Cluster]) -> bytes:
    """The state as bytes; fast enough to be called between two requests."""
    return _STATE.dump_json(clusters)


def decode(content: bytes) -> dict[int, Cluster]:
    """The clusters again."""
    return _STATE.validate_json(content)


def write(path: Path, content: bytes) -> None:
    """Replace the file at once: readers see the old or the new, never half of it."""
    beside = path.with_suffix(".new")
    beside.touch(mode=0o600)
    beside.write_bytes(content)
    beside.replace(path)


def load(path: Path) -> dict[int, Cluster]:
    """The saved state, empty when nothing has been saved."""
    if not path.exists():
        return {}
    return decode(path.read_bytes())
