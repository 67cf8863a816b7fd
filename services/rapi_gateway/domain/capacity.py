"""Reads Ganeti's answers about a cluster into the facts placement works with."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from shared.contracts.gateway import Node

GROUP_FIELDS: Final = ("name", "uuid", "ipolicy")
NODE_FIELDS: Final = (
    "name", "group", "ctotal", "mtotal", "mnode", "mfree", "dtotal", "dfree",
    "pinst_cnt", "offline", "drained", "vm_capable", "master_candidate", "pip",
    "bootid",
)  # fmt: skip
EXCLUSION: Final = "htools:iextags:"
EXT: Final = "ext"
HOTPLUG: Final = frozenset({"kvm"})  # hypervisors that take devices while an instance runs
SMALLEST_DISK: Final = 1024  # MiB, of Ganeti's own instance policy
# Without a node's own word for it: no disk there, adopted only, or a provider must be there too.
UNFIT: Final = frozenset({"diskless", "blockdev", "ext"})

Cells = Sequence[Sequence[Any]]


def rows_of(fields: Sequence[str], rows: Sequence[Cells]) -> list[dict[str, Any]]:
    """Return query rows as dicts; what Ganeti could not tell is None."""
    return [
        {name: (cell[1] if cell[0] == 0 else None) for name, cell in zip(fields, row, strict=True)}
        for row in rows
    ]


def nodes_of(
    rows: Sequence[Mapping[str, Any]],
    before: Sequence[Node],
    groups: Mapping[str, str],
    at: datetime | None = None,
) -> list[Node]:
    """Return the nodes; one that does not answer keeps the sizes it had.

    Args:
        rows: of the node query.
        before: the nodes as known so far.
        groups: group names by uuid, should a row carry the uuid.
        at: when they were seen.
    """
    known = {node.name: node for node in before}
    return [_node(row, known.get(str(row["name"])), groups, at) for row in rows]


def _node(
    row: Mapping[str, Any], old: Node | None, groups: Mapping[str, str], at: datetime | None
) -> Node:
    total = row["mtotal"]
    memory = None if total is None else int(total) - int(row["mnode"] or 0)
    group = str(row["group"])
    return Node(
        name=str(row["name"]),
        group=groups.get(group, group),
        vcpus=_or(row["ctotal"], old.vcpus if old else 0),
        memory=_or(memory, old.memory if old else 0),
        memory_free=_or(row["mfree"], 0),
        disk=_or(row["dtotal"], old.disk if old else 0),
        disk_free=_or(row["dfree"], 0),
        instances=_or(row["pinst_cnt"], 0),
        offline=bool(row["offline"]),
        drained=bool(row["drained"]),
        vm_capable=row["vm_capable"] is not False,
        address=row.get("pip") or None,
        **_boot(row.get("bootid") or None, old, at),
    )


def _boot(boot_id: str | None, old: Node | None, at: datetime | None) -> dict[str, Any]:
    """Return which boot a node runs since, and since when at least: Ganeti tells the first only."""
    if boot_id is not None and old is not None and old.boot_id == boot_id:
        at = old.up_since or at
    return {"boot_id": boot_id, "up_since": None if boot_id is None else at}


def _or(value: Any, otherwise: int) -> int:
    return otherwise if value is None else int(value)


def candidates_of(rows: Sequence[Mapping[str, Any]], port: int) -> tuple[str, ...]:
    """Return where RAPI would answer if the master moved: the master candidates' addresses."""
    return tuple(
        f"https://{_host(str(row['pip']))}:{port}"
        for row in sorted(rows, key=lambda row: str(row["name"]))
        if row["master_candidate"] and row["pip"] and not row["offline"]
    )


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def vcpu_ratio_of(info: Mapping[str, Any]) -> float:
    """Return how many virtual processors the policy allows per real one."""
    return float((info.get("ipolicy") or {}).get("vcpu-ratio", 4.0))


def smallest_disk_of(info: Mapping[str, Any], groups: Sequence[Mapping[str, Any]]) -> int:
    """Return the MiB a disk has at least, wherever on the cluster its instance is put."""
    policies = [group["ipolicy"] for group in groups if group.get("ipolicy")]
    return max(map(_smallest, policies or [info.get("ipolicy") or {}]))


def _smallest(policy: Mapping[str, Any]) -> int:
    return min(
        (int(each["min"].get("disk-size", SMALLEST_DISK)) for each in policy.get("minmax") or ()),
        default=SMALLEST_DISK,
    )


def addresses_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the primary address of every node, by its name."""
    return {str(row["name"]): str(row["pip"]) for row in rows if row.get("pip")}


def exclusions_of(info: Mapping[str, Any]) -> list[str]:
    """Return the prefixes of instance tags that keep instances apart (htools:iextags)."""
    return sorted(
        tag.removeprefix(EXCLUSION) for tag in info.get("tags") or () if tag.startswith(EXCLUSION)
    )


def template_for(asked: str | None, enabled: Sequence[str], provider: str | None) -> str:
    """Return the disk template of instances that name none.

    Args:
        asked: by whoever registered the cluster.
        enabled: on the cluster.
        provider: the ExtStorage provider on its nodes, if there is one.

    Raises:
        ValueError: it is not enabled, or lacks its provider; says so.
    """
    wanted = asked or (EXT if provider else None)
    if wanted is not None:
        if wanted not in enabled:
            names = ", ".join(enabled)
            raise ValueError(f"Disk template {wanted} is not enabled on the cluster: {names}.")
        if wanted == EXT and not provider:
            raise ValueError("Disk template ext needs an ExtStorage provider: name it.")
        return wanted
    fit = [template for template in enabled if template not in UNFIT]
    return fit[0] if fit else enabled[0]


def supported(version: str) -> bool:
    """Whether this Ganeti speaks a RAPI we know: 2.16 and later."""
    parts = version.split(".")
    try:
        major, minor = int(parts[0]), int(parts[1])
    except (IndexError, ValueError):
        return False
    return (major, minor) >= (2, 16)
