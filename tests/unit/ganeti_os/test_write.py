"""Writing an image: only what was declared, only what fits, and every byte of it."""

import struct
from pathlib import Path

import pytest

from deploy.ganeti.os.cyclades import write

MIB = 1 << 20


def qcow2(
    *, size: int = MIB, version: int = 3, backing: int = 0, crypt: int = 0, features: int = 0
) -> bytes:
    head = struct.pack(">4sIQIIQI", b"QFI\xfb", version, backing, 0, 16, size, crypt)
    return head.ljust(72, b"\0") + struct.pack(">Q", features).ljust(440, b"\0")


def test_a_raw_image_fills_what_it_stores() -> None:
    assert write.virtual_size(b"\xeb\x63" * 256, 12345, "raw") == 12345


def test_a_qcow2_image_fills_what_its_header_says() -> None:
    assert write.virtual_size(qcow2(size=10 << 30), 200_000, "qcow2") == 10 << 30


@pytest.mark.parametrize("magic", [b"QFI\xfb", b"KDMV", b"vhdx", b"QED\0"])
def test_an_image_of_another_format_is_not_raw(magic: bytes) -> None:
    with pytest.raises(write.NotWritten, match="declared raw, but it is"):
        write.virtual_size(magic.ljust(512, b"\0"), MIB, "raw")


def test_a_raw_image_is_not_qcow2() -> None:
    with pytest.raises(write.NotWritten, match="declared qcow2, but it is raw"):
        write.virtual_size(b"\0" * 512, MIB, "qcow2")


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (qcow2(backing=104), "refers to another file"),
        (qcow2(features=4), "refers to another file"),
        (qcow2(crypt=2), "encrypted"),
        (qcow2()[:100], "no whole qcow2 header"),
    ],
)
def test_an_image_that_cannot_stand_alone_is_refused(header: bytes, words: str) -> None:
    with pytest.raises(write.NotWritten, match=words):
        write.virtual_size(header, MIB, "qcow2")


def test_the_old_qcow2_has_no_features_to_look_at() -> None:
    assert write.virtual_size(qcow2(version=2, features=4), MIB, "qcow2") == MIB


def test_an_image_larger_than_the_disk_leaves_the_disk_alone(tmp_path: Path) -> None:
    (tmp_path / "image").write_bytes(b"i" * 2048)
    (tmp_path / "disk").write_bytes(b"d" * 1024)
    with pytest.raises(write.NotWritten, match="fills 2048 bytes, but the disk has only 1024"):
        write.write(tmp_path / "image", tmp_path / "disk", "raw")
    assert (tmp_path / "disk").read_bytes() == b"d" * 1024


def test_a_plain_copy_replaces_old_content_and_keeps_the_size(tmp_path: Path) -> None:
    image = b"a" * MIB + b"\0" * MIB + b"b" * 100
    (tmp_path / "image").write_bytes(image)
    (tmp_path / "disk").write_bytes(b"old" * 2 * MIB)
    marks = write.Marks(len(image))
    write.copy(tmp_path / "image", tmp_path / "disk", marks)
    assert (tmp_path / "disk").read_bytes() == image + (b"old" * 2 * MIB)[len(image) :]


def test_a_plain_copy_leaves_a_fresh_disk_sparse(tmp_path: Path) -> None:
    with (tmp_path / "image").open("wb") as file:
        file.truncate(32 * MIB)
        file.write(b"boot")
    with (tmp_path / "disk").open("wb") as file:
        file.truncate(64 * MIB)
    write.copy(tmp_path / "image", tmp_path / "disk", write.Marks(32 * MIB))
    disk = (tmp_path / "disk").stat()
    assert disk.st_size == 64 * MIB
    assert disk.st_blocks * 512 <= 2 * MIB


def test_without_qemu_img_only_raw_images_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    (tmp_path / "disk").write_bytes(b"\0" * MIB)
    (tmp_path / "image").write_bytes(b"raw image")
    write.write(tmp_path / "image", tmp_path / "disk", "raw")
    assert (tmp_path / "disk").read_bytes().startswith(b"raw image\0")
    (tmp_path / "image").write_bytes(qcow2())
    with pytest.raises(write.NotWritten, match="qemu-img is not installed"):
        write.write(tmp_path / "image", tmp_path / "disk", "qcow2")


def test_the_first_disk_has_to_be_there_and_on_this_node() -> None:
    assert write.first_disk({"DISK_COUNT": "1", "DISK_0_PATH": "/dev/x"}) == Path("/dev/x")
    with pytest.raises(write.NotWritten, match="no disk"):
        write.first_disk({"DISK_COUNT": "0"})
    with pytest.raises(write.NotWritten, match="no path"):
        write.first_disk({"DISK_COUNT": "1", "DISK_0_URI": "rbd:pool/x"})


def test_the_progress_line_of_qemu_img_is_understood(tmp_path: Path) -> None:
    (tmp_path / "said").write_bytes(b"    (0.00/100%)\r    (50.25/100%)\r")
    with (tmp_path / "said").open("rb") as said:
        assert list(write.percentages(said)) == [50.25]


def test_markers_come_at_every_twentieth_only(capsys: pytest.CaptureFixture[str]) -> None:
    marks = write.Marks(1000)
    for done in range(1001):
        marks.at(done)
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "@progress 0/1000"
    assert said[-1] == "@progress 1000/1000"
    assert len(said) == 21
