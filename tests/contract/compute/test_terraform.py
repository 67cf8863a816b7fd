"""What Terraform's provider for OpenStack relies on, in the order it asks."""

from typing import Any

from shared.contracts.ganeti import Failure
from tests.integration.compute.rig import IMAGE, NETWORK, Rig

DEMO = "d" * 32
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8CSJxGPPf0MHjWEsB3bGhvV0nzzgXgJEK9aI1Yt3qK me@here\n"


async def settled(rig: Rig) -> None:
    """Have everything done that was asked for."""
    await rig.run_sagas()
    await rig.end_jobs()


async def test_an_instance_is_never_in_a_status_nobody_waits_for(rig: Rig) -> None:
    flavor = {"id": "big", "name": "big", "vcpus": 2, "ram": 4096, "disk": 40}
    assert (await rig.call("POST", "/flavors", {"flavor": flavor}, who="admin")).status == 200
    body = {
        "name": "web", "flavorRef": "1", "imageRef": IMAGE, "config_drive": True,
        "networks": [{"uuid": NETWORK}], "security_groups": [], "metadata": {"a": "b"},
    }  # fmt: skip
    made = await rig.call("POST", "/servers", {"server": body})
    ident = made.body["server"]["id"]
    assert (await rig.state(ident))[0] == "BUILD"
    await settled(rig)
    shown = await rig.show(ident, mv="2.1")
    assert (shown["status"], shown["flavor"]["id"], shown["image"]["id"]) == ("ACTIVE", "1", IMAGE)
    ((address,),) = shown["addresses"].values()
    assert set(address) == {
        "version", "addr", "OS-EXT-IPS:type", "OS-EXT-IPS-MAC:mac_addr",
    }  # fmt: skip
    assert "OS-EXT-SRV-ATTR:hypervisor_hostname" not in shown
    assert (await rig.act(ident, resize={"flavorRef": "big"})).status == 202
    assert (await rig.state(ident))[0] == "RESIZE"
    await settled(rig)
    assert (await rig.state(ident))[0] == "VERIFY_RESIZE"
    assert (await rig.act(ident, confirmResize=None)).status == 204
    assert (await rig.state(ident))[0] == "ACTIVE"
    assert (await rig.call("DELETE", f"/servers/{ident}")).status == 204
    assert await rig.state(ident) == ("ACTIVE", "deleting")
    await settled(rig)
    assert (await rig.call("GET", f"/servers/{ident}")).status == 404


async def test_what_is_in_error_is_gone_once_it_is_deleted(rig: Rig) -> None:
    ident = await rig.create()
    await rig.run_sagas()
    await rig.fail_last_job(Failure.POLICY)
    await rig.end_jobs()
    assert (await rig.state(ident))[0] == "ERROR"
    assert (await rig.call("DELETE", f"/servers/{ident}")).status == 204
    assert (await rig.call("GET", f"/servers/{ident}")).status == 404


async def test_what_is_detached_may_be_detached_again(rig: Rig) -> None:
    ident = await rig.active()
    volume = rig.world.volumes.own()
    attach = {"volumeAttachment": {"volumeId": volume}}
    volumes, ports = f"/servers/{ident}/os-volume_attachments", f"/servers/{ident}/os-interface"
    attached = await rig.call("POST", volumes, attach)
    assert (attached.status, attached.body["volumeAttachment"]["id"]) == (200, volume)
    plugged = await rig.call("POST", ports, {"interfaceAttachment": {"net_id": NETWORK}})
    port = plugged.body["interfaceAttachment"]["port_id"]
    await settled(rig)
    for path in (f"{volumes}/{volume}", f"{ports}/{port}"):
        assert (await rig.call("GET", path)).status == 200
        for _ in range(3):
            assert (await rig.call("DELETE", path)).status == 202, path
    await settled(rig)
    for path in (f"{volumes}/{volume}", f"{ports}/{port}"):
        assert (await rig.call("GET", path)).status == 404, path
        assert (await rig.call("DELETE", path)).status == 404, path


async def test_server_groups_fall_back_to_older_words(bare: Rig) -> None:
    async def ask(mv: str | None, **group: Any) -> int:
        body = {"server_group": {"name": "g"} | group}
        return (await bare.call("POST", "/os-server-groups", body, mv=mv)).status

    assert await ask(None, policy="affinity") == 400
    assert await ask(None, policies=["affinity"]) == 200
    assert await ask("2.15", policies=["soft-anti-affinity"]) == 200
    rules = {"max_server_per_host": 2}
    assert await ask("2.64", policy="anti-affinity", rules=rules) == 200


async def test_keys_flavors_and_quotas_come_back_as_they_were_sent(bare: Rig) -> None:
    key = {"keypair": {"name": "me", "public_key": KEY}}
    made = await bare.call("POST", "/os-keypairs", key)
    assert (made.status, made.body["keypair"]["public_key"]) == (200, KEY)
    assert (await bare.get("/os-keypairs/me"))["keypair"]["public_key"] == KEY
    flavor = {
        "name": "f", "ram": 512, "vcpus": 1, "disk": 1, "swap": 64, "description": "d",
        "OS-FLV-EXT-DATA:ephemeral": 1, "rxtx_factor": 1.0, "os-flavor-access:is_public": False,
    }  # fmt: skip
    answer = await bare.call("POST", "/flavors", {"flavor": flavor}, who="admin", mv="2.55")
    shown = answer.body["flavor"]
    assert flavor.items() <= shown.items()
    path = f"/flavors/{shown['id']}"
    specs = {"extra_specs": {"a": "b"}}
    assert (await bare.call("POST", f"{path}/os-extra_specs", specs, who="admin")).status == 200
    assert (await bare.call("DELETE", f"{path}/os-extra_specs/a", who="admin")).status == 200
    grant = {"addTenantAccess": {"tenant": DEMO}}
    assert (await bare.call("POST", f"{path}/action", grant, who="admin")).status == 200
    assert (await bare.call("DELETE", path, who="admin")).status == 202
    limits = {
        "instances": 3, "cores": 4, "ram": 5000, "key_pairs": 6, "metadata_items": 7,
        "server_groups": 8, "server_group_members": 9, "fixed_ips": 10, "floating_ips": 11,
        "security_groups": 12, "security_group_rules": 13, "injected_files": 1,
        "injected_file_content_bytes": 20, "injected_file_path_bytes": 30,
    }  # fmt: skip
    sets = f"/os-quota-sets/{DEMO}"
    changed = await bare.call("PUT", sets, {"quota_set": limits}, who="admin")
    assert (changed.status, changed.body["quota_set"].items() >= limits.items()) == (200, True)
    detail = (await bare.get(f"{sets}/detail", who="admin"))["quota_set"]
    assert detail["cores"] == {"limit": 4, "in_use": 0, "reserved": 0}
    assert (await bare.call("DELETE", sets, who="admin")).status == 202
