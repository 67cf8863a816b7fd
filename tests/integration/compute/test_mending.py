"""Tags, addresses and what is booted from are brought back to what they were made as."""

from tests.integration.compute.bench import Bench, Json
from tests.integration.compute.rig import uuid


def mended(bench: Bench) -> list[Json]:
    """What Ganeti was told besides the server's create."""
    told = bench.rig.world.gateway.operations()
    return [each for each in told if each["operation"] != "instance.create"]


async def test_a_tag_of_ours_that_was_taken_off_is_put_back(bench: Bench) -> None:
    await bench.seen(tags=["cyclades:intent:one"])
    assert await bench.rounds(1) == 0
    assert await bench.rounds(1) == 1
    await bench.rig.run_sagas()
    await bench.rig.end_jobs()
    (told,) = mended(bench)
    assert (told["operation"], told["instance"], told["tag"]) == (
        "instance.tag", bench.name, f"cyclades:server:{bench.ident}",
    )  # fmt: skip


async def test_a_tag_that_makes_it_another_server_is_taken_off_and_others_stay(
    bench: Bench,
) -> None:
    there = bench.ganeti.instances[bench.name]["tags"]
    await bench.seen(tags=[*there, "cyclades:server:another", "cyclades:group:none"])
    assert await bench.rounds() == 2
    await bench.rig.run_sagas()
    await bench.rig.end_jobs()
    told = sorted((each["operation"], each["tag"]) for each in mended(bench))
    assert told == [
        ("instance.untag", "cyclades:group:none"),
        ("instance.untag", "cyclades:server:another"),
    ]


async def test_a_tag_that_is_back_before_the_second_look_is_left_alone(bench: Bench) -> None:
    there = bench.ganeti.instances[bench.name]["tags"]
    none: list[str] = []
    for tags in (none, there, none, there):
        await bench.seen(tags=tags)
        assert await bench.rounds(1) == 0
    assert mended(bench) == []


async def test_the_tag_that_keeps_a_group_apart_is_put_on(bench: Bench) -> None:
    body = {"server_group": {"name": "apart", "policies": ["anti-affinity"]}}
    made = await bench.rig.call("POST", "/os-server-groups", body)
    group = made.body["server_group"]["id"]
    await bench.rig.know_cluster(exclusion_prefixes=["cyclades:group"], version=9)
    await bench.rig.sql("UPDATE servers SET group_id = $1", uuid(group))
    await bench.age()
    assert await bench.rounds() == 1
    await bench.rig.run_sagas()
    assert [each["tag"] for each in mended(bench)] == [f"cyclades:group:{group}"]


async def test_another_address_in_ganeti_is_ours_again(bench: Bench) -> None:
    (right,) = bench.ganeti.instances[bench.name]["nic.ips"]
    await bench.seen(**{"nic.ips": ["10.66.6.6"]})
    assert await bench.rounds() == 1
    await bench.rig.run_sagas()
    await bench.rig.end_jobs()
    (told,) = mended(bench)
    assert (told["operation"], told["ip"]) == ("nic.change", right)


async def test_a_rescue_whose_image_was_taken_out_is_over(bench: Bench) -> None:
    await bench.rig.sql("UPDATE servers SET vm_state = 'rescued'")
    await bench.age()
    assert await bench.rounds(1) == 0
    assert await bench.drifts() == ["rescue"]
    assert await bench.rounds(1) == 1
    ((state,),) = await bench.rig.sql("SELECT vm_state FROM servers")
    assert state == "active"
    assert await bench.rounds(1) == 0


SIGNED_ADDRESS = "http://image/internal/v1/data/one?exp=1&sig=secret"


async def test_a_rescued_server_that_boots_from_its_image_is_left_alone(bench: Bench) -> None:
    await bench.rig.sql("UPDATE servers SET vm_state = 'rescued'")
    await bench.seen(**{"hv/boot_order": "cdrom", "hv/cdrom_image_path": SIGNED_ADDRESS})
    assert await bench.rounds(3) == 0
    kept = await bench.rig.sql("SELECT fact::text AS fact FROM instances")
    assert "secret" not in str(kept), "the address goes no further"


async def test_the_image_of_a_rescue_that_is_over_is_let_go_of(bench: Bench) -> None:
    await bench.seen(**{"hv/boot_order": "cdrom", "hv/cdrom_image_path": SIGNED_ADDRESS})
    assert await bench.rounds(1) == 0
    assert await bench.rounds(1) == 1
    await bench.rig.run_sagas()
    (told,) = mended(bench)
    assert told["hypervisor_parameters"] == {
        "boot_order": "default", "cdrom_image_path": "default",
    }  # fmt: skip


async def test_what_administrators_boot_from_is_theirs(bench: Bench) -> None:
    await bench.seen(**{"hv/boot_order": "cdrom", "hv/cdrom_image_path": "/srv/tools.iso"})
    assert await bench.rounds(3) == 0
    assert await bench.drifts() == []
