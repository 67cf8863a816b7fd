"""CPU time of processes and their children, from /proc: the figure that noise hardly moves."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

TICKS: Final = os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/<pid>/stat after the command's name."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def children(pid: int) -> list[int]:
    """Return the processes a process has started, and theirs."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if int(_stat(int(entry.name))[1]) == pid:
                    found.append(int(entry.name))
            except OSError:
                continue
    return found + [each for child in found for each in children(child)]


def seconds(pids: Iterable[int]) -> float:
    """Return the CPU seconds processes have used, those of children that ended included."""
    total = 0
    for pid in pids:
        try:
            fields = _stat(pid)
        except OSError:
            continue
        total += sum(int(fields[place]) for place in (11, 12, 13, 14))
    return total / TICKS


def tree_seconds(pids: Iterable[int]) -> float:
    """Return the CPU seconds of processes and of all that runs below them."""
    roots = list(pids)
    return seconds([*roots, *(child for pid in roots for child in children(pid))])


def resident_mib(pid: int) -> int:
    """Return the memory a process holds, in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) // 1024
    return 0
