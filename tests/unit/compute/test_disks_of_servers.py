"""Disks of servers: those of a flavor, and those an image of volumes names."""

import orjson
import pytest

from services.compute.domain.block_request import InvalidDevice, renamed
from services.compute.domain.devices import BlockDevice
from services.compute.domain.image_mapping import disks_in, properties_of
from services.compute.domain.local_disks import (
    LocalDisk,
    LocalWish,
    TooLargeLocally,
    local_disks,
)

ROOT = BlockDevice(id="a", volume_id="v", device="/dev/vda", boot_index=0, size=4)
DATA = BlockDevice(id="b", volume_id="w", device="/dev/vdc", delete_on_termination=True)
ONE, TWO = "11111111-0000-4000-8000-000000000001", "22222222-0000-4000-8000-000000000002"


def test_what_is_written_into_an_image_is_read_from_it() -> None:
    image = properties_of([ROOT, DATA], {"a": ONE, "b": TWO})
    found = disks_in(image, [])
    assert found is not None
    first, second = found.volumes
    assert (first.source, first.source_id, first.size, first.is_root) == ("snapshot", ONE, 4, True)
    assert (second.source_id, second.device, second.delete_on_termination) == (
        TWO, "/dev/vdc", True,
    )  # fmt: skip
    assert properties_of([ROOT, DATA], {"a": ONE})["block_device_mapping"].count("snapshot_id") == 1


def test_an_image_that_names_no_root_is_a_disk() -> None:
    assert disks_in({}, []) is None
    assert disks_in({"block_device_mapping": "[]"}, []) is None
    gone = [{"boot_index": 0, "snapshot_id": ONE, "no_device": True}]
    assert disks_in({"block_device_mapping": orjson.dumps(gone).decode()}, []) is None


def test_an_image_may_name_local_disks_and_words_are_cut() -> None:
    items = [
        {"boot_index": 0, "snapshot_id": ONE, "tag": "t" * 300, "device_name": 7},
        {"source_type": "blank", "destination_type": "local", "guest_format": "swap"},
    ]
    found = disks_in({"block_device_mapping": orjson.dumps(items).decode()}, [])
    assert found is not None
    assert (found.local, len(found.volumes[0].tag or "")) == ((LocalWish(is_swap=True),), 255)
    wrong = [items[0], {"source_type": "volume", "volume_id": TWO, "destination_type": "local"}]
    with pytest.raises(InvalidDevice, match="destination_type"):
        disks_in({"block_device_mapping": orjson.dumps(wrong).decode()}, [])


def test_names_of_devices_begin_after_the_local_disks() -> None:
    twice = [ROOT, DATA, DATA]
    assert [each.device for each in renamed(twice)] == ["/dev/vda", "/dev/vdc", "/dev/vdb"]
    assert [each.device for each in renamed(twice, after=2)] == ["/dev/vda", "/dev/vdd", "/dev/vde"]


def test_local_disks_are_the_flavors_unless_asked_for() -> None:
    whole = (LocalDisk(kind="ephemeral", size=2048), LocalDisk(kind="swap", size=64))
    assert local_disks([], ephemeral=2, swap=64) == whole
    assert local_disks([], ephemeral=0, swap=0) == ()
    asked = [LocalWish(size=1), LocalWish(is_swap=True, size=0)]
    assert local_disks(asked, ephemeral=2, swap=64) == (LocalDisk(kind="ephemeral", size=1024),)
    for wish in (LocalWish(size=3), LocalWish(is_swap=True, size=65)):
        with pytest.raises(TooLargeLocally):
            local_disks([wish], ephemeral=2, swap=64)
