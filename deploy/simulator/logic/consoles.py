"""What instances write to their serial ports: a log per instance, which the agent reads."""

from pathlib import Path
from typing import Final

from deploy.simulator.logic.parameters import filled_be
from deploy.simulator.model import Instance
from deploy.simulator.world import World

KEPT: Final = 32 << 10  # bytes of each log
BOOT: Final = """\
SeaBIOS (simulated)
Booting from {device}...
[    0.000000] Linux version 6.1.0-sim (cyclades@simulator) #1 SMP
[    0.000000] Command line: root=/dev/vda1 ro console=ttyS0,115200
[    0.004000] Memory: {memory}M available
[    0.104000] smp: Brought up 1 node, {vcpus} CPUs
[    0.412000] virtio_blk: {disks} disks
{nics}[    1.020000] EXT4-fs (vda1): mounted filesystem
[    1.310000] systemd[1]: Detected virtualization kvm.
[    1.530000] systemd[1]: Set hostname to <{name}>.
[    2.060000] cloud-init[312]: Cloud-init v. 23.4 running 'init'
[    2.410000] cloud-init[340]: Cloud-init v. 23.4 finished
[  OK  ] Reached target multi-user.target.

Debian GNU/Linux 12 {name} ttyS0

{name} login: """


def boot(world: World, instance: Instance) -> None:
    """Write what a guest says when it boots."""
    if not world.settings.consoles:
        return
    be = filled_be(world.cluster, instance.beparams)
    text = BOOT.format(
        name=instance.name,
        device=str(instance.hvparams.get("boot_order") or "disk"),
        memory=be["maxmem"],
        vcpus=be["vcpus"],
        disks=len(instance.disks),
        nics="".join(
            f"[    0.{600 + 20 * n}000] eth{n}: {nic.mac} {nic.ip or 'no address'}\n"
            for n, nic in enumerate(instance.nics)
        ),
    )
    log = log_of(world, instance)
    log.parent.mkdir(parents=True, exist_ok=True)
    before = log.read_text() + "\n" if log.exists() else ""
    log.write_text((before + text)[-KEPT:])


def forget(world: World, instance: Instance) -> None:
    """Throw the log away."""
    log_of(world, instance).unlink(missing_ok=True)


def log_of(world: World, instance: Instance) -> Path:
    """Where an instance's log is."""
    return world.consoles / f"{instance.name}.log"
