"""Shows clusters to people."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from shared.contracts.gateway import Cluster

COLOURS = {"up": "green", "degraded": "yellow", "drained": "yellow"}


def show_clusters(clusters: Iterable[Cluster]) -> None:
    """Print a line for each cluster."""
    table = Table(box=None, pad_edge=False)
    for column in (
        "NAME",
        "STATE",
        "HEALTH",
        "GANETI",
        "NODES",
        "INSTANCES",
        "MEMORY FREE",
        "ZONE",
    ):
        table.add_column(column, no_wrap=True)
    for cluster in clusters:
        table.add_row(
            cluster.name,
            str(cluster.state),
            _coloured(cluster.health),
            cluster.software_version,
            str(len(cluster.nodes)),
            str(sum(node.instances for node in cluster.nodes)),
            f"{sum(node.memory_free for node in cluster.nodes if not node.offline)} MiB",
            cluster.availability_zone,
        )
    Console(soft_wrap=True).print(table)


def show_cluster(cluster: Cluster) -> None:
    """Print everything about one cluster."""
    screen = Console(highlight=False, soft_wrap=True)
    facts = {
        "name": cluster.name,
        "uuid": cluster.uuid,
        "state": cluster.state,
        "health": _coloured(cluster.health),
        "url": cluster.url,
        "ganeti": cluster.software_version,
        "master": cluster.master,
        "zone": cluster.availability_zone,
        "hypervisor": cluster.hypervisor,
        "disk template": f"{cluster.disk_template} of {', '.join(cluster.disk_templates)}",
        "ext provider": cluster.ext_provider or "-",
        "agents": "yes" if cluster.has_agent else "-",
        "smallest disk": f"{cluster.smallest_disk} MiB",
        "hotplug": "yes" if cluster.hotplug else "-",
        "os": cluster.os,
        "image url base": cluster.image_url_base or "(public URL of the image service)",
        "settle": f"{cluster.settle:g} s",
        "links": ", ".join(f"{net}={x.mode}:{x.link}" for net, x in cluster.links.items()) or "-",
        "groups": ", ".join(cluster.groups),
    }
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in facts.items():
        table.add_row(f"[bold]{name}[/]", str(value))
    screen.print(table)
    nodes = Table(box=None, pad_edge=False)
    for column in ("NODE", "GROUP", "VCPUS", "MEMORY", "FREE", "DISK", "FREE", "INSTANCES", ""):
        nodes.add_column(column, no_wrap=True)
    for node in cluster.nodes:
        numbers = (node.vcpus, node.memory, node.memory_free, node.disk, node.disk_free)
        flags = [flag for flag in ("offline", "drained") if getattr(node, flag)]
        cells = [*(str(number) for number in numbers), str(node.instances), " ".join(flags)]
        nodes.add_row(node.name, node.group, *cells)
    screen.print(nodes)


def _coloured(health: str) -> str:
    return f"[{COLOURS.get(health, 'red')}]{health}[/]"
