"""When a cluster's job history breaks, its epoch grows."""

from dataclasses import replace

import pytest

from services.rapi_gateway.domain.capacity import NODE_FIELDS
from services.rapi_gateway.domain.cluster import Agent, ClusterRefused, Registered
from services.rapi_gateway.domain.observation import Sighting, at_master, observed
from shared.contracts.gateway import Cluster, ClusterState

CLUSTER = Registered(
    view=Cluster(
        name="c1",
        uuid="u",
        state=ClusterState.ENABLED,
        url="https://c1:5080",
        availability_zone="c1",
        os="cyclades+default",
        disk_template="",
        software_version="",
        master="n1",
    ),
    username="cyclades",
    sealed="sealed",
    ca_pem="pem",
    last_job=100,
)
SIGHTING = Sighting(
    info={
        "software_version": "3.0.2",
        "default_hypervisor": "kvm",
        "enabled_disk_templates": ["drbd"],
        "master": "n1",
    },
    groups=[{"name": "default", "uuid": "g"}],
    nodes=[],
    last_job=120,
)


def test_a_look_brings_the_cluster_up_to_date() -> None:
    seen, broken = observed(CLUSTER, SIGHTING)
    assert broken is None
    assert (seen.view.software_version, seen.view.disk_template) == ("3.0.2", "drbd")
    assert (seen.view.groups, seen.last_job, seen.view.epoch) == (["default"], 120, 1)
    assert seen.access_version == CLUSTER.access_version


def test_a_look_tells_where_nodes_are_and_what_disks_may_be() -> None:
    policy = {"minmax": [{"min": {"disk-size": 16}}, {"min": {"disk-size": 64}}]}
    strict = {"minmax": [{"min": {"disk-size": 128}}]}
    groups = [
        {"name": "default", "uuid": "g", "ipolicy": policy},
        {"name": "large", "uuid": "h", "ipolicy": strict},
    ]
    node = dict.fromkeys(NODE_FIELDS) | {"name": "n1", "group": "g", "pip": "10.0.0.1"}
    seen, _ = observed(CLUSTER, replace(SIGHTING, groups=groups, nodes=[node]))
    assert (seen.view.smallest_disk, seen.view.hotplug) == (128, True)
    assert seen.addresses == {"n1": "10.0.0.1"}
    assert observed(CLUSTER, SIGHTING)[0].view.smallest_disk == 1024


def test_with_a_provider_disks_are_ext_unless_something_else_was_asked_for() -> None:
    both = {**SIGHTING.info, "enabled_disk_templates": ["file", "ext"]}
    provided = CLUSTER.seen(ext_provider="cyclades")
    assert observed(provided, replace(SIGHTING, info=both))[0].view.disk_template == "ext"
    asked = replace(provided, template_asked="file")
    assert observed(asked, replace(SIGHTING, info=both))[0].view.disk_template == "file"
    with pytest.raises(ValueError, match="ext is not enabled"):
        observed(provided, SIGHTING)


def test_the_highest_job_id_never_falls_within_an_epoch() -> None:
    same, broken = at_master(CLUSTER, "n1", 90)
    assert (same.last_job, same.view.epoch, broken) == (100, 1, None)


def test_another_master_begins_a_new_epoch() -> None:
    moved, broken = at_master(CLUSTER, "n2", 90)
    assert broken == "The master moved from n1 to n2."
    assert (moved.last_job, moved.view.epoch, moved.view.master) == (90, 2, "n2")


def test_the_first_master_is_no_change() -> None:
    fresh = CLUSTER.seen(master="")
    assert at_master(fresh, "n1", 0)[1] is None


def test_jobs_that_are_no_longer_known_begin_a_new_epoch() -> None:
    lost, broken = observed(CLUSTER, replace(SIGHTING, last_job=3, same_history=False))
    assert broken == "The cluster no longer knows jobs it had."
    assert (lost.last_job, lost.view.epoch) == (3, 2)


def test_other_addresses_need_a_pinned_certificate() -> None:
    node = dict.fromkeys(
        ("ctotal", "mtotal", "mnode", "mfree", "dtotal", "dfree", "pinst_cnt", "vm_capable")
    ) | {"name": "n1", "group": "g", "offline": False, "drained": False}
    nodes = [node | {"master_candidate": True, "pip": "10.0.0.1"}]
    pinned, _ = observed(CLUSTER, replace(SIGHTING, nodes=nodes))
    assert pinned.endpoints == ("https://c1:5080", "https://10.0.0.1:5080")
    assert pinned.access_version == CLUSTER.access_version + 1
    public, _ = observed(replace(CLUSTER, ca_pem=None), replace(SIGHTING, nodes=nodes))
    assert public.endpoints == ("https://c1:5080",)


def test_neither_password_is_in_a_repr() -> None:
    assert "sealed" not in repr(CLUSTER)
    assert "hush" not in repr(CLUSTER.access("hush"))


def test_an_agent_is_one_for_all_nodes_or_one_on_each() -> None:
    each = Agent(url="https://{node}:8799", sealed="hush")
    assert each.at("10.0.0.1") == "https://10.0.0.1:8799"
    assert each.at("fd00::1") == "https://[fd00::1]:8799"
    assert Agent(url="https://storage:8799", sealed="hush").at(None) == "https://storage:8799"
    assert "hush" not in repr(each)
    with pytest.raises(ClusterRefused):
        each.at(None)
