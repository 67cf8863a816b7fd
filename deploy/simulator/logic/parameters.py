"""Backend, hypervisor and OS parameters: defaults, types, what is refused."""

from typing import Any

from deploy.simulator.catalogue import CLUSTER
from deploy.simulator.jobs.queue import OpFailed
from deploy.simulator.logic.run import Run, failure
from deploy.simulator.model import Cluster, Instance, Json
from deploy.simulator.settings import SimulatorSettings

BE_DEFAULTS: Json = CLUSTER["constants"]["beparams"]["default"]
HV_DEFAULTS: Json = CLUSTER["constants"]["hvparams"]
# Set on every simulated cluster: its screens listen where the simulator does.
HV_CLUSTER: dict[str, Json] = {"kvm": {"vnc_bind_address": "127.0.0.1"}}
HV_GLOBALS = frozenset({"migration_port", "migration_bandwidth", "migration_mode", "xen_cmd"})
_BE_ORDER = ("minmem", "maxmem", "vcpus", "auto_balance", "always_failover", "spindle_use")
_BE_BOOLEANS = frozenset({"auto_balance", "always_failover"})


def _enforced(name: str, value: Any) -> Any:
    if name in _BE_BOOLEANS:
        if isinstance(value, str) and value.lower() in {"true", "false"}:
            return value.lower() == "true"
        if not isinstance(value, bool):
            raise OpFailed(
                "TypeEnforcementError", f"'{name}' (value {value}) is not a valid boolean"
            )
        return value
    try:
        return int(value)
    except (TypeError, ValueError):
        text = f"'{name}' (value {value}) is not a valid integer"
        raise OpFailed("TypeEnforcementError", text) from None


def upgraded(given: Json) -> Json:
    """`memory` is the old way to say `maxmem` and `minmem`."""
    if "memory" not in given:
        return given
    rest = {name: value for name, value in given.items() if name != "memory"}
    return {**rest, "maxmem": given["memory"], "minmem": given["memory"]}


def updated(old: Json, given: Json) -> Json:
    """The old parameters with the given ones; a value "default" is no longer set."""
    merged = {**old, **given}
    return {name: value for name, value in merged.items() if value != "default"}


def checked(given: Json) -> Json:
    """Backend parameters with the right types, in Ganeti's order."""
    for name in given:
        if name not in _BE_ORDER:
            raise OpFailed("TypeEnforcementError", f"Unknown parameter '{name}'")
    return {name: _enforced(name, given[name]) for name in _BE_ORDER if name in given}


def filled_be(cluster: Cluster, own: Json) -> Json:
    """The backend parameters in force: the instance's over the cluster's."""
    return {**BE_DEFAULTS, **cluster.beparams, **own}


def filled_hv(instance: Instance) -> Json:
    """The hypervisor parameters in force, without those that are cluster-wide."""
    cluster = HV_CLUSTER.get(instance.hypervisor, {})
    own = {**HV_DEFAULTS.get(instance.hypervisor, {}), **cluster, **instance.hvparams}
    return {name: value for name, value in own.items() if name not in HV_GLOBALS}


def check_hv(hypervisor: str, given: Json) -> None:
    """Refuse parameters the hypervisor does not have."""
    for name in given:
        if name not in HV_DEFAULTS.get(hypervisor, {}) or name in HV_GLOBALS:
            raise OpFailed("HypervisorError", f"Parameter '{name}' is not supported")


def check_boot(hypervisor: str, own: Json) -> None:
    """Refuse to boot from a CD that is not there."""
    if hypervisor != "kvm" or own.get("boot_order") != "cdrom" or own.get("cdrom_image_path"):
        return
    raise OpFailed("HypervisorError", "Cannot boot from cdrom without an ISO path")


def check_os(run: Run, os_type: str, names: set[str], node: str) -> None:
    """Refuse an unknown OS or variant, and parameters the OS does not have."""
    intro = f"OS Parameters validation failed on node {node}: "
    name, _, variant = os_type.partition("+")
    found = run.settings.operating_systems.get(name)
    if found is None:
        raise failure(f"{intro}Directory for OS {name} not found in search path")
    if found.variants and variant not in found.variants:
        if not variant:
            raise failure(f"{intro}OS name '{name}' must include a variant")
        raise failure(f"{intro}OS '{name}' does not support variant '{variant}'")
    unknown = sorted(names - set(found.parameters))
    if unknown:
        raise failure(
            f"{intro}The following parameters are not supported by the OS {name}: "
            + ", ".join(unknown)
        )


def os_list(settings: SimulatorSettings) -> list[str]:
    """Every OS with every variant, as GET /2/os lists them."""
    return sorted(
        f"{name}+{variant}" if variant else name
        for name, found in settings.operating_systems.items()
        for variant in (found.variants or ("",))
    )
