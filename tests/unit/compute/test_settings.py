"""What compute can be told from outside."""

import pytest
from pydantic import ValidationError

from services.compute.settings import ComputeSettings


def test_variables_with_our_prefix_are_read() -> None:
    found = ComputeSettings.from_environment(
        {"CYCLADES_COMPUTE_GANETI_PREFIX": "nova-", "CYCLADES_LOG_LEVEL": "DEBUG"}
    )
    assert (found.ganeti_prefix, found.log_level, found.port) == ("nova-", "DEBUG", 8774)


def test_a_typing_error_is_seen() -> None:
    with pytest.raises(ValidationError):
        ComputeSettings.from_environment({"CYCLADES_COMPUTE_GANETI_PERFIX": "nova-"})


def test_every_setting_says_what_it_is_for() -> None:
    assert all(field.description for field in ComputeSettings.model_fields.values())
