"""The image service's settings."""

import pytest
from pydantic import ValidationError

from services.image.main import limits_of
from services.image.settings import ImageSettings

MIB = 1024 * 1024


def test_quotas_come_as_json_and_in_mebibytes() -> None:
    given = {"CYCLADES_IMAGE_QUOTAS": '{"image_size_total": 3, "image_count_total": 4}'}
    limits = limits_of(ImageSettings.from_environment(given))
    assert (limits.size_total, limits.count_total, limits.count_uploading) == (3 * MIB, 4, -1)


def test_nothing_is_limited_unless_it_is_said() -> None:
    limits = limits_of(ImageSettings.from_environment({}))
    assert (limits.has_counts, limits.has_upload_limits) == (False, False)


def test_a_quota_nobody_knows_is_a_typing_error() -> None:
    with pytest.raises(ValidationError, match="there is no quota image_size"):
        ImageSettings.from_environment({"CYCLADES_IMAGE_QUOTAS": '{"image_size": 3}'})
