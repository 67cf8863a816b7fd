"""What the OS definition says about parameters before it touches anything."""

import pytest

from deploy.ganeti.os.cyclades.check import complaint

GOOD = {
    "OSP_IMAGE_ID": "5f1c6a52-6b4f-4f0e-9a60-6f3c27a3d9d1",
    "OSP_IMAGE_CHECKSUM": "sha512:" + "0a" * 64,
    "OSP_IMAGE_FORMAT": "qcow2",
    "OSP_IMAGE_SIZE": "2097152",
    "OSP_IMAGE_URL": "http://10.0.0.1:9292/dl/5f1c?exp=1&sig=topsecret",
    "OSP_SERVER_ID": "0e9c9b3e-55a6-4d5c-b0f2-0d0f2b8a4a11",
    "OSP_SEED": "{}",
    "OSP_SEED_DISK": "9d4c0b0e-1f0e-4b57-9a37-0f4b7a1c1f53",
    "OSP_UPLOAD_FORMAT": "qcow2",
    "OSP_UPLOAD_URL": "http://10.0.0.1:9292/up/5f1c?exp=1&sig=topsecret",
}


def test_a_whole_set_of_parameters_is_good() -> None:
    assert complaint(GOOD, creating=True) is None


def test_no_parameters_at_all_are_good_because_data_disks_need_no_image() -> None:
    assert complaint({"OS_NAME": "cyclades"}, creating=True) is None


def test_empty_parameters_count_as_absent() -> None:
    assert complaint(dict.fromkeys(GOOD, ""), creating=True) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OSP_IMAGE_ID", "../../etc/passwd"),
        ("OSP_IMAGE_ID", "-n"),
        ("OSP_SERVER_ID", "a b"),
        ("OSP_IMAGE_CHECKSUM", ""),
        ("OSP_IMAGE_CHECKSUM", "md5:" + "0a" * 16),
        ("OSP_IMAGE_CHECKSUM", "sha512:" + "0A" * 64),
        ("OSP_IMAGE_FORMAT", ""),
        ("OSP_IMAGE_FORMAT", "vmdk"),
        ("OSP_IMAGE_FORMAT", "rawqcow2"),
        ("OSP_IMAGE_SIZE", "0"),
        ("OSP_IMAGE_SIZE", "-1"),
        ("OSP_IMAGE_SIZE", "2 MB"),
        ("OSP_IMAGE_URL", "file:///etc/shadow"),
        ("OSP_IMAGE_URL", "http://host/a b"),
        ("OSP_IMAGE_URL", "http://host/\nX: y"),
        ("OSP_SEED_DISK", "two words"),
        ("OSP_SEED_URL", "file:///etc/shadow"),
        ("OSP_UPLOAD_URL", "ftp://host/x"),
        ("OSP_UPLOAD_FORMAT", "vmdk"),
    ],
)
def test_a_bad_value_is_named_but_never_repeated(name: str, value: str) -> None:
    said = complaint({**GOOD, name: value}, creating=False)
    assert said is not None
    assert said.startswith(name.removeprefix("OSP_").lower())
    assert len(value) < 3 or value not in said


def test_only_a_create_needs_the_url_because_it_is_secret_and_not_kept() -> None:
    kept = {name: value for name, value in GOOD.items() if name != "OSP_IMAGE_URL"}
    assert complaint(kept, creating=False) is None
    assert complaint(kept, creating=True) == "image_id is given, but no image_url to read it from."


def test_a_url_without_an_image_is_a_mistake_and_not_a_blank_disk() -> None:
    said = complaint({"OSP_IMAGE_URL": GOOD["OSP_IMAGE_URL"]}, creating=True)
    assert said == "image_url is given without image_id."


def test_a_seed_needs_a_disk_and_comes_in_one_way_only() -> None:
    assert complaint({"OSP_SEED": "{}"}, creating=True) == "seed is given without seed_disk."
    both = {"OSP_SEED": "{}", "OSP_SEED_URL": "http://x/", "OSP_SEED_DISK": "d"}
    assert complaint(both, creating=True) == "seed and seed_url are given both."
    assert complaint({"OSP_SEED_DISK": "d"}, creating=True) is None
