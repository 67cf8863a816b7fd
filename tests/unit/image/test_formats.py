"""What an image's bytes may look like, and who may open them."""

import pytest

from services.image.api.schemas.image import ImageAttributes
from services.image.domain.formats import (
    CONTAINER_FORMATS,
    DISK_FORMATS,
    ContentMismatch,
    ContentUnsafe,
    Seen,
    judge,
)

MOST = 2**44


def seen(*formats: str, unsafe: str | None = None, virtual_size: int | None = None) -> Seen:
    return Seen(formats=frozenset(formats), unsafe=unsafe, virtual_size=virtual_size)


@pytest.mark.parametrize(
    ("declared", "formats"),
    [
        ("raw", {"raw"}),
        ("raw", {"gpt"}),
        ("gpt", {"gpt"}),
        ("iso", {"iso"}),
        ("iso", {"iso", "gpt"}),
        ("qcow2", {"qcow2"}),
        ("vmdk", {"vmdk"}),
        ("aki", {"raw"}),
        ("ploop", {"raw"}),
    ],
)
def test_content_that_is_what_it_says_passes(declared: str, formats: set[str]) -> None:
    judge(declared, "bare", seen(*formats), MOST)


@pytest.mark.parametrize(
    ("declared", "formats"),
    [
        ("raw", {"qcow2"}),
        ("raw", {"luks"}),
        ("raw", {"iso", "gpt"}),
        ("gpt", {"raw"}),
        ("iso", {"gpt"}),
        ("iso", {"raw"}),
        ("qcow2", {"raw"}),
        ("qcow2", {"qcow2", "iso"}),
        ("vhd", {"vhdx"}),
    ],
)
def test_content_that_is_something_else_too_does_not(declared: str, formats: set[str]) -> None:
    with pytest.raises(ContentMismatch):
        judge(declared, "bare", seen(*formats), MOST)


def test_only_bytes_of_no_known_format_pass_as_any_where_formats_are_not_strict() -> None:
    judge("qcow2", "bare", seen("raw"), MOST, strict=False)
    for other in ("vmdk", "luks"):
        with pytest.raises(ContentMismatch):
            judge("qcow2", "bare", seen(other), MOST, strict=False)
    for declared, found in (("raw", "qcow2"), ("vmdk", "raw")):
        with pytest.raises(ContentMismatch):
            judge(declared, "bare", seen(found), MOST, strict=False)


def test_content_that_names_other_files_does_not_pass() -> None:
    with pytest.raises(ContentUnsafe):
        judge("qcow2", "bare", seen("qcow2", unsafe="backing_file"), MOST)


def test_a_disk_larger_than_any_may_be_does_not_pass() -> None:
    judge("qcow2", "bare", seen("qcow2", virtual_size=MOST), MOST)
    with pytest.raises(ContentUnsafe):
        judge("qcow2", "bare", seen("qcow2", virtual_size=MOST + 1), MOST)


def test_an_archive_passes_as_it_is() -> None:
    judge("qcow2", "ova", seen("raw"), MOST)


def test_bodies_may_name_exactly_the_formats_there_are() -> None:
    schema = ImageAttributes.model_json_schema()["properties"]
    for name, formats in (("disk_format", DISK_FORMATS), ("container_format", CONTAINER_FORMATS)):
        taken = next(each["enum"] for each in schema[name]["anyOf"] if "enum" in each)
        assert tuple(taken) == formats
