"""The proxy that loses answers: what it swallows has happened all the same."""

import httpx
import pytest

from tests.ganeti.fault_proxy import FaultProxy, trusting
from tests.ganeti.rig import Cluster, Rapi, expect_certificate_name


async def expect_name(request: httpx.Request) -> None:
    expect_certificate_name(request)


def client(proxy: FaultProxy) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=proxy.url,
        auth=(proxy.cluster.user, proxy.cluster.password),
        verify=trusting(proxy.cluster.ca),
        trust_env=False,
        event_hooks={"request": [expect_name]},
    )


async def test_a_lost_answer_is_lost_after_ganeti_has_accepted(cluster: Cluster) -> None:
    tags = {"__version__": 1}
    proxy = FaultProxy(cluster=cluster)
    async with proxy.running(), client(proxy) as http:
        proxy.lose_answers("PUT", "/2/tags")
        with pytest.raises(httpx.TransportError):
            await http.put("/2/tags?tag=lost", json=tags)
        (await http.put("/2/tags?tag=passed", json=tags)).raise_for_status()
    assert proxy.passed[("PUT", "/2/tags")] == 1
    (lost,) = proxy.lost
    assert lost.startswith(b"HTTP/1.1 200 ")
    with Rapi(cluster) as rapi:
        job = rapi.ended(int(lost.rpartition(b"\r\n")[2]))
        assert job["status"] == "success"
        assert "lost" in rapi.get("/2/tags")
        rapi.run("DELETE", "/2/tags?tag=lost&tag=passed")
