"""A directory, the calls on it, and workers that end with the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.ganeti.storage.contents import Contents
from deploy.ganeti.storage.directory import Directory
from deploy.ganeti.storage.disks import Disks
from deploy.ganeti.storage.keeper import Keeper
from deploy.ganeti.storage.workers import Workers


def directory_at(root: Path, node: str = "node1", *, fuzzy: bool = False) -> Directory:
    directory = Directory(root=root, node=node, fuzzy=fuzzy)
    directory.prepare()
    return directory


@pytest.fixture
def directory(tmp_path: Path) -> Directory:
    return directory_at(tmp_path / "storage")


@pytest.fixture
def other_node(directory: Directory) -> Directory:
    """The same directory, seen from another node."""
    return directory_at(directory.root, "node2")


@pytest.fixture
def disks(directory: Directory) -> Disks:
    return Disks(directory=directory)


@pytest.fixture
def keeper(directory: Directory) -> Iterator[Keeper]:
    workers = Workers(threads=1)
    yield Keeper(directory, workers, Contents(directory=directory))
    workers.end()
