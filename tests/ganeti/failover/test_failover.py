"""Masters fail over, and daemons die, while twenty servers are being made on two clusters."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from tests.ganeti.failover import words
from tests.ganeti.failover.crowd import Crowd
from tests.ganeti.failover.pair import MASTER_DAEMONS, Pair, say, until
from tests.ganeti.real_site import RealSite

pytestmark = pytest.mark.timeout(2400)

DOWN = 3.0  # seconds until a service manager starts what died
KNOWN = 120.0  # seconds until the cloud knows what is so, on a busy machine


def cluster_seen(real: RealSite, pair: Pair) -> dict[str, Any]:
    """A cluster as the gateway shows it."""
    answer = real.site.cloud.call("GET", "rapi_gateway", f"/v1/clusters/{pair.zone}")
    found: dict[str, Any] = answer.raise_for_status().json()["cluster"]
    return found


def is_led(real: RealSite, pair: Pair, master: str) -> bool:
    """Whether the gateway knows who the master is."""
    return bool(cluster_seen(real, pair)["master"] == master)


def at_rest(crowd: Crowd) -> Counter[str]:
    """Wait for the end, and hold it to what was asked for; gives how servers are shown."""
    servers = crowd.settled()
    for each in servers:
        if each["status"] == "ERROR":
            say(f"{each['id']}: {each['fault']}")
    assert crowd.problems(servers) == []
    cloud = crowd.real.site.cloud
    until(lambda: words.unheard(cloud) == [], "the last words of all jobs", KNOWN)
    statuses = Counter(each["status"] for each in servers)
    told = [status for told in words.told(cloud).values() for status in told]
    say(f"{dict(statuses)}; jobs told so far: {dict(Counter(told))}")
    return statuses


def disturbed(
    real: RealSite, pairs: tuple[Pair, ...], disturb: Callable[[], object]
) -> Counter[str]:
    """Ask for twenty servers, do something bad in the middle; gives what became of them."""
    crowd = Crowd.asked_for(real, pairs)
    crowd.in_the_middle(*pairs)
    begun = time.monotonic()
    disturb()
    say(f"disturbed for {time.monotonic() - begun:.1f} s")
    statuses = at_rest(crowd)
    crowd.delete()
    return statuses


def test_masters_that_fail_over_lose_and_double_nothing(
    paired_cloud: RealSite, pairs: tuple[Pair, ...]
) -> None:
    """One is moved as administrators do it; the other dies, with its node and its network."""
    moved, died = pairs
    before = {pair.zone: cluster_seen(paired_cloud, pair) for pair in pairs}
    dead = died.master

    crowd = Crowd.asked_for(paired_cloud, pairs)
    crowd.in_the_middle(*pairs)
    begun = time.monotonic()
    with ThreadPoolExecutor(1) as aside:
        moving = aside.submit(moved.fail_over)
        died.cut_off(dead)
        masters = [died.take_over(), moving.result()]
    say(f"both failed over in {time.monotonic() - begun:.1f} s")
    for pair, master in zip((died, moved), masters, strict=True):
        until(partial(is_led, paired_cloud, pair, master), f"the gateway to find {master}", KNOWN)
        say(f"{time.monotonic() - begun:6.1f} s: {master} found")
        now = cluster_seen(paired_cloud, pair)
        assert now["uuid"] == before[pair.zone]["uuid"]
        assert now["epoch"] > before[pair.zone]["epoch"]
    died.bring_back(dead)
    say(f"{time.monotonic() - begun:6.1f} s: {dead} is back")
    assert at_rest(crowd)["ACTIVE"] > 0
    crowd.delete()


@pytest.mark.parametrize(
    "daemons",
    [
        pytest.param([["ganeti-luxid"], ["ganeti-luxid", "ganeti-wconfd"]], id="luxid"),
        pytest.param([["ganeti-rapi"], ["ganeti-rapi"]], id="rapi"),
    ],
)
def test_a_masters_daemons_that_die_lose_and_double_nothing(
    paired_cloud: RealSite, pairs: tuple[Pair, ...], daemons: list[list[str]]
) -> None:
    def disturb() -> None:
        for pair, dying in zip(pairs, daemons, strict=True):
            pair.kill(pair.master, *dying)
        time.sleep(DOWN)
        for pair in pairs:
            pair.start(pair.master, *MASTER_DAEMONS)

    assert disturbed(paired_cloud, pairs, disturb) == {"ACTIVE": 20}


def test_nodes_that_are_deaf_for_a_while_lose_and_double_nothing(
    paired_cloud: RealSite, pairs: tuple[Pair, ...]
) -> None:
    def disturb() -> None:
        nodes = [(pair, node) for pair in pairs for node in pair.cluster.nodes]
        for pair, node in nodes:
            pair.kill(node, "ganeti-noded")
        time.sleep(DOWN)
        for pair, node in nodes:
            pair.start(node, "ganeti-noded")

    assert disturbed(paired_cloud, pairs, disturb) == {"ACTIVE": 20}
