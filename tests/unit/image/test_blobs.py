"""Bytes on the disk: all of a file under its name, or nothing."""

import os
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from services.image.store.blobs import SHARDS, Blobs
from shared.ids import ImageId


def test_bytes_get_their_name_when_they_are_kept(tmp_path: Path) -> None:
    blobs, image, upload = Blobs(tmp_path), ImageId(uuid4()), uuid4()
    part = blobs.open_part(image, upload)
    part.write([b"one", b"two"])
    assert blobs.size(image, upload) is None
    part.keep()
    part.close()
    assert blobs.path(image, upload).read_bytes() == b"onetwo"
    assert blobs.size(image, upload) == 6
    blobs.remove(image, upload)
    blobs.remove(image, upload)
    assert blobs.size(image, upload) is None


def test_nobody_writes_into_a_file_that_is_there(tmp_path: Path) -> None:
    blobs, image, upload = Blobs(tmp_path), ImageId(uuid4()), uuid4()
    blobs.open_part(image, upload).close()
    with pytest.raises(FileExistsError):
        blobs.open_part(image, upload)


def test_a_system_that_writes_less_than_it_was_given_gets_the_rest_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.writev

    def lazy(descriptor: int, pieces: Sequence[memoryview]) -> int:
        return write(descriptor, [pieces[0][:3]])

    monkeypatch.setattr(os, "writev", lazy)
    blobs, image, upload = Blobs(tmp_path), ImageId(uuid4()), uuid4()
    part = blobs.open_part(image, upload)
    part.write([b"abcdefgh", b"", b"ij", b"klm"])
    part.keep()
    assert blobs.path(image, upload).read_bytes() == b"abcdefghijklm"


def test_every_file_of_ours_is_in_one_shard(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    made = {(ImageId(UUID(int=number << 118)), uuid4()) for number in range(0, 1000, 7)}
    for image, upload in made:
        blobs.open_part(image, upload).close()
    (tmp_path / "00" / "not-ours").write_bytes(b"")
    seen = [blob for shard in range(SHARDS) for blob in blobs.in_shard(shard)]
    assert {(blob.image_id, blob.upload) for blob in seen} == made
    assert len(seen) == len(made)
