"""A server group as Nova shows it."""

from typing import Any

from services.compute.domain.server_group import ServerGroup


def group_view(group: ServerGroup, minor: int) -> dict[str, Any]:
    """Return a server group in a minor microversion's shape."""
    view: dict[str, Any] = {
        "id": str(group.id),
        "name": group.name,
        "members": [str(member) for member in group.members],
    }
    if minor >= 13:
        view |= {"project_id": group.project_id, "user_id": group.user_id}
    if minor >= 64:
        return view | {"policy": group.policy, "rules": dict(group.rules)}
    return view | {"policies": [group.policy], "metadata": {}}
