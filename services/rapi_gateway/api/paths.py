"""Reads names and keys out of URLs; a malformed one is simply not found."""

import re
from typing import Final
from uuid import UUID

from aiohttp import web

from services.rapi_gateway.domain.cluster import ClusterUnknown
from shared.errors import NotFound

NAME: Final = re.compile(r"[a-z0-9-]{1,40}")
INSTANCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
NUMBER: Final = re.compile(r"[0-9]{1,15}")
# What the agents have: pool, volumes/{id}, volumes/{id}/size, …
STORED: Final = re.compile(r"[a-z]{1,20}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[a-z]{1,20})?)?")


def cluster_in(request: web.Request) -> str:
    """Return the cluster's name.

    Raises:
        ClusterUnknown: no cluster can have that name.
    """
    name = request.match_info["cluster"]
    if not NAME.fullmatch(name):
        raise ClusterUnknown("There is no such cluster.")
    return name


def key_in(request: web.Request) -> UUID:
    """Return the submission's key.

    Raises:
        NotFound: it is no UUID.
    """
    try:
        return UUID(request.match_info["key"])
    except ValueError as malformed:
        raise NotFound("Submission keys are UUIDs.") from malformed


def instance_in(request: web.Request) -> str:
    """Return the instance's name.

    Raises:
        NotFound: no instance can have that name.
    """
    return _matching(request, "instance", INSTANCE)


def stored_in(request: web.Request) -> str:
    """Return the path of something an agent has.

    Raises:
        NotFound: no agent has such a thing.
    """
    return _matching(request, "path", STORED)


def number_in(request: web.Request, name: str) -> int:
    """Return a number of the URL.

    Raises:
        NotFound: it is none.
    """
    return int(_matching(request, name, NUMBER))


def _matching(request: web.Request, name: str, pattern: re.Pattern[str]) -> str:
    found = request.match_info[name]
    if not pattern.fullmatch(found):
        raise NotFound(f"There is no such {name}.")
    return found
