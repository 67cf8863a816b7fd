"""Reads Ganeti's answers about a cluster into the facts placement works with."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from shared.contracts.gateway import Node

GROUP_FIELDS: Final = ("name", "uuid")
NODE_FIELDS: Final = (
    "name", "group", "ctotal", "mtotal", "mnode", "mfree", "dtotal", "dfree",
    "pinst_cnt", "offline", "drained", "vm_capable", "master_candidate", "pip",
)  # fmt: skip
EXCLUSION: Final = "htools:iextags:"
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
    rows: Sequence[Mapping[str, Any]], before: Sequence[Node], groups: Mapping[str, str]
) -> list[Node]:
    """Return the nodes; one that does not answer keeps the sizes it had.

    Args:
        rows: of the node query.
        before: the nodes as known so far.
        groups: group names by uuid, should a row carry the uuid.
    """
    known = {node.name: node for node in before}
    return [_node(row, known.get(str(row["name"])), groups) for row in rows]


def _node(row: Mapping[str, Any], old: Node | None, groups: Mapping[str, str]) -> Node:
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
    )


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


def exclusions_of(info: Mapping[str, Any]) -> list[str]:
    """Return the prefixes of instance tags that keep instances apart (htools:iextags)."""
    return sorted(
        tag.removeprefix(EXCLUSION) for tag in info.get("tags") or () if tag.startswith(EXCLUSION)
    )


def template_for(asked: str | None, enabled: Sequence[str]) -> str:
    """Return the disk template of instances that name none.

    Raises:
        ValueError: the one asked for is not enabled; says which are.
    """
    if asked is not None:
        if asked not in enabled:
            names = ", ".join(enabled)
            raise ValueError(f"Disk template {asked} is not enabled on the cluster: {names}.")
        return asked
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
