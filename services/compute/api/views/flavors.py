"""A flavor as Nova shows it."""

from typing import Any

from services.compute.api.views.linking import Links
from services.compute.domain.flavor import Flavor, document


def flavor_view(flavor: Flavor, minor: int, links: Links, *, specs: bool) -> dict[str, Any]:
    """Return a flavor.

    Args:
        flavor: the flavor.
        minor: of the microversion.
        links: its own.
        specs: whether the caller may see extra specs.
    """
    view = document(flavor) | {"links": links}
    if minor < 55:
        del view["description"]
    if minor < 61 or not specs:
        del view["extra_specs"]
    if minor < 75 and not flavor.swap:
        view["swap"] = ""
    return view


def brief_view(flavor: Flavor, minor: int, links: Links) -> dict[str, Any]:
    """Return a flavor in a list of names."""
    view: dict[str, Any] = {"id": flavor.id, "name": flavor.name, "links": links}
    if minor >= 55:
        view["description"] = flavor.description
    return view
