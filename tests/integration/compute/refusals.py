"""How neighbours on paper refuse."""

import httpx


def not_found(what: str) -> httpx.Response:
    """Return a 404."""
    return httpx.Response(404, json={"itemNotFound": {"code": 404, "message": f"No {what}."}})


def bad_request(why: str) -> httpx.Response:
    """Return a 400."""
    return httpx.Response(400, json={"badRequest": {"code": 400, "message": why}})
