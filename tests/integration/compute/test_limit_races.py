"""Limits hold however many ask at once: each of these fails when nobody waits for anybody."""

import asyncio
from collections import Counter
from typing import Any

from tests.integration.compute.rig import Json, Rig

DEMO = "d" * 32
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMhHtw/jX62tSCI2HLEVEtbi/JPG1v5bXcOaeXG+l9iU"


async def statuses(rig: Rig, path: str, bodies: list[Json], **how: Any) -> Counter[int]:
    answers = await asyncio.gather(*(rig.call("POST", path, each, **how) for each in bodies))
    return Counter(answer.status for answer in answers)


async def limit(rig: Rig, **limits: int) -> None:
    body = {"quota_set": limits}
    answer = await rig.call("PUT", f"/os-quota-sets/{DEMO}", body, who="admin")
    assert answer.status == 200


async def test_keypairs_made_at_once_do_not_exceed_their_limit(bare: Rig) -> None:
    await limit(bare, key_pairs=2)
    bodies = [{"keypair": {"name": f"k{n}", "public_key": KEY}} for n in range(10)]
    assert await statuses(bare, "/os-keypairs", bodies) == {200: 2, 403: 8}


async def test_server_groups_made_at_once_do_not_exceed_their_limit(bare: Rig) -> None:
    await limit(bare, server_groups=2)
    bodies = [{"server_group": {"name": f"g{n}", "policies": ["affinity"]}} for n in range(10)]
    assert await statuses(bare, "/os-server-groups", bodies) == {200: 2, 403: 8}


async def test_of_flavors_made_at_once_under_one_name_there_is_one(bare: Rig) -> None:
    bodies = [
        {"flavor": {"id": f"f{n}", "name": "same", "ram": 1, "vcpus": 1, "disk": 1}}
        for n in range(8)
    ]
    assert await statuses(bare, "/flavors", bodies, who="admin") == {200: 1, 409: 7}


async def test_extra_specs_set_at_once_are_all_kept(bare: Rig) -> None:
    flavor = {"flavor": {"id": "f", "name": "f", "ram": 1, "vcpus": 1, "disk": 1}}
    await bare.call("POST", "/flavors", flavor, who="admin")
    bodies = [{"extra_specs": {f"exam:{n}": "v"}} for n in range(8)]
    path = "/flavors/f/os-extra_specs"
    assert await statuses(bare, path, bodies, who="admin") == {200: 8}
    assert len((await bare.get(path))["extra_specs"]) == 8


async def test_aggregates_renamed_at_once_to_one_name_leave_one_with_it(bare: Rig) -> None:
    bodies = [{"aggregate": {"name": f"a{n}"}} for n in range(6)]
    # Made at once too: then there are as many connections as changes, and none waits to be first.
    made = await asyncio.gather(
        *(bare.call("POST", "/os-aggregates", each, who="admin") for each in bodies)
    )
    idents = [answer.body["aggregate"]["id"] for answer in made]
    change = {"aggregate": {"name": "same"}}
    answers = await asyncio.gather(
        *(bare.call("PUT", f"/os-aggregates/{each}", change, who="admin") for each in idents)
    )
    assert Counter(answer.status for answer in answers) == {200: 1, 409: 5}


async def test_metadata_set_at_once_on_an_aggregate_is_all_kept(bare: Rig) -> None:
    made = await bare.call("POST", "/os-aggregates", {"aggregate": {"name": "a"}}, who="admin")
    path = f"/os-aggregates/{made.body['aggregate']['id']}"
    bodies = [{"set_metadata": {"metadata": {f"k{n}": "v"}}} for n in range(6)]
    assert await statuses(bare, f"{path}/action", bodies, who="admin") == {200: 6}
    shown = await bare.get(path, who="admin")
    assert len(shown["aggregate"]["metadata"]) == 6
