"""What becomes of deliveries: the failure policy both transports share.

A batch that fails says nothing about its members, so each is then handled alone. A message
that fails alone is tried again later, held longer each time: an outage ends before the
delivery limit is spent. A message that cannot be parsed never will be, and is buried at once.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from pydantic import ValidationError

from shared.bus.contract import Delivery, Subscription
from shared.bus.guard import guarded

log = logging.getLogger(__name__)

DELIVERY_LIMIT = 20  # redeliveries, so a message is handled once more than this


class Verdict(Enum):
    """What to tell the queue about one delivery."""

    DONE = "done"
    RETRY = "retry"
    BURY = "bury"


Settle = Callable[[Sequence[int], Verdict], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pauses:
    """How long a failed message is held before it is tried again."""

    first: float = 0.1
    longest: float = 60.0

    def after(self, tries: int) -> float:
        """Return the seconds to hold a message that was delivered this often before."""
        return min(self.first * 2.0 ** min(tries, 32), self.longest)


PAUSES = Pauses()


async def handle_batch(
    subscription: Subscription, deliveries: Sequence[Delivery], settle: Settle
) -> None:
    """Have the deliveries handled, and settle each exactly once.

    Args:
        subscription: whose handler it is.
        deliveries: what came, in the order of the queue.
        settle: told the places of deliveries and their verdict as soon as that is known.
    """
    verdict = await _judge(subscription, deliveries)
    if len(deliveries) == 1 or verdict is Verdict.DONE:
        await settle(range(len(deliveries)), verdict)
        return
    for place, delivery in enumerate(deliveries):
        await settle([place], await _judge(subscription, [delivery]))


async def _judge(subscription: Subscription, deliveries: Sequence[Delivery]) -> Verdict:
    try:
        await guarded(_call(subscription, deliveries))
    except ValidationError as problem:
        # Only where and what kind: the values may be somebody's secret.
        kinds = problem.errors(include_url=False, include_context=False, include_input=False)
        log.error("unreadable message", extra=_about(subscription, deliveries) | {"why": kinds})
        return Verdict.BURY
    except Exception:
        log.exception("message failed", extra=_about(subscription, deliveries))
        return Verdict.RETRY
    return Verdict.DONE


async def _call(subscription: Subscription, deliveries: Sequence[Delivery]) -> None:
    await subscription.handle(deliveries)


def _about(subscription: Subscription, deliveries: Sequence[Delivery]) -> dict[str, object]:
    return {
        "queue": subscription.queue,
        "message_id": deliveries[0].message_id,
        "routing_key": deliveries[0].routing_key,
        "batch": len(deliveries),
        "tries": deliveries[0].tries,
    }
