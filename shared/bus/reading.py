"""Reads deliveries: which fact is in an envelope, by the first words of its routing key."""

from collections.abc import Sequence
from typing import TypeVar

from shared.bus.contract import Delivery
from shared.contracts.base import Envelope, Fact

Known = TypeVar("Known", bound=Fact)


def facts_in(kind: type[Known], deliveries: Sequence[Delivery]) -> list[Known]:
    """Return the facts of one kind, in the order they came.

    Raises:
        pydantic.ValidationError: one cannot be read, now or ever.
    """
    return [
        kind.model_validate(Envelope.data_in(each.body))
        for each in deliveries
        if each.routing_key.startswith(f"{kind.resource}.")
    ]
