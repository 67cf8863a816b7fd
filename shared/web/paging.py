"""Pages of a list: what the query asks for, and the link to what comes next.

Each family asks a little differently; all of them end in one ``Page``.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from shared.errors import BadInput
from shared.web.body import BAD_REQUEST
from shared.web.links import base_url

NUMBER: Final = re.compile(r"\d{1,18}")
PAGING_KEYS: Final = frozenset({"limit", "marker", "offset", "sort_key", "sort_dir", "sort"})


@dataclass(frozen=True, slots=True)
class Sort:
    """One key of an order."""

    key: str
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which rows of a list are asked for."""

    limit: int  # rows to answer at most; already capped
    asked: int | None = None  # what the client said, before the cap
    marker: str | None = None  # the id of the last row the client has seen
    offset: int = 0
    sorts: tuple[Sort, ...] = ()
    backwards: bool = False  # Neutron's page_reverse

    @property
    def is_asked(self) -> bool:
        """Whether the client asked for a page at all (Neutron links only then)."""
        return self.asked is not None


def nova_page(
    request: web.Request,
    *,
    max_limit: int = 1000,
    sortable: Collection[str] = (),
    default: Sequence[Sort] = (),
) -> Page:
    """Return the page a Nova list is asked for: ``limit=0`` means an empty one.

    Raises:
        BadInput: the limit is no number, or a sort key or direction is not known.
    """
    asked = _number(request, "limit", _nova_complaint)
    return Page(
        limit=max_limit if asked is None else min(asked, max_limit),
        asked=asked,
        marker=request.query.get("marker"),
        offset=_number(request, "offset", _nova_complaint) or 0,
        sorts=_pairs(request, sortable) or tuple(default),
    )


def cinder_page(
    request: web.Request,
    *,
    max_limit: int = 1000,
    sortable: Collection[str] = (),
    default: Sequence[Sort] = (Sort("created_at", descending=True), Sort("id", descending=True)),
) -> Page:
    """Return the page a Cinder list is asked for; it sorts by ``sort=key:dir,key``.

    Raises:
        BadInput: a number is none, or a sort key or direction is not known.
    """
    asked = _number(request, "limit", _cinder_complaint)
    if "sort" in request.query and ("sort_key" in request.query or "sort_dir" in request.query):
        raise BadInput(
            "The 'sort_key' and 'sort_dir' parameters are deprecated and cannot be used "
            "with the 'sort' parameter."
        )
    sorts = _joined(request, sortable) if "sort" in request.query else _pairs(request, sortable)
    return Page(
        limit=max_limit if asked is None else min(asked, max_limit),
        asked=asked,
        marker=request.query.get("marker"),
        offset=_number(request, "offset", _cinder_complaint) or 0,
        sorts=sorts or tuple(default),
    )


def glance_page(
    request: web.Request,
    *,
    default_limit: int = 25,
    max_limit: int = 1000,
    sortable: Collection[str] = (),
    default: Sequence[Sort] = (Sort("created_at", descending=True), Sort("id", descending=True)),
) -> Page:
    """Return the page a Glance list is asked for: 25 rows unless it says otherwise.

    Raises:
        BadInput: the limit is no number, or a sort key or direction is not known.
    """
    asked = _number(request, "limit", _cinder_complaint)
    if "sort" in request.query and ("sort_key" in request.query or "sort_dir" in request.query):
        raise BadInput("Old and new sorting syntax cannot be combined")
    sorts = _joined(request, sortable) if "sort" in request.query else _pairs(request, sortable)
    return Page(
        limit=default_limit if asked is None else min(asked, max_limit),
        asked=asked,
        marker=request.query.get("marker"),
        sorts=sorts or tuple(default),
    )


def neutron_page(
    request: web.Request, *, max_limit: int = 10_000, sortable: Collection[str] = ()
) -> Page:
    """Return the page a Neutron list is asked for: all of it, unless it says otherwise.

    Raises:
        BadInput: the limit is no number, or a sort key or direction is not known.
    """
    asked = _number(request, "limit", _neutron_complaint) or None  # 0 means no limit
    keys, directions = request.query.getall("sort_key", []), request.query.getall("sort_dir", [])
    if len(keys) != len(directions):
        raise BadInput("The number of sort_keys and sort_dirs must be same", name=BAD_REQUEST)
    return Page(
        limit=max_limit if asked is None else min(asked, max_limit),
        asked=asked,
        marker=request.query.get("marker"),
        sorts=_pairs(request, sortable),
        backwards=request.query.get("page_reverse", "").lower() in {"true", "1", "yes"},
    )


def next_url(request: web.Request, marker: str) -> str:
    """Return the URL of the next page: the same query, with another marker."""
    return f"{base_url(request)}{next_path(request, marker)}"


def next_path(request: web.Request, marker: str) -> str:
    """Return the next page as Glance links it: relative to the service."""
    return f"{request.path}?{_query(request, marker=marker)}"


def first_path(request: web.Request) -> str:
    """Return the first page as Glance links it: the same query without a marker."""
    query = _query(request)
    return f"{request.path}?{query}" if query else request.path


def next_links(request: web.Request, page: Page, ids: Sequence[str]) -> list[dict[str, str]]:
    """Return Nova's and Cinder's ``<collection>_links``: empty when the page is not full."""
    return links_after(request, page, len(ids), ids[-1] if ids else "")


def links_after(request: web.Request, page: Page, count: int, last: str) -> list[dict[str, str]]:
    """Return the same for a page of so many, of which only the last one's id is known."""
    if not count or count < page.limit:
        return []
    return [{"rel": "next", "href": next_url(request, last)}]


def neutron_links(request: web.Request, page: Page, ids: Sequence[str]) -> list[dict[str, str]]:
    """Return Neutron's ``<collection>_links``: none unless a limit was asked for.

    A page that is not full ends the list in the direction of travel, so it has no link that way.
    """
    return neutron_links_around(request, page, len(ids), (ids[0], ids[-1]) if ids else None)


def neutron_links_around(
    request: web.Request, page: Page, count: int, ends: tuple[str, str] | None
) -> list[dict[str, str]]:
    """Return the same for a page of so many, of which only the ids at both ends are known."""
    if not page.is_asked:
        return []
    full = count >= page.limit
    first, last = ends or (None, None)
    links = []
    if full or page.backwards:
        links.append({"rel": "next", "href": _neutron_url(request, last)})
    if full or not page.backwards:
        href = _neutron_url(request, first, page_reverse="True")
        links.append({"rel": "previous", "href": href})
    return links


def _neutron_url(request: web.Request, marker: str | None, **changed: str) -> str:
    if marker is not None:
        changed["marker"] = marker
    query = _query(request, drop=("page_reverse",), **changed)
    return f"{base_url(request)}{request.path}?{query}"


def _query(request: web.Request, *, drop: Collection[str] = (), **changed: str) -> str:
    gone = {"marker", *drop, *changed}
    kept = [(name, value) for name, value in request.query.items() if name not in gone]
    return urlencode([*kept, *changed.items()])


def _number(request: web.Request, name: str, complain: Any) -> int | None:
    text = request.query.get(name)
    if text is None:
        return None
    if not NUMBER.fullmatch(text) or not text.isascii():
        raise complain(name, text)
    return int(text)


def _nova_complaint(name: str, text: str) -> BadInput:
    return BadInput(
        f"Invalid input for query parameters {name}. Value: {text}. "
        f"'{text}' does not match '^[0-9]*$'"
    )


def _cinder_complaint(name: str, text: str) -> BadInput:
    negative = text.startswith("-") and text[1:].isdigit()
    return BadInput(f"{name} param must be {'positive' if negative else 'an integer'}")


def _neutron_complaint(name: str, text: str) -> BadInput:
    return BadInput(f"{name} must be an integer 0 or greater and not '{text}'", name=BAD_REQUEST)


def _pairs(request: web.Request, sortable: Collection[str]) -> tuple[Sort, ...]:
    """Read ``sort_key=a&sort_dir=asc``, repeatable; a missing direction is the last one given."""
    directions = request.query.getall("sort_dir", [])
    sorts: list[Sort] = []
    direction = "desc"
    for at, key in enumerate(request.query.getall("sort_key", [])):
        direction = directions[at] if at < len(directions) else direction
        sorts.append(_sort(key, direction, sortable))
    return tuple(sorts)


def _joined(request: web.Request, sortable: Collection[str]) -> tuple[Sort, ...]:
    """Read ``sort=a:asc,b``."""
    parts = [part.strip().partition(":") for part in request.query["sort"].split(",")]
    return tuple(_sort(key, direction or "desc", sortable) for key, _, direction in parts if key)


def _sort(key: str, direction: str, sortable: Collection[str]) -> Sort:
    if key not in sortable:
        raise BadInput(f"Invalid sort key: {key}", name=BAD_REQUEST)
    if direction.lower() not in {"asc", "desc"}:
        raise BadInput(
            f"Unknown sort direction, must be one of asc, desc: {direction}", name=BAD_REQUEST
        )
    return Sort(key, descending=direction.lower() == "desc")
