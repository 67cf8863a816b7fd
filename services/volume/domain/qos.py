"""QoS specs: what types promise, as administrators write it down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from shared.errors import BadInput, Conflict, NotFound

Consumer = Literal["front-end", "back-end", "both"]


class QosNotFound(NotFound):
    """There are no such QoS specs."""

    code = "volume.qos.not_found"


class QosExists(Conflict):
    """The name is taken."""

    code = "volume.qos.exists"


class QosInUse(BadInput):
    """Types have these specs."""

    code = "volume.qos.in_use"


def not_found(qos_id: object) -> QosNotFound:
    """Return the refusal that says no more than that."""
    return QosNotFound(f"No such qos spec {qos_id}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class QosSpecs:
    """What types may promise."""

    id: UUID
    name: str
    consumer: Consumer = "back-end"
    specs: Mapping[str, str] = field(default_factory=dict)
