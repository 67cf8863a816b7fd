"""What a query asks for, family by family, and the links that lead on."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from shared.errors import BadInput
from shared.web.links import PUBLIC_URL, PublicUrl
from shared.web.paging import (
    Page,
    Sort,
    cinder_page,
    first_path,
    glance_page,
    neutron_links,
    neutron_page,
    next_links,
    next_path,
    nova_page,
)

SORTABLE = ("name", "created_at")
PAGES: dict[str, Callable[..., Page]] = {
    "nova": nova_page,
    "cinder": cinder_page,
    "glance": glance_page,
    "neutron": neutron_page,
}


def request(query: str = "", path: str = "/v2/things") -> web.Request:
    app = web.Application()
    app[PUBLIC_URL] = PublicUrl(fixed="http://cloud")
    return make_mocked_request("GET", f"{path}?{query}" if query else path, app=app)


def query_of(url: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(url).query, keep_blank_values=True)


@pytest.mark.parametrize(
    ("family", "query", "limit", "asked"),
    [
        ("nova", "", 1000, None),
        ("nova", "limit=10", 10, 10),
        ("nova", "limit=5000", 1000, 5000),
        ("nova", "limit=0", 0, 0),
        ("cinder", "", 1000, None),
        ("cinder", "limit=5000", 1000, 5000),
        ("glance", "", 25, None),
        ("glance", "limit=5000", 1000, 5000),
        ("neutron", "", 10_000, None),
        ("neutron", "limit=0", 10_000, None),
        ("neutron", "limit=7", 7, 7),
    ],
)
def test_a_limit_is_capped(family: str, query: str, limit: int, asked: int | None) -> None:
    page = PAGES[family](request(query))
    assert (page.limit, page.asked) == (limit, asked)


@pytest.mark.parametrize("family", PAGES)
@pytest.mark.parametrize("limit", ["-1", "x", "1.5", "", "9" * 30, "٣"])
def test_a_limit_is_a_number(family: str, limit: str) -> None:
    with pytest.raises(BadInput, match="limit"):
        PAGES[family](request(f"limit={limit}"))


def test_a_bad_limit_is_worded_as_upstream_does() -> None:
    said = {}
    for family, read in PAGES.items():
        with pytest.raises(BadInput) as refused:
            read(request("limit=-1"))
        said[family] = refused.value.message
    assert said == {
        "nova": "Invalid input for query parameters limit. Value: -1. "
        "'-1' does not match '^[0-9]*$'",
        "cinder": "limit param must be positive",
        "glance": "limit param must be positive",
        "neutron": "limit must be an integer 0 or greater and not '-1'",
    }


@pytest.mark.parametrize("family", PAGES)
def test_sort_keys_repeat_each_with_its_direction(family: str) -> None:
    query = "sort_key=name&sort_dir=asc&sort_key=created_at&sort_dir=desc"
    page = PAGES[family](request(query), sortable=SORTABLE)
    assert page.sorts == (Sort("name"), Sort("created_at", descending=True))


@pytest.mark.parametrize("family", PAGES)
@pytest.mark.parametrize("query", ["sort_key=password&sort_dir=asc", "sort_key=name&sort_dir=up"])
def test_only_known_keys_and_directions_sort(family: str, query: str) -> None:
    with pytest.raises(BadInput):
        PAGES[family](request(query), sortable=SORTABLE)


@pytest.mark.parametrize("read", [cinder_page, glance_page])
def test_cinder_and_glance_take_the_joined_form(read: Callable[..., Page]) -> None:
    page = read(request("sort=name:asc,created_at"), sortable=SORTABLE)
    assert page.sorts == (Sort("name"), Sort("created_at", descending=True))
    with pytest.raises(BadInput):
        read(request("sort=name&sort_key=name"), sortable=SORTABLE)


def test_neutron_wants_as_many_directions_as_keys() -> None:
    with pytest.raises(BadInput, match="must be same"):
        neutron_page(request("sort_key=name"), sortable=SORTABLE)


def test_marker_offset_and_direction_of_travel_are_read() -> None:
    assert nova_page(request("marker=m&offset=3")).marker == "m"
    assert nova_page(request("marker=m&offset=3")).offset == 3
    assert neutron_page(request("page_reverse=True")).backwards
    assert not neutron_page(request("page_reverse=False")).backwards


def test_without_a_wish_the_familys_order_holds() -> None:
    newest = (Sort("created_at", descending=True), Sort("id", descending=True))
    assert cinder_page(request()).sorts == glance_page(request()).sorts == newest
    assert nova_page(request(), default=newest).sorts == newest
    assert neutron_page(request()).sorts == ()


def test_the_next_link_keeps_the_query() -> None:
    asked = request("name=a%26b&tags=x&tags=y&limit=2&marker=old")
    (link,) = next_links(asked, nova_page(asked), ["1", "2"])
    assert link["rel"] == "next"
    assert link["href"].startswith("http://cloud/v2/things?")
    assert query_of(link["href"]) == [
        ("name", "a&b"), ("tags", "x"), ("tags", "y"), ("limit", "2"), ("marker", "2"),
    ]  # fmt: skip


@pytest.mark.parametrize(("query", "ids"), [("limit=2", ["1"]), ("limit=0", []), ("", ["1"])])
def test_a_page_that_is_not_full_is_the_last(query: str, ids: list[str]) -> None:
    asked = request(query)
    assert next_links(asked, nova_page(asked), ids) == []


def test_glance_links_are_relative() -> None:
    asked = request("limit=2&name=x&marker=old", "/v2/images")
    assert next_path(asked, "m") == "/v2/images?limit=2&name=x&marker=m"
    assert first_path(asked) == "/v2/images?limit=2&name=x"
    assert first_path(request("", "/v2/images")) == "/v2/images"


def links(query: str, ids: list[str]) -> dict[str, list[tuple[str, str]]]:
    asked = request(query)
    made: list[dict[str, Any]] = neutron_links(asked, neutron_page(asked), ids)
    return {link["rel"]: query_of(link["href"]) for link in made}


def test_neutron_links_only_when_a_limit_was_asked_for() -> None:
    assert links("", ["1", "2"]) == {}


def test_neutron_links_both_ways_from_a_full_page() -> None:
    assert links("limit=2&name=x", ["1", "2"]) == {
        "next": [("limit", "2"), ("name", "x"), ("marker", "2")],
        "previous": [("limit", "2"), ("name", "x"), ("page_reverse", "True"), ("marker", "1")],
    }


def test_neutron_links_end_in_the_direction_of_travel() -> None:
    assert set(links("limit=2&marker=0", ["1"])) == {"previous"}
    assert set(links("limit=2&marker=3&page_reverse=True", ["1"])) == {"next"}
    assert links("limit=2&marker=3&page_reverse=True", ["2"])["next"] == [
        ("limit", "2"), ("marker", "2"),
    ]  # fmt: skip


def test_neutron_links_from_an_empty_page_have_no_marker() -> None:
    assert links("limit=2&marker=9", []) == {
        "previous": [("limit", "2"), ("page_reverse", "True")],
    }
