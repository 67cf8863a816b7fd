"""Clears away what Ganeti keeps of our exports: nothing but a word and the instance's parameters.

Ganeti 3.0 has no call for that over RAPI, and its ``config.ini`` repeats private parameters, the
address that the disk was sent to among them. Exports that hold a disk are left alone.
"""

import shutil
from pathlib import Path

WORD = b"cyclades: "  # how the OS definition's export begins the only line it prints
LONGEST = 512


def clear(folder: Path) -> list[str]:
    """Remove the exports that hold no disk; gives the names of their instances."""
    if not folder.is_dir():
        return []
    ours = [export for export in folder.iterdir() if holds_no_disk(export)]
    for export in ours:
        shutil.rmtree(export, ignore_errors=True)
    return sorted(export.name for export in ours)


def holds_no_disk(export: Path) -> bool:
    """Whether all there is are the words of our own export."""
    if export.is_symlink() or not (export / "config.ini").is_file():
        return False
    dumps = [file for file in export.iterdir() if file.name != "config.ini"]
    says = [file.read_bytes() for file in dumps if file.stat().st_size <= LONGEST]
    return (
        len(says) == len(dumps)
        and any(said.startswith(WORD) for said in says)
        and all(not said or said.startswith(WORD) for said in says)
    )
