"""What Ganeti archived while no watcher looked is told all the same."""

from functools import partial

import pytest

from tests.ganeti.failover import words
from tests.ganeti.failover.crowd import WHILE, Crowd
from tests.ganeti.failover.jobs import CREATE, REMOVE, Job, jobs_of
from tests.ganeti.failover.pair import Pair, say, until
from tests.ganeti.real_site import RealSite
from tests.parts.cloud import Cloud
from tests.parts.site import DEMO

pytestmark = pytest.mark.timeout(1800)

WATCHER = "ganeti_watcher"
STOP = "OP_INSTANCE_SHUTDOWN"
MANY = 6


def have_ended(pairs: tuple[Pair, ...], opcode: str, idents: list[str]) -> bool:
    """Whether Ganeti has done this to the instances of these servers."""
    done = {
        job.instance
        for pair in pairs
        for job in jobs_of(pair.cluster)
        if (job.opcode, job.status) == (opcode, "success")
    }
    return {f"cyc-{ident}" for ident in idents} <= done


def archive(pair: Pair) -> list[Job]:
    """Have no job in the queue; gives all there ever were, once each."""

    def is_empty() -> bool:
        if left := pair.gnt("gnt-job", "list", "--no-headers", "-o", "id").split():
            pair.tried(pair.master, "gnt-job", "archive", *left)  # those that have not ended stay
        return not left

    until(is_empty, f"an empty queue in {pair.zone}", WHILE)
    jobs = {job.number: job for job in jobs_of(pair.cluster) if job.status in words.FINAL}
    return [jobs[number] for number in sorted(jobs)]


def are_told(cloud: Cloud, pair: Pair, jobs: list[Job]) -> bool:
    """Whether the watcher has told one end of each job."""
    path = f"/v1/clusters/{pair.zone}/status"
    epoch = int(cloud.call("GET", "rapi_gateway", path).raise_for_status().json()["epoch"])
    told = words.told(cloud)
    return all(
        sum(each in words.FINAL for each in told.get((pair.zone, epoch, job.number), ())) == 1
        for job in jobs
    )


def test_what_was_archived_while_no_watcher_looked_is_caught_up_with(
    paired_cloud: RealSite, pairs: tuple[Pair, ...]
) -> None:
    site, cloud = paired_cloud.site, paired_cloud.site.cloud
    old = Crowd.asked_for(paired_cloud, pairs, MANY)
    assert {each["status"] for each in old.settled()} == {"ACTIVE"}
    stopped, deleted, downed, removed, *_left = old.names
    place = {
        ident: pair
        for pair in pairs
        for ident in old.names
        if old.names[ident] in pair.gnt("gnt-instance", "list", "--no-headers", "-o", "name")
    }
    high = {pair.zone: max(job.number for job in jobs_of(pair.cluster)) for pair in pairs}

    cloud.kill9(WATCHER)
    assert site.act(stopped, {"os-stop": None}).status_code == 202
    path = f"/v2.1/servers/{deleted}"
    assert cloud.call("DELETE", "compute", path, who=DEMO).status_code == 204
    new = Crowd.asked_for(paired_cloud, pairs, MANY)
    until(lambda: have_ended(pairs, CREATE, list(new.names)), "the creates in Ganeti", WHILE)
    until(lambda: have_ended(pairs, STOP, [stopped]), "the stop in Ganeti", WHILE)
    until(lambda: have_ended(pairs, REMOVE, [deleted]), "the removal in Ganeti", WHILE)
    place[downed].gnt("gnt-instance", "shutdown", "--timeout=0", f"cyc-{downed}")
    place[removed].gnt(
        "gnt-instance", "remove", "--force", "--shutdown-timeout=0", f"cyc-{removed}"
    )
    archived = {pair.zone: archive(pair) for pair in pairs}
    shown = {each["id"]: each["status"] for each in [*new.shown(), *old.shown()]}
    assert {shown[ident] for ident in new.names} == {"BUILD"}, "nobody has told of any end"

    cloud.launch(WATCHER)
    cloud.wait([WATCHER])
    assert {each["status"] for each in new.settled()} == {"ACTIVE"}
    site.becomes(stopped, "SHUTOFF", within=WHILE)
    site.becomes(downed, "SHUTOFF", within=WHILE)
    site.becomes(removed, "ERROR", within=WHILE)
    until(lambda: site.server(deleted) is None, "the deleted server's end", WHILE)
    for pair in pairs:  # ids that only this shows: what was archived above the last one known
        pair.gnt("gnt-cluster", "redist-conf")
        behind = [job for job in archived[pair.zone] if job.number > high[pair.zone]]
        until(partial(are_told, cloud, pair, behind), f"the last words of {pair.zone}", WHILE)
        say(f"{pair.zone}: {len(behind)} jobs archived unseen, each told its end once")
    assert words.unheard(cloud) == []
    new.delete()
    old.delete()
