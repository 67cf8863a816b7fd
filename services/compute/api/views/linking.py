"""Links of resources that are rendered when they are asked for."""

from typing import Any
from urllib.parse import quote

from aiohttp import web

from shared.web.links import base_url
from shared.web.projects import project_prefix

Links = list[dict[str, Any]]


def links_to(request: web.Request, kind: str, ident: str) -> Links:
    """Return the two links of a resource, in the form its URL had."""
    base, path = base_url(request), f"{project_prefix(request)}/{kind}/{quote(ident)}"
    return [
        {"rel": "self", "href": f"{base}/v2.1{path}"},
        {"rel": "bookmark", "href": f"{base}{path}"},
    ]
