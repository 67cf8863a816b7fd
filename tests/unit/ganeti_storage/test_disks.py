"""Disks of Ganeti's on volumes: whose data goes, and who may write."""

import os

import pytest

from deploy.ganeti.storage import sparse
from deploy.ganeti.storage.directory import MIB, Directory
from deploy.ganeti.storage.disks import Disks
from deploy.ganeti.storage.refusals import NotThere, Refused

DISK = "3f0c.ext.disk0"


def attached(disks: Disks, name: str, device: str = "/dev/loop7") -> str:
    return disks.map(name, lambda _file, known: known or device)


def test_a_disk_of_its_own_is_named_as_the_disk_and_goes_with_it(disks: Disks) -> None:
    disks.create(DISK, 8, own="root-1")
    directory = disks.directory
    assert directory.volumes.data("root-1").stat().st_size == 8 * MIB
    disks.remove(DISK)
    assert (directory.volumes.names(), directory.disks.names()) == ([], [])
    assert not directory.volumes.data("root-1").exists()


def test_a_disk_whose_name_is_taken_never_gets_what_has_it(disks: Disks) -> None:
    disks.directory.make_volume("taken", 4)
    disks.create(DISK, 8, own="taken")
    disks.remove(DISK)
    assert disks.directory.volumes.names() == ["taken"]


def test_a_disk_on_a_kept_volume_leaves_it_behind_with_its_data(disks: Disks) -> None:
    disks.directory.make_volume("kept", 4)
    disks.directory.volumes.data("kept").write_bytes(b"precious")
    disks.create(DISK, 4, volume="kept", keep=True)
    attached(disks, DISK)
    with pytest.raises(Refused, match="mapped on node node1"):
        disks.directory.drop_volume("kept")
    disks.unmap(DISK, lambda _file, _device: None)
    disks.remove(DISK)
    assert disks.directory.volumes.data("kept").read_bytes() == b"precious"
    disks.directory.drop_volume("kept")


def test_a_volume_that_is_not_kept_goes_with_its_disk(disks: Disks) -> None:
    disks.directory.make_volume("given", 4)
    disks.create(DISK, 4, volume="given")
    disks.remove(DISK)
    assert disks.directory.volumes.names() == []


def test_a_volume_that_is_not_there_makes_no_disk(disks: Disks) -> None:
    with pytest.raises(NotThere):
        disks.create(DISK, 4, volume="nothing", keep=True)
    assert disks.directory.disks.names() == []


def test_everything_may_be_repeated(disks: Disks) -> None:
    for _ in range(2):
        disks.create(DISK, 8, own="root-1")
        assert attached(disks, DISK) == "/dev/loop7"
        disks.open(DISK, exclusive=True)
        disks.grow(DISK, 16)
        disks.close(DISK)
    for _ in range(2):
        disks.unmap(DISK, lambda _file, _device: None)
    disks.remove(DISK)
    disks.remove(DISK)
    disks.unmap(DISK, lambda _file, _device: None)


def test_a_snapshot_for_an_export_is_a_disk_that_goes_alone(disks: Disks) -> None:
    disks.directory.make_volume("kept", 4)
    disks.directory.volumes.data("kept").write_bytes(b"then")
    disks.create(DISK, 4, volume="kept", keep=True)
    disks.snapshot(DISK, f"{DISK}.snap")
    disks.directory.volumes.data("kept").write_bytes(b"now!")
    assert disks.map(f"{DISK}.snap", lambda file, _known: file.read_text()) == "then"
    disks.unmap(f"{DISK}.snap", lambda _file, _device: None)
    disks.remove(f"{DISK}.snap")
    assert disks.directory.volumes.names() == ["kept"]


def test_a_volume_in_use_is_not_copied_at_leisure(
    disks: Disks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sparse, "share", lambda _source, _target: False)
    disks.create(DISK, 4, own="root-1")
    attached(disks, DISK)
    with pytest.raises(Refused, match="one instant"):
        disks.snapshot(DISK, f"{DISK}.snap")
    assert disks.directory.volumes.names() == ["root-1"]
    fuzzy = Directory(root=disks.directory.root, node="node1", fuzzy=True)
    Disks(directory=fuzzy).snapshot(DISK, f"{DISK}.snap")
    assert disks.directory.volumes.data(f"{DISK}.snap").stat().st_size == 4 * MIB


class TestOpening:
    def test_a_living_node_keeps_others_out(self, disks: Disks, other_node: Directory) -> None:
        other = Disks(directory=other_node)
        disks.create(DISK, 4)
        disks.directory.show_life()
        disks.open(DISK, exclusive=True)
        for exclusive in (True, False):
            with pytest.raises(Refused, match="node1 has the volume open"):
                other.open(DISK, exclusive=exclusive)
        disks.close(DISK)
        other.open(DISK, exclusive=True)

    def test_a_live_migration_is_let_through(self, disks: Disks, other_node: Directory) -> None:
        source, target = disks, Disks(directory=other_node)
        source.create(DISK, 4)
        source.directory.show_life()
        target.directory.show_life()
        source.open(DISK, exclusive=True)
        attached(target, DISK)
        target.close(DISK)
        source.open(DISK, exclusive=False)
        target.open(DISK, exclusive=False)
        source.close(DISK)
        target.open(DISK, exclusive=True)
        source.unmap(DISK, lambda _file, _device: None)

    def test_a_dead_node_keeps_nobody_out(self, disks: Disks, other_node: Directory) -> None:
        disks.create(DISK, 4)
        disks.directory.show_life()
        disks.open(DISK, exclusive=True)
        life = disks.directory.root / "nodes" / "node1"
        os.utime(life, (life.stat().st_atime, life.stat().st_mtime - 60))
        Disks(directory=other_node).open(DISK, exclusive=True)

    def test_two_disks_on_one_volume_do_not_both_write(self, disks: Disks) -> None:
        disks.directory.make_volume("kept", 4)
        for name in ("one", "two"):
            disks.create(name, 4, volume="kept", keep=True)
        disks.open("one", exclusive=True)
        with pytest.raises(Refused, match="disk one"):
            disks.open("two", exclusive=True)


def test_a_forgotten_node_holds_nothing(disks: Disks, other_node: Directory) -> None:
    disks.directory.make_volume("kept", 4)
    other = Disks(directory=other_node)
    other.create(DISK, 4, volume="kept", keep=True)
    attached(other, DISK)
    assert disks.forget_node("node2") == [DISK]
    disks.directory.drop_volume("kept")
    assert disks.directory.disks.names() == []


def test_devices_that_a_reboot_took_hold_nothing(disks: Disks, other_node: Directory) -> None:
    disks.directory.make_volume("kept", 4)
    other = Disks(directory=other_node)
    for name, seen_by in (("here", disks), ("there", other)):
        seen_by.create(name, 4, volume="kept", keep=True)
        attached(seen_by, name)
    assert disks.forget_lost(lambda _file, _device: False) == ["here"]
    assert disks.directory.nodes_with(disks.directory.volumes.need("kept")) == ["node2"]
    assert other.forget_lost(lambda _file, _device: True) == []
