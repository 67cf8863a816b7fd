"""What the agent's calls have: once, resumable, and nothing half-done."""

import json
import threading
from pathlib import Path

import pytest

from deploy.ganeti.os.cyclades.upload import Target
from deploy.ganeti.storage import records, sparse
from deploy.ganeti.storage.contents import Contents
from deploy.ganeti.storage.directory import MIB, Directory
from deploy.ganeti.storage.disks import Disks
from deploy.ganeti.storage.keeper import Keeper
from deploy.ganeti.storage.refusals import Busy, NotThere, Refused, Unusable
from deploy.ganeti.storage.workers import Workers

NOTHING = {"kind": "nothing"}


def volume(name: str) -> dict[str, str]:
    return {"kind": "volume", "id": name}


def fill(directory: Directory, name: str, content: bytes) -> None:
    with directory.volumes.data(name).open("r+b") as file:
        file.write(content)


def content(directory: Directory, name: str, length: int) -> bytes:
    return directory.volumes.data(name).read_bytes()[:length]


def test_a_blank_volume_is_ready_at_once_and_sparse(keeper: Keeper, directory: Directory) -> None:
    for _ in range(2):
        assert keeper.have_volume("v", 64, NOTHING)["status"] == "ready"
    found = directory.volumes.data("v").stat()
    assert (found.st_size, found.st_blocks) == (64 * MIB, 0)


def test_a_clone_holds_what_the_volume_held_and_may_be_larger(
    keeper: Keeper, directory: Directory
) -> None:
    keeper.have_volume("old", 4, NOTHING)
    fill(directory, "old", b"content")
    assert keeper.have_volume("new", 8, volume("old"))["status"] == "ready"
    fill(directory, "old", b"changed")
    assert content(directory, "new", 7) == b"content"
    assert directory.volumes.data("new").stat().st_size == 8 * MIB


def test_a_snapshot_stays_as_it_was_and_a_volume_returns_to_it(
    keeper: Keeper, directory: Directory
) -> None:
    keeper.have_volume("v", 4, NOTHING)
    fill(directory, "v", b"before")
    assert keeper.have_snapshot("s", "v")["status"] == "ready"
    fill(directory, "v", b"after!")
    source = {"kind": "snapshot", "id": "s"}
    assert keeper.fill_volume("v", "1", source)["status"] == "ready"
    assert content(directory, "v", 6) == b"before"
    fill(directory, "v", b"again!")
    keeper.fill_volume("v", "1", source)
    assert content(directory, "v", 6) == b"again!"
    keeper.drop_snapshot("s")
    assert not directory.snapshots.data("s").exists()


def test_a_mapped_volume_is_not_rewritten(keeper: Keeper, directory: Directory) -> None:
    keeper.have_volume("v", 4, NOTHING)
    disks = Disks(directory=directory)
    disks.create("d", 4, volume="v", keep=True)
    disks.map("d", lambda _file, _known: "/dev/x")
    with pytest.raises(Refused, match="mapped on node node1"):
        keeper.fill_volume("v", "1", NOTHING)
    assert directory.volumes.need("v")["status"] == "ready"


@pytest.mark.parametrize(
    ("source", "refusal"),
    [(volume("none"), NotThere), ({"kind": "snapshot", "id": "none"}, NotThere)],
)
def test_a_source_that_is_not_there_makes_no_volume(
    keeper: Keeper, directory: Directory, source: dict[str, str], refusal: type[Refused]
) -> None:
    with pytest.raises(refusal):
        keeper.have_volume("v", 4, source)
    assert directory.volumes.names() == []


def test_a_source_that_is_too_large_makes_no_volume(keeper: Keeper, directory: Directory) -> None:
    keeper.have_volume("old", 8, NOTHING)
    with pytest.raises(Unusable, match="8 MiB"):
        keeper.have_volume("v", 4, volume("old"))
    assert directory.volumes.names() == ["old"]


def test_a_volume_only_grows(keeper: Keeper, directory: Directory) -> None:
    keeper.have_volume("v", 8, NOTHING)
    assert directory.grow_volume("v", 16)["size"] == 16
    assert directory.volumes.data("v").stat().st_size == 16 * MIB
    with pytest.raises(Refused, match="cannot shrink"):
        directory.grow_volume("v", 8)


def held_copy(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, threading.Event]:
    """Copies that begin, and end when they are told to."""
    begun, go_on = threading.Event(), threading.Event()
    copy = sparse.copy

    def slow(source: Path, target: Path, tell: sparse.Tell) -> None:
        begun.set()
        go_on.wait(10)
        copy(source, target, tell)

    monkeypatch.setattr(sparse, "copy", slow)
    monkeypatch.setattr(sparse, "share", lambda _source, _target: False)
    return begun, go_on


def test_work_is_told_of_while_it_lasts_and_done_once(
    keeper: Keeper, directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper.have_volume("old", 4, NOTHING)
    begun, go_on = held_copy(monkeypatch)
    assert keeper.have_volume("new", 4, volume("old"))["status"] == "working"
    begun.wait(10)
    assert keeper.have_volume("new", 4, volume("old"))["status"] == "working"
    with pytest.raises(Refused, match="not ready"):
        keeper.have_snapshot("s", "new")
    with pytest.raises(Refused, match="not ready"):
        Disks(directory=directory).create("d", 4, volume="new", keep=True)
    lock = directory.volumes.work_lock("new")
    go_on.set()
    with records.locked(lock):
        assert directory.volumes.need("new")["status"] == "ready"


def test_what_is_deleted_while_worked_on_does_not_come_back(
    keeper: Keeper, directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper.have_volume("old", 4, NOTHING)
    begun, go_on = held_copy(monkeypatch)
    keeper.have_volume("new", 4, volume("old"))
    begun.wait(10)
    directory.drop_volume("new")
    with pytest.raises(Busy):
        keeper.have_volume("new", 4, volume("old"))
    go_on.set()
    with records.locked(directory.volumes.work_lock("new")):
        assert sorted(path.name for path in (directory.root / "volumes").iterdir()) == [
            "old",
            "old.json",
        ]


def test_work_whose_worker_died_is_begun_again(keeper: Keeper, directory: Directory) -> None:
    keeper.have_volume("old", 4, NOTHING)
    fill(directory, "old", b"content")
    left = {"id": "new", "size": 4, "status": "working", "work": "dead", "disks": []}
    directory.volumes.write("new", left)
    half = directory.volumes.part("new", "0123456789abcdef")
    half.write_bytes(b"half")
    assert keeper.have_volume("new", 4, volume("old"))["status"] == "ready"
    assert content(directory, "new", 7) == b"content"
    assert not half.exists()


def test_too_much_work_is_refused_and_leaves_nothing(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers = Workers(threads=1, waiting=1)
    keeper = Keeper(directory, workers, Contents(directory=directory))
    keeper.have_volume("old", 4, NOTHING)
    begun, go_on = held_copy(monkeypatch)
    keeper.have_volume("first", 4, volume("old"))
    begun.wait(10)
    keeper.have_volume("second", 4, volume("old"))
    with pytest.raises(Busy, match="too much"):
        keeper.have_volume("third", 4, volume("old"))
    go_on.set()
    workers.end()
    assert directory.volumes.names() == ["first", "old", "second"]


def test_failed_work_stays_failed_with_its_sentence(
    keeper: Keeper, directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper.have_volume("old", 4, NOTHING)

    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device", "/secret/path")

    monkeypatch.setattr(sparse, "share", lambda _source, _target: False)
    monkeypatch.setattr(sparse, "copy", broken)
    for _ in range(2):
        made = keeper.have_volume("new", 4, volume("old"))
        assert (made["status"], made["message"]) == (
            "failed",
            "the node says: No space left on device.",
        )
    directory.drop_volume("new")


def test_no_address_is_written_down(keeper: Keeper, directory: Directory) -> None:
    image = {"kind": "image", "url": "http://image.invalid/?sig=topsecret", "format": "raw"}
    keeper.have_volume("v", 4, {**image, "sha512": "0" * 128, "size": 10})
    keeper.have_volume("old", 4, NOTHING)
    keeper.upload("u", "volume", "old", Target(url=image["url"], format="raw"))
    written = [path.read_text() for path in directory.root.rglob("*.json")]
    assert len(written) == 3
    assert "topsecret" not in json.dumps(written)
