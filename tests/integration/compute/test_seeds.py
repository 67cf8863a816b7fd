"""Guests learn who they are: by a secret of the create, or by an address for a while."""

import base64
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from services.compute.effects.seeds import publish_seed, seed_disk_name, withdraw_seed
from services.compute.usecases import guests, progress
from shared.ids import derived
from tests.integration.compute.rig import Json, Rig, furnish, running_rig, to_head, uuid
from tests.integration.compute.test_saga_laws import cloud_of
from tests.parts.postgres import MakesDatabases

USER_DATA = base64.b64encode(b"#!/bin/sh\necho hello\n").decode()
FILE = {"path": "/etc/motd", "contents": base64.b64encode(b"hi").decode()}


def seed_in(operation: Json) -> dict[str, bytes]:
    """Return the files of the seed that a create carries."""
    seed = orjson.loads(operation["os_secrets"]["seed"])
    assert seed["label"] == "config-2"
    return {path: base64.b64decode(content) for path, content in seed["files"].items()}


async def a_key(rig: Rig) -> None:
    """Have a keypair of the user."""
    key = (
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJqbbUsKvGPlEtYm0i1S9tnT5Gp8KkFdkMzHtxmxWCbq somebody"
    )
    body = {"keypair": {"name": "mine", "public_key": key}}
    assert (await rig.call("POST", "/os-keypairs", body)).status == 200


async def test_a_create_carries_the_seed_in_its_secrets(rig: Rig) -> None:
    await a_key(rig)
    ident = await rig.active(user_data=USER_DATA, key_name="mine", adminPass="open sesame")
    (created,) = rig.world.gateway.operations("instance.create")
    root, drive = created["disks"]
    assert root["name"] == str(derived(uuid(ident), "root"))
    assert (drive["name"], drive["size"]) == (str(derived(uuid(ident), "seed")), 1024)
    assert created["os_parameters"]["seed_disk"] == drive["name"]
    files = seed_in(created)
    meta = orjson.loads(files["openstack/latest/meta_data.json"])
    assert (meta["uuid"], meta["name"]) == (ident, "web")
    assert list(meta["public_keys"]) == ["mine"]
    assert files["openstack/latest/user_data"] == b"#!/bin/sh\necho hello\n"
    network = orjson.loads(files["openstack/latest/network_data.json"])
    (address,) = network["networks"]
    assert (address["ip_address"], address["netmask"]) == ("10.0.0.1", "255.255.255.0")
    assert address["routes"][0]["gateway"] == "10.0.0.254"
    vendor = orjson.loads(files["openstack/latest/vendor_data.json"])
    assert "$6$" in vendor["cloud-init"]
    assert b"open sesame" not in orjson.dumps(created["os_parameters"])
    assert not any(b"open sesame" in content for content in files.values())


async def test_files_are_put_into_guests_until_2_56(rig: Rig) -> None:
    body = {"server": {"name": "web", "flavorRef": "1", "imageRef": "70a50000-0000-4000-8000-"
            "000000000001", "personality": [FILE]}}  # fmt: skip
    answer = await rig.call("POST", "/servers", body)
    assert answer.status == 202
    await rig.run_sagas()
    (created,) = rig.world.gateway.operations("instance.create")
    assert seed_in(created)["openstack/content/0000"] == b"hi"
    for files, mv, status in (
        ([FILE] * 6, "2.1", 403),
        ([FILE | {"contents": "A" * 20000}], "2.1", 403),
        ([FILE | {"contents": "no base64"}], "2.1", 400),
        ([FILE | {"x": 1}], "2.1", 400),
        ([{"path": "/x"}], "2.1", 400),
    ):
        wrong = {"server": body["server"] | {"personality": files}}
        answer = await rig.call("POST", "/servers", wrong, mv=mv)
        assert answer.status == status, answer.body


async def test_what_is_told_once_is_forgotten_once_it_is_told(rig: Rig) -> None:
    ident = await rig.active(user_data=USER_DATA, adminPass="open sesame")
    cloud = cloud_of(rig)
    known = await guests.read(cloud.transaction, cloud.secrets, uuid(ident))
    assert (known.user_data, known.admin_password) == (USER_DATA, None)
    other = await rig.active()
    assert await rig.sql("SELECT 1 FROM server_secrets WHERE server_id = $1", uuid(other)) == []
    (notes,) = await rig.sql("SELECT notes FROM sagas WHERE subject = $1", uuid(ident))
    assert orjson.loads(notes["notes"])["seed"] is None


async def test_nothing_secret_is_kept_in_clear(rig: Rig) -> None:
    await rig.create(user_data=USER_DATA, adminPass="open sesame")
    await rig.run_sagas()
    for table in ("server_secrets", "sagas", "servers", "outbox"):
        for row in await rig.sql(f"SELECT {table}::text AS text FROM {table}"):  # noqa: S608
            assert "open sesame" not in row["text"]
            assert USER_DATA not in row["text"]


async def test_a_long_seed_is_fetched(rig: Rig) -> None:
    long = base64.b64encode(b"#" + b"x" * 49000).decode()
    files = [FILE | {"path": f"/{n}", "contents": "A" * 13000} for n in range(5)]
    body = {"server": {"name": "web", "flavorRef": "1", "personality": files, "user_data": long,
            "imageRef": "70a50000-0000-4000-8000-000000000001"}}  # fmt: skip
    assert (await rig.call("POST", "/servers", body)).status == 202
    await rig.run_sagas()
    (created,) = rig.world.gateway.operations("instance.create")
    assert set(created["os_secrets"]) == {"image_url", "seed_url"}
    seed = await fetched(rig, created["os_secrets"]["seed_url"])
    assert seed.status == 200
    found = orjson.loads(await seed.read())["files"]["openstack/latest/user_data"]
    assert found == long
    await rig.end_jobs()
    assert (await fetched(rig, created["os_secrets"]["seed_url"])).status == 404


async def fetched(rig: Rig, url: str) -> Any:
    """Ask as a node does: without a token."""
    parts = urlsplit(url)
    assert f"{parts.scheme}://{parts.netloc}" == "http://compute.example:8774"
    return await rig.http.get(f"{parts.path}?{parts.query}")


async def test_a_reinstall_fetches_its_seed(rig: Rig) -> None:
    ident = await rig.active(user_data=USER_DATA)
    cloud = cloud_of(rig)
    server = await progress.read(cloud.transaction, uuid(ident))
    async with cloud.transaction() as stores:
        await guests.change(stores, cloud.secrets, server.id, admin_password="again")
    first = await publish_seed(cloud, server)
    url = await publish_seed(cloud, server)
    assert seed_disk_name(server) == str(derived(server.id, "seed"))
    assert (await fetched(rig, first)).status == 404
    for _retry in range(2):
        answer = await fetched(rig, url)
        assert answer.status == 200
        files = orjson.loads(await answer.read())["files"]
        assert files["openstack/latest/user_data"] == USER_DATA
        assert b"$6$" in base64.b64decode(files["openstack/latest/vendor_data.json"])
    for wrong in (url[:-3], url.replace(ident, str(derived(server.id, "x"))), url + "%00",
                  url.split("?")[0], url.replace(ident, "x")):  # fmt: skip
        assert (await fetched(rig, wrong)).status == 404
    await rig.sql("UPDATE seeds SET expires_at = now() - interval '1 second'")
    assert (await fetched(rig, url)).status == 404
    again = await publish_seed(cloud, server)
    await withdraw_seed(cloud, server.id)
    assert (await fetched(rig, again)).status == 404
    known = await guests.read(cloud.transaction, cloud.secrets, server.id)
    assert (known.user_data, known.admin_password) == (USER_DATA, None)


@pytest.fixture
async def undriven(migrated_database: MakesDatabases) -> AsyncIterator[Rig]:
    """The service told to give guests no drive."""
    async with running_rig(migrated_database("compute", to_head), seed_drive=False) as made:
        await furnish(made)
        await made.know_cluster()
        yield made


async def test_the_drive_can_be_switched_off(undriven: Rig) -> None:
    ident = await undriven.active(user_data=USER_DATA)
    (created,) = undriven.world.gateway.operations("instance.create")
    assert len(created["disks"]) == 1
    assert set(created["os_secrets"]) == {"image_url"}
    assert "seed_disk" not in created["os_parameters"]
    assert (await undriven.show(ident))["config_drive"] == ""


async def test_config_drive_is_shown_as_it_was_asked_for(rig: Rig) -> None:
    asked = await rig.active(config_drive=True)
    assert (await rig.show(asked))["config_drive"] == "True"
    for other in (await rig.active(config_drive=False), await rig.active()):
        assert (await rig.show(other))["config_drive"] == ""
