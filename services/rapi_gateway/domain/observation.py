"""Brings a registered cluster up to date with what was just seen of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from services.rapi_gateway.domain.capacity import (
    HOTPLUG,
    addresses_of,
    candidates_of,
    exclusions_of,
    nodes_of,
    smallest_disk_of,
    template_for,
    vcpu_ratio_of,
)
from services.rapi_gateway.domain.cluster import Registered


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One look at a cluster."""

    info: Mapping[str, Any]
    groups: Sequence[Mapping[str, Any]]
    nodes: Sequence[Mapping[str, Any]]
    last_job: int
    same_history: bool = True  # whether it still knows the jobs we knew
    at: datetime | None = None  # when


def observed(cluster: Registered, sighting: Sighting) -> tuple[Registered, str | None]:
    """Return the cluster as seen, and why its job history broke if it did.

    Raises:
        ValueError: the disk template asked for is not enabled.
    """
    info, view = sighting.info, cluster.view
    names = {str(group["uuid"]): str(group["name"]) for group in sighting.groups}
    templates = [str(each) for each in info["enabled_disk_templates"]]
    seen = cluster.seen(
        software_version=str(info["software_version"]),
        hypervisor=str(info["default_hypervisor"]),
        disk_templates=templates,
        disk_template=template_for(cluster.template_asked, templates, view.ext_provider),
        groups=sorted(names.values()),
        nodes=nodes_of(sighting.nodes, view.nodes, names, sighting.at),
        vcpu_ratio=vcpu_ratio_of(info),
        exclusion_prefixes=exclusions_of(info),
        smallest_disk=smallest_disk_of(info, sighting.groups),
        hotplug=str(info["default_hypervisor"]) in HOTPLUG,
    )
    seen = replace(seen, addresses=addresses_of(sighting.nodes))
    candidates = _reachable(cluster, sighting)
    if candidates != cluster.candidates:
        seen = replace(seen, candidates=candidates, access_version=cluster.access_version + 1)
    return at_master(seen, str(info["master"]), sighting.last_job, same=sighting.same_history)


def at_master(
    cluster: Registered, master: str, last_job: int, *, same: bool = True
) -> tuple[Registered, str | None]:
    """Return the cluster with its master and highest job id, and why its epoch grew if it did."""
    before, reason = cluster.view.master, None
    if before and before != master:
        reason = f"The master moved from {before} to {master}."
    elif not same:
        reason = "The cluster no longer knows jobs it had."
    if reason is None:
        last = max(cluster.last_job, last_job)
        return replace(cluster.seen(master=master), last_job=last), None
    moved = cluster.seen(master=master, epoch=cluster.view.epoch + 1)
    return replace(moved, last_job=last_job), reason


def _reachable(cluster: Registered, sighting: Sighting) -> tuple[str, ...]:
    """Return other addresses to try: only where a pinned certificate proves who answers."""
    if cluster.ca_pem is None:
        return ()
    port = urlsplit(cluster.view.url).port or 443
    return candidates_of(sighting.nodes, port)
