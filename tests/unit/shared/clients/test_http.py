"""What a neighbour's refusal means to whoever called it."""

import httpx
import pytest

from shared.clients.http import NeighbourClient
from shared.errors import CloudError, Conflict, NotFound, OverQuota, Unavailable


class Token:
    """A token of ours."""

    async def get(self) -> str:
        return "ours"

    async def renew(self, refused: str) -> str:
        return f"not {refused}"


def answering(status: int, **headers: str) -> NeighbourClient:
    body = {"conflictingRequest": {"code": status, "message": "Not now."}}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    transport = httpx.MockTransport(lambda _: httpx.Response(status, json=body, headers=named))
    return NeighbourClient(
        httpx.AsyncClient(transport=transport), "http://neighbour", Token(), "network"
    )


@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, NotFound), (409, Conflict), (413, OverQuota), (500, Unavailable), (503, Unavailable)],
)
async def test_a_refusal_becomes_an_error_of_ours(status: int, kind: type[CloudError]) -> None:
    with pytest.raises(kind):
        await answering(status).call("GET", "/")


async def test_a_conflict_that_will_pass_is_no_refusal() -> None:
    with pytest.raises(Unavailable, match=r"Not now\.") as refused:
        await answering(409, Retry_After="3").call("POST", "/v2.0/ports", json={})
    assert refused.value.retry_after == 3


async def test_a_quota_stays_one_however_soon_it_may_be_tried_again() -> None:
    with pytest.raises(OverQuota):
        await answering(413, Retry_After="0").call("POST", "/volumes", json={})
