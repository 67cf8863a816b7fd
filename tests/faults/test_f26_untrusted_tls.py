"""F26: TLS is self-signed, expired, another's or rotated: refused, and never fallen back from."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from deploy.simulator.simulator import Endpoint
from services.rapi_gateway.ganeti.tls import context_for
from shared.contracts.gateway import ClusterPatch, SubmissionStatus
from shared.contracts.operations import InstanceReboot
from shared.errors import BadInput
from tests.faults.certificates import certificate_in
from tests.faults.cloudlet import Cloudlet, cloudlet
from tests.faults.proxy import standing_between
from tests.integration.rapi_gateway.rig import registration
from tests.parts.postgres import MakesDatabases


async def refused(cloud: Cloudlet, url: str, ca_pem: str | None) -> bool:
    asked = registration(cloud.simulator.clusters[1], "c9", url=url, ca_pem=ca_pem)
    with pytest.raises(BadInput, match="not trusted"):
        await cloud.gateway.client.register(asked)
    return True


async def test_only_the_certificate_that_was_given_is_believed(
    migrated_database: MakesDatabases, tmp_path: Path
) -> None:
    async with cloudlet(migrated_database, simulated={"clusters": 2}) as cloud:
        await cloud.gateway.client.remove("c2")
        two = cloud.simulator.clusters[1]
        own = two.ca_file.read_text()
        assert await refused(cloud, two.url, None), "self-signed, and nothing was given"
        other = certificate_in(tmp_path)
        assert await refused(cloud, two.url, other[0].read_text()), "another's"
        (tmp_path / "old").mkdir()
        old = certificate_in(tmp_path / "old", valid=timedelta(days=-1))
        async with standing_between(two.url, *old) as proxy:
            assert await refused(cloud, proxy.url, old[0].read_text()), "expired"
        async with standing_between(two.url, *other) as proxy:
            assert await refused(cloud, proxy.url, own), "somebody in the middle"
        assert (await cloud.gateway.client.register(registration(two, "c9"))).health == "up"


async def test_trust_on_first_use_pins_what_answered_then(
    migrated_database: MakesDatabases, tmp_path: Path
) -> None:
    async with cloudlet(migrated_database, simulated={"clusters": 2}) as cloud:
        await cloud.gateway.client.remove("c2")
        two = cloud.simulator.clusters[1]
        asked = registration(two, "c9", ca_pem=None, trust_on_first_use=True)
        await cloud.gateway.client.register(asked)
        async with standing_between(two.url, *certificate_in(tmp_path)) as proxy:
            with pytest.raises(BadInput, match="not trusted"):
                await cloud.gateway.client.change("c9", ClusterPatch(url=proxy.url))


async def test_a_rotated_certificate_stops_everything_until_it_is_given(
    migrated_database: MakesDatabases, tmp_path: Path
) -> None:
    async with cloudlet(migrated_database) as cloud:
        one: Endpoint = cloud.simulator.clusters[0]
        key_file = one.ca_file.with_name(one.ca_file.name.replace("cert", "key"))
        async with standing_between(one.url, one.ca_file, key_file) as proxy:
            await cloud.gateway.client.change("c1", ClusterPatch(url=proxy.url))
            port = urlsplit(proxy.url).port or 0
        certificate = certificate_in(tmp_path)
        async with standing_between(one.url, *certificate, port) as proxy:
            key = uuid4()
            await cloud.submit(InstanceReboot(instance="cyc-x"), key)
            cluster = await cloud.until_cluster(lambda each: each.health in {"failover", "down"})
            assert cluster.cause == "certificate"
            assert proxy.passed == 0, "not a byte is said to who cannot prove who it is"
            state = await cloud.gateway.client.submission("c1", key)
            assert state.status is SubmissionStatus.PENDING
            rotated = ClusterPatch(ca_pem=certificate[0].read_text())
            await cloud.gateway.client.change("c1", rotated)
            state = await cloud.settled(key)
            assert cloud.jobs(key) == [state.job_id]


def test_nothing_older_than_tls_1_2_is_spoken() -> None:
    assert context_for(None).minimum_version >= 0x0303
