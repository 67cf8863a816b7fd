"""What counts as the address of a RAPI."""

import pytest

from services.rapi_gateway.domain.cluster import ClusterRefused
from services.rapi_gateway.usecases.addresses import address


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://ganeti.example.com", "https://ganeti.example.com:5080"),
        ("https://10.0.0.1:5081/", "https://10.0.0.1:5081"),
        ("https://[fd00::1]:5080", "https://[fd00::1]:5080"),
    ],
)
def test_addresses_are_kept_in_one_form(given: str, kept: str) -> None:
    assert address(given) == kept


@pytest.mark.parametrize(
    "given",
    ["http://x:5080", "https://", "https://x:99999", "https://u:p@x", "https://x/2", "x:5080", ""],
)
def test_anything_else_is_refused(given: str) -> None:
    with pytest.raises(ClusterRefused):
        address(given)
