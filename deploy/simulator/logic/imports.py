"""OP_INSTANCE_CREATE of what was exported: what the export knows is the default.

As in Ganeti that is not the disk template, nor the provider of a disk.
"""

from typing import Final

from deploy.simulator.jobs.queue import OpFailed
from deploy.simulator.logic.run import WRONG_INPUT, Run, failure, prereq
from deploy.simulator.model import Instance, Json

FOLDER: Final = "/srv/ganeti/export"


def described(instance: Instance) -> Json:
    """What an export says about its instance."""
    return {
        "name": instance.name,
        "os": instance.os,
        "hypervisor": instance.hypervisor,
        "disks": [_known(size=d.size, name=d.name) for d in instance.disks],
        "nics": [
            _known(name=n.name, mac=n.mac, ip=n.ip, network=n.network)
            | ({} if n.network else n.params)
            for n in instance.nics
        ],
        "beparams": dict(instance.beparams),
        "hvparams": dict(instance.hvparams),
        "osparams": dict(instance.osparams),
        "tags": list(instance.tags),
    }


def _known(**facts: object) -> Json:
    return {name: value for name, value in facts.items() if value is not None}


def prepare(run: Run) -> None:
    """Fill a create of mode ``import`` up from its export; check one of mode ``remote-import``.

    Raises:
        OpFailed: there is no such export, or no such right.
    """
    if run.get("mode") == "remote-import":
        raise _no_remote(run)
    if run.get("mode") != "import":
        return
    if run.get("no_install"):
        run.info("No-installation mode has no effect during import")
        run.input["no_install"] = False
    known = _export(run)
    run.learn("os_type", known["os"])
    for name in ("hypervisor", "disks", "nics", "tags"):
        if not run.get(name):
            run.learn(name, known[name])
    for name in ("beparams", "hvparams", "osparams"):
        run.learn(name, {**known[name], **(run.get(name) or {})})
    _keep_macs(run, known)


def _no_remote(run: Run) -> OpFailed:
    if not run.get("source_handshake"):
        return prereq("Missing source handshake", WRONG_INPUT)
    why = "Hash didn't match, clusters don't share the same domain secret"
    return prereq(f"Invalid handshake: {why}", WRONG_INPUT)


def _export(run: Run) -> Json:
    path = str(run.get("src_path") or run.input["instance_name"])
    node = _node_of(run, path)
    whole = path if path.startswith("/") else f"{FOLDER}/{path}"
    run.learn("src_path", whole)
    folder, _, name = whole.rpartition("/")
    known = run.cluster.exported.get(f"{node}/{name}") if folder == FOLDER else None
    if known is None:
        raise failure(f"No export or invalid export found in dir {whole}")
    return known


def _node_of(run: Run, path: str) -> str:
    if run.get("src_node"):
        node = run.find_node(run.input["src_node"])
    elif path.startswith("/"):
        text = "Importing an instance from a path requires a source node option"
        raise prereq(text, WRONG_INPUT)
    else:
        having = (n for n, names in sorted(run.cluster.exports.items()) if path in names)
        found = next(having, None)
        if found is None:
            raise prereq(f"No export found for relative path {path}", WRONG_INPUT)
        node = run.cluster.nodes[found]
    run.learn("src_node", node.name)
    run.learn("src_node_uuid", node.uuid)
    run.reachable(node.name)
    return node.name


def _keep_macs(run: Run, known: Json) -> None:
    """An instance that comes back under its name has its addresses again."""
    if run.input["instance_name"] != known["name"]:
        return
    nics = [dict(nic) for nic in run.get("nics") or ()]
    for nic, old in zip(nics, known["nics"], strict=False):
        if nic.get("mac", "auto") == "auto":
            nic["mac"] = old["mac"]
    run.learn("nics", nics)


def carry(run: Run, instance: Instance) -> None:
    """Run the import and the rename script. Disks' contents are not kept by exports here."""
    run.log("* running the instance OS import scripts...")
    source, target = run.input["src_node"], instance.pnode
    os = run.settings.operating_systems.get(instance.os.partition("+")[0])
    if os is not None and os.installs_image:  # its import script refuses
        run.warn(f"import 'disk/0' on {target} failed: Exited with status 1")
        run.warn(
            f"Some disks for instance {instance.name} on node {target} were not imported "
            "successfully"
        )
    else:
        for index, _disk in enumerate(instance.disks):
            run.log(f"Sending disk/{index} from {source} to {target}")
            run.log(f"disk/{index} finished receiving data")
    if instance.os:
        run.log(f"Running rename script for {instance.name}")
