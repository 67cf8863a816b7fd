"""Reads names and keys out of URLs; a malformed one is simply not found."""

import re
from typing import Final
from uuid import UUID

from aiohttp import web

from services.rapi_gateway.domain.cluster import ClusterUnknown
from shared.errors import NotFound

NAME: Final = re.compile(r"[a-z0-9-]{1,40}")


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
