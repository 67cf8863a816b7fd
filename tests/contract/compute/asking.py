"""Asks for many things at once, and tells which were not answered as they should have been."""

from collections.abc import Iterable
from typing import Any

from tests.integration.compute.rig import Rig

Call = tuple[str, str, Any]  # method, path, body


async def answered_otherwise(
    rig: Rig, status: int, calls: Iterable[Call], **how: Any
) -> list[tuple[Call, int, Any]]:
    """Make the calls; return those that were not answered with the status."""
    found = []
    for method, path, body in calls:
        answer = await rig.call(method, path, body, **how)
        if answer.status != status:
            found.append(((method, path[:80], body), answer.status, answer.body))
    return found
