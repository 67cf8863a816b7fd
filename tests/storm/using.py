"""Who uses how much of the processor: what a storm costs, part by part."""

import os
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.bench import cpu

# What is in the command line of a part's processes.
MARKS: Final[Mapping[str, str]] = {
    "services.": "",  # the service's own name
    "deploy.simulator": "simulator",
    "keystone": "Keystone",
    "postgres": "PostgreSQL",
    "beam.smp": "RabbitMQ",
    "tests.storm": "the harness",
    "multiprocessing": "the harness",
}


def cpu_by_part(home: Path) -> dict[str, float]:
    """Return the CPU seconds that each part of the cloud has used so far.

    Args:
        home: what has this in its command line is of this cloud, like what we have started.
    """
    used: defaultdict[str, float] = defaultdict(float)
    for pid in {*cpu.children(os.getpid()), *_of(home), os.getpid()}:
        if part := _part(_command(pid)):
            used[part] += cpu.seconds([pid])
    return dict(used)


def _of(home: Path) -> list[int]:
    """Return the processes that know the folder, and all below them: servers leave home."""
    roots = [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and str(home) in _command(int(entry.name))
    ]
    return [*roots, *(child for pid in roots for child in cpu.children(pid))]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
    except OSError:
        return ""


def _part(command: str) -> str:
    for mark, name in MARKS.items():
        if mark in command:
            return name or command.split(mark, 1)[1].split(maxsplit=1)[0]
    return ""
