"""Envelopes: written the quick way, they are what the model would have written."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from pydantic import ValidationError

from shared.contracts import base
from shared.contracts.base import Envelope, Fact
from shared.contracts.ganeti import Failure, JobFailure, JobObserved, JobStatus
from shared.contracts.resources import CREATED, ServerChanged

NOW = datetime(2026, 11, 22, 14, 25, 0, 250, tzinfo=UTC)
ID = UUID("6b1f0000-0000-4000-8000-000000000001")
DOCUMENT = {"name": "Ωμέγα", "none": None, "nested": {"none": None, "list": [1, None, 2.5]}}
FACTS: tuple[Fact, ...] = (
    ServerChanged(verb=CREATED, id="s1", project_id="p1", version=7, document=DOCUMENT),
    ServerChanged(verb=CREATED, id="s1", project_id=None, version=7, document={}),
    JobObserved(
        cluster="athens",
        epoch=1,
        job_id=7,
        status=JobStatus.ERROR,
        error=JobFailure(failure=Failure.NO_CAPACITY, text="no room"),
    ),
)


@pytest.mark.parametrize("fact", FACTS)
@pytest.mark.parametrize("request_id", ["req-1", None])
def test_bytes_are_those_of_the_model(
    fact: Fact, request_id: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "utcnow", lambda: NOW)
    monkeypatch.setattr(base, "new_uuid", lambda: ID)
    ident, body = Envelope.bytes_around(fact, request_id)
    model = Envelope.around(fact, request_id).model_copy(update={"id": ID, "time": NOW})
    assert (ident, body) == (ID, model.to_json())
    assert Envelope.data_in(body) == Envelope.read(body).data


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"data": 1}', b'{"data": {}, '])
def test_what_is_no_envelope_is_refused(body: bytes) -> None:
    with pytest.raises(ValidationError):
        Envelope.data_in(body)
