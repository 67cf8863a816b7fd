"""Which extra specs of flavors are known, and what they may say (2.86).

Keys in a namespace of Nova's must be Nova's; all others are a site's own and pass.
"""

import re
from collections.abc import Mapping
from typing import Final

from shared.errors import BadInput

TRUTH: Final = r"(?i:true|false|yes|no|on|off|1|0|t|f|y|n)"
NUMBER: Final = r"[0-9]+"
COUNT: Final = r"[1-9][0-9]*"
TEXT: Final = r"(?s:.*)"
CPUS: Final = r"\^?[0-9]+(-[0-9]+)?(,\^?[0-9]+(-[0-9]+)?)*"
SHARES: Final = r"custom|high|normal|low"

# Key -> what its value must look like; both are matched whole.
KNOWN: Final[Mapping[str, str]] = {
    r"accel:device_profile": r".+",
    r"aggregate_instance_extra_specs:.+": TEXT,
    r"capabilities:.+": TEXT,
    r"hw:boot_menu": TRUTH,
    r"hw:cpu_(max_)?(sockets|cores|threads)": COUNT,
    r"hw:cpu_policy": r"dedicated|shared|mixed",
    r"hw:cpu_(dedicated|realtime)_mask": CPUS,
    r"hw:cpu_realtime": TRUTH,
    r"hw:cpu_thread_policy": r"prefer|isolate|require",
    r"hw:emulator_threads_policy": r"isolate|share",
    r"hw:hide_hypervisor_id": TRUTH,
    r"hw:input_bus|hw:ephemeral_encryption_format|hw:sound_model|hw:usb_model": TEXT,
    r"hw:ephemeral_encryption": TRUTH,
    r"hw:locked_memory|hw:pmu|hw:virtio_packed_ring|hw:vif_multiqueue_enabled": TRUTH,
    r"hw:maxphysaddr_bits": NUMBER,
    r"hw:maxphysaddr_mode": r"passthrough|emulate",
    r"hw:mem_encryption": TRUTH,
    r"hw:mem_encryption_model": r"amd-sev(-es)?",
    r"hw:mem_page_size": r"small|large|any|[0-9]+([kKMGT]i?[bB]?)?",
    r"hw:numa_cpus\.[0-9]+": CPUS,
    r"hw:numa_mem\.[0-9]+": COUNT,
    r"hw:numa_nodes": COUNT,
    r"hw:pci_numa_affinity_policy": r"required|preferred|legacy|socket",
    r"hw:pmem": TEXT,
    r"hw:redirected_usb_ports": NUMBER,
    r"hw:serial_port_count": NUMBER,
    r"hw:tpm_model": r"tpm-tis|tpm-crb",
    r"hw:tpm_secret_security": r"user|host|deployment",
    r"hw:tpm_version": r"1\.2|2\.0",
    r"hw:viommu_model": r"intel|smmuv3|virtio|auto",
    r"hw:watchdog_action": r"none|pause|poweroff|reset|disabled",
    r"hw_rng:allowed": TRUTH,
    r"hw_rng:rate_(bytes|period)": NUMBER,
    r"hw_video:ram_max_mb": NUMBER,
    r"os:secure_boot": r"required|disabled|optional",
    r"os:(monitors|vcpus)": COUNT,
    r"pci_passthrough:alias": r"[^:,]+:[0-9]+(,[^:,]+:[0-9]+)*",
    r"powervm:.+|vmware:.+": TEXT,
    r"quota:(cpu|memory|disk_io|vif)_(limit|reservation|shares_share)": NUMBER,
    r"quota:(cpu|memory|disk_io|vif)_shares_level": SHARES,
    r"quota:cpu_(period|shares)": NUMBER,
    r"quota:cpu_quota": r"-?[0-9]+",
    r"quota:disk_(read|write|total)_(bytes|iops)_sec(_max)?": NUMBER,
    r"quota:vif_(inbound|outbound)_(average|burst|peak)": NUMBER,
    r"resources[a-zA-Z0-9_-]*:[A-Z0-9_]+": NUMBER,
    r"trait[a-zA-Z0-9_-]*:[A-Z0-9_]+": r"required|forbidden",
}
WITHOUT_NAMESPACE: Final[Mapping[str, str]] = {
    r"group_policy": r"none|isolate",
    r"hide_hypervisor_id": TRUTH,
}
NAMESPACE: Final = re.compile(
    r"(accel|aggregate_instance_extra_specs|capabilities|hw|hw_rng|hw_video|os|pci_passthrough"
    r"|powervm|quota|vmware|resources[a-zA-Z0-9_-]*|trait[a-zA-Z0-9_-]*):.*",
    re.DOTALL,
)


def check(name: str, value: str) -> None:
    """Let an extra spec pass that is known, or nobody's but the site's.

    Raises:
        BadInput: it is in a namespace of Nova's and not known there, or says what it cannot say.
    """
    for key, allowed in {**KNOWN, **WITHOUT_NAMESPACE}.items():
        if re.fullmatch(key, name):
            if not re.fullmatch(allowed, value):
                raise BadInput(
                    f"Validation failed; '{value[:64]}' is not a possible value of '{name}'."
                )
            return
    if NAMESPACE.fullmatch(name):
        raise BadInput(
            f"Validation failed; extra spec '{name}' does not appear to be a valid extra spec."
        )
