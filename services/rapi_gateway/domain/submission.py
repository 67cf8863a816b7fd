"""A submission: one effect that somebody wants, once, and how far it has come."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from pydantic import SecretStr, TypeAdapter

from shared.contracts.ganeti import Failure
from shared.contracts.gateway import SubmissionState, SubmissionStatus
from shared.contracts.operations import Operation
from shared.errors import Unavailable, Unprocessable

OPERATIONS: Final[TypeAdapter[Operation]] = TypeAdapter(Operation)
CREATES_UP_TO: Final = 0.8  # of a full queue: the rest is for servers that are there
# The field of an operation that holds secrets: never stored but sealed.
SECRETS: Final[Mapping[str, str]] = {
    "instance.create": "os_secrets",
    "instance.configure": "os_private",
}


class QueueFull(Unavailable):
    """So much waits for the cluster that more would only wait longer."""

    code = "gateway.queue.full"


class KeyReused(Unprocessable):
    """A submission key came again for another operation."""

    code = "gateway.submission.key_reused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What a caller wants, taken apart: what may be stored, and what only sealed."""

    cluster: str
    key: UUID
    target: str  # all submissions for one target are sent in the order they came
    operation: dict[str, Any]  # without secrets
    fingerprint: str
    request_id: str | None
    secrets: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """An intent on record.

    ``sending_at`` is written before the first byte leaves: while it is unset, Ganeti has
    certainly not heard of it; once it is set, only looking can tell.
    """

    cluster: str
    key: UUID
    arrival: int
    target: str
    operation: dict[str, Any]
    fingerprint: str
    request_id: str | None
    status: SubmissionStatus
    attempts: int
    tries: int  # times we looked or waited since the last change of heart
    epoch: int
    created_at: datetime
    sending_at: datetime | None = None
    sent_for: float = 0.0  # seconds since then, by the database's clock
    hwm_before: int = 0  # highest job id known before it was sent
    job_id: int | None = None
    failure: Failure | None = None
    message: str = ""
    sealed: str | None = field(default=None, repr=False)
    before: tuple[UUID, int] | None = None  # the target's last submission, and its job

    @property
    def kind(self) -> str:
        """The operation's name, e.g. ``instance.create``."""
        return str(self.operation["operation"])

    def state(self, condition: str = "") -> SubmissionState:
        """Return what callers are told.

        Args:
            condition: of the cluster, which a pending submission may be waiting for.
        """
        waits = self.status is SubmissionStatus.PENDING
        return SubmissionState(
            cluster=self.cluster,
            key=str(self.key),
            status=self.status,
            epoch=self.epoch,
            job_id=self.job_id,
            failure=self.failure,
            message=self.message,
            reason=(condition or ("in_doubt" if self.sending_at else "")) if waits else "",
        )

    def check_same(self, intent: Intent) -> None:
        """Refuse another operation under this key.

        Raises:
            KeyReused: the intent is not the one on record.
        """
        if self.fingerprint != intent.fingerprint:
            raise KeyReused("This key was used for another operation.")


def intent_of(cluster: str, key: UUID, operation: Operation, request_id: str | None) -> Intent:
    """Return the intent behind a submitted operation."""
    hidden = SECRETS.get(operation.operation, "")
    document = operation.model_dump(mode="json", exclude={hidden})
    secrets: dict[str, SecretStr] = getattr(operation, hidden, {})
    # A repeat may carry fresh secrets (a newly signed address): their names count, not values.
    facts = [document, sorted(secrets)]
    digest = hashlib.sha256(orjson.dumps(facts, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return Intent(
        cluster=cluster,
        key=key,
        target=target_of(document),
        operation=document,
        fingerprint=digest,
        request_id=request_id,
        secrets={name: value.get_secret_value() for name, value in secrets.items()},
    )


def room_for(operation: dict[str, Any], limit: int) -> int:
    """Return how many submissions may be pending, for this one to be taken in."""
    if operation["operation"] == "instance.create":
        return max(1, int(limit * CREATES_UP_TO))
    return limit


def target_of(operation: dict[str, Any]) -> str:
    """Return what an operation works on; one queue each."""
    if "instance" in operation:
        return f"instance:{operation['instance']}"
    return f"network:{operation['network']}"


def redacted(text: str, secrets: Iterable[str]) -> str:
    """Return what Ganeti said without what must not be said."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return text


def whole(operation: dict[str, Any], secrets: dict[str, str]) -> Operation:
    """Return the operation as it was submitted, secrets and all."""
    if secrets:
        kept = {name: SecretStr(value) for name, value in secrets.items()}
        return OPERATIONS.validate_python({**operation, SECRETS[operation["operation"]]: kept})
    return OPERATIONS.validate_python(operation)
