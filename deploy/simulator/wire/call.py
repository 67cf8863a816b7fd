"""One request on its way to a handler."""

from dataclasses import dataclass, field
from typing import Any

from deploy.simulator.cluster import SimulatedCluster
from deploy.simulator.wire import luxid
from deploy.simulator.wire.errors import bad_request


@dataclass(slots=True, kw_only=True)
class Call:
    """Everything a handler may look at."""

    site: SimulatedCluster
    method: str
    path: str
    items: dict[str, str] = field(default_factory=dict)  # variables of the path
    query: dict[str, list[str]] = field(default_factory=dict)
    body: Any = None
    submitted: bool = False  # whether it has queued a job
    cost: float = 0.0  # seconds it would keep luxid busy

    def looked_at(self, what: str, count: int) -> None:
        """Note what luxid had to load for it: the real one slows down with that."""
        self.cost += luxid.cost(what, count)

    def flag(self, name: str, default: int = 0) -> bool:
        """An integer of the query string, as a truth value."""
        raw = self.query.get(name, [str(default)])[0]
        try:
            return bool(int(raw))
        except ValueError:
            raise bad_request(f"Invalid value for the '{name}' parameter") from None

    def text(self, name: str) -> str | None:
        """A text of the query string."""
        return self.query.get(name, [None])[0]

    def dict_body(self) -> dict[str, Any]:
        """The body, which must be an object."""
        if not isinstance(self.body, dict):
            kind = type(self.body).__name__
            raise bad_request(f"Body contents: Type is '{kind}', but 'dict' is expected")
        return self.body
