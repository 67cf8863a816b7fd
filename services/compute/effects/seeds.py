"""Tells guests who they are: a small last disk, on which the OS definition writes a config drive.

The seed is made once per server and attempt, and travels sealed in the saga's notes, so that the
same submission always carries the same seed.
"""

import asyncio
import base64
import os
from typing import Final
from uuid import UUID

from services.compute.domain.config_drive import config_drive
from services.compute.domain.network_data import network_data
from services.compute.domain.server import Server
from services.compute.effects.cloud import Cloud, Json, subject_of
from services.compute.usecases import guests, progress
from shared.contracts.gateway import Cluster
from shared.contracts.guest import Seed
from shared.contracts.operations import DiskSpec
from shared.errors import NotFound
from shared.ids import derived
from shared.saga.definition import Notes

LEAST: Final = 16  # MiB
ENTROPY: Final = 512  # bytes
MOST_IN_A_VARIABLE: Final = 100_000  # OS scripts get parameters in environment variables


def seed_disk(cloud: Cloud, server: Server, cluster: Cluster) -> DiskSpec | None:
    """Return the disk the config drive is written on, the server's last; None: it gets none."""
    if not cloud.seed_drive:
        return None
    size = max(LEAST, cluster.smallest_disk)
    return DiskSpec(name=seed_disk_name(server), size=size)


def seed_disk_name(server: Server) -> str:
    """Return what the disk is called that the config drive is written on."""
    return str(derived(server.id, "seed"))


async def seed_of(cloud: Cloud, server: Server) -> Seed:
    """Return what the server's guest finds on its config drive."""
    guest = await guests.read(cloud.transaction, cloud.secrets, server.id)
    network = await _network_data(cloud, server)
    entropy = os.urandom(ENTROPY)
    # Hashing a password takes a while, on purpose.
    files = await asyncio.to_thread(config_drive, server, guest, network, entropy)
    return Seed(files={path: base64.b64encode(each).decode() for path, each in files.items()})


async def _network_data(cloud: Cloud, server: Server) -> Json:
    wanted = {fixed.subnet_id for nic in server.nics for fixed in nic.fixed_ips if fixed.subnet_id}
    subnets, networks = await guests.surroundings(
        cloud.transaction, wanted, {nic.network_id for nic in server.nics}
    )
    for ident in wanted - subnets.keys():
        try:
            subnets[ident] = await cloud.networks.subnet(ident)
        except NotFound:  # deleted meanwhile, and the address with it
            continue
    return network_data(server.nics, subnets, networks)


async def get_seed(cloud: Cloud, notes: Notes) -> Notes:
    """Make the seed of a new server; it is secret, so the notes hold it sealed."""
    if not cloud.seed_drive:
        return {"seed": None}
    server = await progress.read(cloud.transaction, subject_of(notes))
    seed = (await seed_of(cloud, server)).model_dump_json()
    if len(seed) > MOST_IN_A_VARIABLE:
        return {"seed": None, "seed_url": cloud.secrets.seal(await _published(cloud, server, seed))}
    return {"seed": cloud.secrets.seal(seed), "seed_url": None}


def seed_secrets(cloud: Cloud, notes: Notes) -> dict[str, str]:
    """Return the secret OS parameters that carry the seed of the notes."""
    return {
        name: cloud.secrets.open(notes[name]) for name in ("seed", "seed_url") if notes.get(name)
    }


async def publish_seed(cloud: Cloud, server: Server) -> str:
    """Return a secret address where a node may fetch the server's seed, for a while.

    For a reinstall, which cannot carry secrets. Whoever calls withdraws it when the job ended.
    """
    return await _published(cloud, server, (await seed_of(cloud, server)).model_dump_json())


async def _published(cloud: Cloud, server: Server, seed: str) -> str:
    sealed = cloud.secrets.seal(seed)
    token = await guests.publish(cloud.transaction, server.id, sealed, cloud.seed_seconds)
    return f"{cloud.node_url.rstrip('/')}/internal/v1/seeds/{server.id}?token={token.text}"


async def withdraw_seed(cloud: Cloud, server_id: UUID) -> None:
    """Let nobody fetch the server's seed any more, and forget what a guest is told only once."""
    await guests.told(cloud.transaction, cloud.secrets, server_id)
