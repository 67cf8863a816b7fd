"""What RAPI's refusals mean; the bodies are Ganeti 3.0.2's own."""

import json

import pytest

from services.rapi_gateway.ganeti.errors import (
    Drained,
    NoDaemon,
    NotAllowed,
    OddAnswer,
    RapiTrouble,
    Refused,
    Unclear,
    message_in,
    trouble_in,
)
from shared.contracts.ganeti import Failure


def body(code: int, message: str) -> bytes:
    return json.dumps({"code": code, "message": message, "explain": "x"}).encode()


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (400, "Invalid body parameters: ...", Refused),
        (401, "Unauthorized", NotAllowed),
        (403, "Forbidden", NotAllowed),
        (404, "Not Found", Refused),
        (415, "Unsupported Media Type", Refused),
        (501, "Method DELETE is unsupported for path /2/info", Refused),
        (500, "Queue drained", Drained),
        (503, "Job queue is drained, cannot submit", Drained),
        (503, "Job queue is full, needs archiving", Drained),
        (502, "Can&#x27;t connect to master daemon: refused", NoDaemon),
        (502, "Failed to parse request: Cannot convert value", Refused),
        (502, "Master seems to be unavailable: ...", Unclear),
        (500, "(&#x27;Instance name x not found&#x27;, &#x27;unknown_entity&#x27;)", Refused),
        (500, "(&#x27;Bad value&#x27;, &#x27;wrong_input&#x27;)", Refused),
        (500, "(&#x27;Lost&#x27;, &#x27;internal_error&#x27;)", OddAnswer),
        (500, "Can&#x27;t load job file", OddAnswer),
        (504, "Gateway Timeout", Unclear),
        (503, "Instance console unavailable", Unclear),
    ],
)
def test_an_answer_says_whether_there_may_be_a_job(
    status: int, message: str, kind: type[RapiTrouble]
) -> None:
    assert type(trouble_in(status, body(status, message))) is kind


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (400, Failure.BAD_REQUEST),
        (415, Failure.BAD_REQUEST),
        (404, Failure.NOT_FOUND),
    ],
)
def test_a_refusal_has_a_class_of_failure(status: int, failure: Failure) -> None:
    assert Refused(status, "").failure is failure


def test_messages_lose_their_html_escapes() -> None:
    raw = body(400, "Parameter &#x27;OP_NETWORK_ADD.network&#x27; fails &quot;validation&quot;")
    assert message_in(raw) == "Parameter 'OP_NETWORK_ADD.network' fails \"validation\""


@pytest.mark.parametrize("garbage", [b"<html>", b"[]", b"", b'{"code": 1}'])
def test_a_body_that_is_none_of_rapis_is_quoted(garbage: bytes) -> None:
    assert message_in(garbage) == garbage.decode()


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 500, 502, 503])
def test_what_something_else_than_rapi_answers_is_not_believed(status: int) -> None:
    page = b"<html><body>404 Not Found: nginx</body></html>"
    assert type(trouble_in(status, page)) is Unclear


def test_a_message_without_end_is_cut() -> None:
    assert len(message_in(body(400, "x" * 10_000))) == 500
