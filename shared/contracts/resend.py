"""What whoever missed news says: send it again.

A queue that the broker does not have, or no longer has, got nothing of what was published before.
Outboxes keep that for days, so whoever makes such a queue asks for it; consumers that are not ours
may ask as well.
"""

from typing import ClassVar

from typing_extensions import override

from shared.contracts.base import Fact


class ResendWanted(Fact):
    """A queue was made that should have been there: what it is bound to, is wanted again."""

    resource: ClassVar[str] = "bus.resend"
    verb: str = "wanted"

    queue: str
    bindings: tuple[str, ...]  # patterns of routing keys

    @property
    @override
    def subject(self) -> str:
        """The queue."""
        return self.queue
