"""What users ask for, and what contradicts itself."""

from typing import Any
from uuid import UUID

import pytest

from services.compute.domain.request import ServerRequest, hostname_from
from services.compute.domain.server import NetworkWish
from shared.errors import BadInput

IDENT = UUID(int=1)


def a_request(**changes: Any) -> ServerRequest:
    """Return the request for one server."""
    given: dict[str, Any] = {"name": "web", "flavor_id": "1", "image_id": IDENT}
    return ServerRequest(**(given | changes))


def test_one_server_has_the_name_several_have_numbers() -> None:
    assert a_request().name_of(0) == "web"
    assert [a_request(most=2).name_of(at) for at in range(2)] == ["web-1", "web-2"]
    assert a_request(most=2, hostname="h").hostname_of(1, IDENT) == "h-2"


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("My Web_Server", "my-web-server"),
        ("web.example.org", "web.example.org"),
        ("ελλάδα", ""),
        ("..a--", "a"),
        ("x" * 100, "x" * 63),
    ],
)
def test_a_host_name_is_what_of_the_name_can_be_one(name: str, host: str) -> None:
    assert hostname_from(name) == host


def test_a_name_of_which_nothing_can_be_a_host_name_gets_one_made() -> None:
    assert a_request(name="ελλάδα").hostname_of(0, IDENT) == f"server-{IDENT}"


@pytest.mark.parametrize(
    "contradiction",
    [
        {"least": 3, "most": 2},
        {"most": 2, "networks": (NetworkWish(port_id="p"),)},
        {"most": 2, "networks": (NetworkWish(network_id="n", fixed_ip="10.0.0.1"),)},
    ],
    ids=str,
)
def test_contradictions_are_refused(contradiction: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        a_request(**contradiction).require_possible()
