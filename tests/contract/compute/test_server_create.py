"""``POST /servers``: what is taken, what is refused and how."""

from typing import Any, Final

from shared.contracts.resources import ImageChanged, NetworkChanged, SecurityGroupChanged
from shared.testing.identity import DEMO_PROJECT
from tests.integration.compute.rig import (
    IMAGE,
    NETWORK,
    OTHER_PROJECT,
    Json,
    Rig,
    a_server,
    fresh_id,
    port_changed,
)

UNKNOWN = fresh_id()


async def refused(rig: Rig, body: Any, *, mv: str = "2.96", who: str = "demo") -> tuple[int, str]:
    """Return how a body is refused; nothing may have changed."""
    answer = await rig.call("POST", "/servers", body, mv=mv, who=who)
    assert await rig.sql("SELECT 1 FROM servers") == []
    assert await rig.sql("SELECT 1 FROM outbox") == []
    ((name, fault),) = answer.body.items()
    assert fault["code"] == answer.status
    return answer.status, f"{name}: {fault['message']}"


async def test_the_answer_is_a_link_and_no_more(rig: Rig) -> None:
    answer = await rig.call("POST", "/servers", a_server(adminPass="secret123"), mv="2.1")
    assert answer.status == 202
    server = answer.body["server"]
    ident = server["id"]
    assert server == {
        "id": ident,
        "links": [
            {"rel": "self", "href": f"http://compute.example:8774/v2.1/servers/{ident}"},
            {"rel": "bookmark", "href": f"http://compute.example:8774/servers/{ident}"},
        ],
        "OS-DCF:diskConfig": "MANUAL",
        "security_groups": [{"name": "default"}],
        "adminPass": "secret123",
    }
    assert answer.headers["Location"] == server["links"][0]["href"]


BAD: Final[list[tuple[Json, str]]] = [
    ({"name": ""}, "name"),
    ({"name": " x"}, "whitespace"),
    ({"name": "x" * 256}, "name"),
    ({"name": 7}, "name"),
    ({"name": "a\u0000b"}, "NUL"),
    ({"flavorRef": None}, "flavorRef"),
    ({"imageRef": "no-uuid"}, "imageRef"),
    ({"imageRef": ""}, "Missing imageRef"),
    ({"color": "red"}, "Additional properties are not allowed ('color' was unexpected)"),
    ({"min_count": 0}, "min_count"),
    ({"min_count": 2**40}, "min_count"),
    ({"min_count": 3, "max_count": 2}, "min_count must be <= max_count"),
    ({"metadata": {"k": "v" * 256}}, "metadata"),
    ({"metadata": {"k" * 256: "v"}}, "metadata"),
    ({"metadata": {"k": 1}}, "metadata"),
    ({"metadata": []}, "metadata"),
    ({"tags": ["a/b"]}, "tags"),
    ({"tags": ["x"] * 51}, "tags"),
    ({"networks": [{}]}, "networks"),
    ({"networks": [{"uuid": "no-uuid"}]}, "networks"),
    ({"networks": [{"uuid": NETWORK, "fixed_ip": "1.2.3"}]}, "fixed_ip"),
    ({"networks": "all"}, "networks"),
    ({"networks": None}, "'networks' is a required property"),
    ({"user_data": "***"}, "user_data"),
    ({"user_data": "A" * 65536}, "user_data"),
    ({"accessIPv4": "::1"}, "accessIPv4"),
    ({"OS-DCF:diskConfig": "SOME"}, "diskConfig"),
    ({"config_drive": "perhaps"}, "config_drive"),
    ({"description": "x" * 256}, "description"),
    ({"hostname": "-x-"}, "hostname"),
    ({"personality": []}, "personality"),
    ({"trusted_image_certificates": ["c"]}, "certificates"),
    (
        {"block_device_mapping_v2": [{"source_type": "volume", "uuid": UNKNOWN}]},
        "Boot sequence",
    ),
    ({"flavorRef": "nope"}, "Flavor nope could not be found."),
    ({"imageRef": UNKNOWN}, "Can not find requested image"),
    ({"networks": [{"uuid": UNKNOWN}]}, f"Network {UNKNOWN} could not be found."),
    ({"networks": [{"port": UNKNOWN}]}, f"Port {UNKNOWN} could not be found."),
    ({"key_name": "nope"}, "Invalid key_name provided."),
    ({"security_groups": [{"name": "nope"}]}, "Security group nope not found"),
    ({"availability_zone": "nope"}, "availability zone is not available"),
]


async def test_bad_input_is_refused_with_400_and_says_why(rig: Rig) -> None:
    for fields, says in BAD:
        body = a_server(**fields)
        if fields.get("networks", 0) is None:
            del body["server"]["networks"]
        status, fault = await refused(rig, body)
        assert (status, fault.partition(":")[0]) == (400, "badRequest"), fields
        assert says in fault


TOO_EARLY: Final[list[tuple[str, Json]]] = [
    ("2.18", {"description": "d"}),
    ("2.36", {"networks": "auto"}),
    ("2.51", {"tags": ["t"]}),
    ("2.62", {"trusted_image_certificates": None}),
    ("2.73", {"host": "h"}),
    ("2.89", {"hostname": "h"}),
]


async def test_what_a_microversion_does_not_know_is_refused(rig: Rig) -> None:
    for mv, fields in TOO_EARLY:
        assert (await refused(rig, a_server(**fields), mv=mv))[0] == 400, mv


async def test_bodies_that_are_no_servers_are_refused(rig: Rig) -> None:
    bodies: list[Any] = [[], {}, {"server": None}, {"server": {}, "x": 1}, "text", 7]
    for body in bodies:
        assert (await refused(rig, body))[0] == 400, body


async def test_a_group_that_is_not_there_is_refused(rig: Rig) -> None:
    body = a_server() | {"os:scheduler_hints": {"group": UNKNOWN, "anything": [1, 2]}}
    status, fault = await refused(rig, body)
    assert (status, UNKNOWN in fault) == (400, True)


async def test_readers_may_not(rig: Rig) -> None:
    status, fault = await refused(rig, a_server(), who="reader")
    assert status == 403
    assert "os_compute_api:servers:create" in fault


async def test_only_administrators_name_the_node(rig: Rig) -> None:
    body = a_server(availability_zone="az-athens::node2.athens")
    assert (await refused(rig, body))[0] == 403
    body = a_server(availability_zone="az-athens::node2.athens", networks="none")
    answer = await rig.call("POST", "/servers", body, who="admin", mv="2.96")
    assert answer.status == 202
    await rig.run_sagas()
    (operation,) = rig.world.gateway.operations()
    assert operation["node"] == "node2.athens"


async def test_too_much_is_refused_with_403(rig: Rig) -> None:
    await rig.sql("INSERT INTO quotas VALUES ($1, '', 'cores', 1)", DEMO_PROJECT)
    status, fault = await refused(rig, a_server(min_count=2))
    assert status == 403
    assert fault == (
        "forbidden: Quota exceeded for cores: Requested 2, but already used 0 of 1 cores"
    )


async def test_as_many_as_fit_the_quota_are_made(rig: Rig) -> None:
    await rig.sql("INSERT INTO quotas VALUES ($1, '', 'instances', 2)", DEMO_PROJECT)
    body = a_server(min_count=1, max_count=5, return_reservation_id=True)
    answer = await rig.call("POST", "/servers", body, mv="2.96")
    assert answer.status == 202
    found = await rig.get(f"/servers?reservation_id={answer.body['reservation_id']}")
    assert sorted(each["name"] for each in found["servers"]) == ["web-1", "web-2"]


async def test_too_much_metadata_is_refused_with_403(rig: Rig) -> None:
    status, _ = await refused(rig, a_server(metadata={f"k{at}": "v" for at in range(129)}))
    assert status == 403


async def test_the_root_disk_may_be_spelt_out_as_the_command_line_does(rig: Rig) -> None:
    device = {
        "uuid": IMAGE, "boot_index": 0, "source_type": "image",
        "destination_type": "local", "delete_on_termination": True,
    }  # fmt: skip
    answer = await rig.call(
        "POST", "/servers", a_server(block_device_mapping_v2=[device]), mv="2.96"
    )
    assert answer.status == 202


async def test_auto_means_the_only_network_there_is(rig: Rig) -> None:
    ident = await rig.active(networks="auto")
    assert list((await rig.show(ident))["addresses"]) == ["private"]


async def test_auto_among_several_is_a_conflict(rig: Rig) -> None:
    shared = {"id": UNKNOWN, "name": "public", "shared": True}
    await rig.hear(NetworkChanged(id=UNKNOWN, project_id="a" * 32, version=1, document=shared))
    status, fault = await refused(rig, a_server(networks="auto"))
    assert status == 409
    assert "Multiple possible networks found" in fault


async def test_auto_where_there_is_none_is_refused_and_unsaid_means_no_nic(rig: Rig) -> None:
    rig.world.network.networks.clear()
    await rig.sql("DELETE FROM resources WHERE kind = 'network.network'")
    assert (await refused(rig, a_server(networks="auto")))[0] == 400
    body = a_server()
    del body["server"]["networks"]
    answer = await rig.call("POST", "/servers", body, mv="2.1")
    assert answer.status == 202
    await rig.run_sagas()
    assert rig.world.gateway.operations()[0]["nics"] == []


async def test_no_network_is_no_nic(rig: Rig) -> None:
    await rig.active(networks="none")
    assert rig.world.network.ports == {}


async def test_what_our_projection_does_not_know_its_owner_is_asked(rig: Rig) -> None:
    await rig.sql("DELETE FROM resources")
    await rig.create()
    assert rig.world.calls == {9292: 1, 9696: 1}


async def test_a_foreign_private_image_is_asked_for_with_the_users_token(rig: Rig) -> None:
    private = rig.world.images.images.pop(IMAGE) | {"visibility": "private"}
    await rig.hear(ImageChanged(id=IMAGE, project_id=OTHER_PROJECT, version=2, document=private))
    status, fault = await refused(rig, a_server())
    assert (status, fault) == (400, "badRequest: Can not find requested image")


UNFIT: Final[list[tuple[Json, str]]] = [
    ({"status": "queued"}, "is not active"),
    ({"min_ram": 4096}, "memory is too small"),
    ({"min_disk": 21}, "disk is too small"),
    ({"virtual_size": 30 * 1024**3}, "disk is too small"),
]


async def test_an_image_that_will_not_do_is_refused(rig: Rig) -> None:
    fit = rig.world.images.images[IMAGE]
    for version, (change, says) in enumerate(UNFIT, start=2):
        image = rig.world.images.images[IMAGE] = fit | change
        told = ImageChanged(id=IMAGE, project_id=OTHER_PROJECT, version=version, document=image)
        await rig.hear(told)
        status, fault = await refused(rig, a_server())
        assert status == 400
        assert says in fault


async def test_a_port_in_use_is_a_conflict(rig: Rig) -> None:
    port = rig.world.network.own_port(DEMO_PROJECT, NETWORK)
    port["device_id"] = fresh_id()
    await rig.hear(port_changed(port, 1))
    status, fault = await refused(rig, a_server(networks=[{"port": port["id"]}]))
    assert (status, fault) == (409, f"conflictingRequest: Port {port['id']} is still in use.")


async def test_old_news_of_an_image_or_a_port_refuses_nothing(rig: Rig) -> None:
    queued = rig.world.images.images[IMAGE] | {"status": "queued"}
    await rig.hear(ImageChanged(id=IMAGE, project_id=OTHER_PROJECT, version=2, document=queued))
    port = rig.world.network.own_port(DEMO_PROJECT, NETWORK)
    await rig.hear(port_changed(port | {"device_id": fresh_id()}, 1))
    await rig.create(networks=[{"port": port["id"]}])


async def test_an_external_network_of_others_is_not_for_members(rig: Rig) -> None:
    outside = {"id": UNKNOWN, "name": "ext", "shared": False, "router:external": True}
    rig.world.network.networks[UNKNOWN] = outside
    await rig.hear(NetworkChanged(id=UNKNOWN, project_id="a" * 32, version=1, document=outside))
    status, _ = await refused(rig, a_server(networks=[{"uuid": UNKNOWN}]))
    assert status == 403


async def test_security_groups_are_found_by_name_and_by_id(rig: Rig) -> None:
    group = {"id": UNKNOWN, "name": "web", "project_id": DEMO_PROJECT}
    await rig.hear(
        SecurityGroupChanged(id=UNKNOWN, project_id=DEMO_PROJECT, version=1, document=group)
    )
    for named in ("web", UNKNOWN):
        ident = await rig.create(security_groups=[{"name": named}])
        assert (await rig.show(ident))["security_groups"] == [{"name": "web"}]
    await rig.run_sagas()
    assert all(port["security_groups"] == [UNKNOWN] for port in rig.world.network.ports.values())


async def test_security_groups_of_one_name_are_a_conflict(rig: Rig) -> None:
    rig.world.network.security_groups = [
        {"id": fresh_id(), "name": "twin"}, {"id": fresh_id(), "name": "twin"},
    ]  # fmt: skip
    status, _ = await refused(rig, a_server(security_groups=[{"name": "twin"}]))
    assert status == 409


async def test_a_flavor_without_a_disk_is_for_administrators(rig: Rig) -> None:
    await rig.sql("UPDATE flavors SET disk = 0")
    assert (await refused(rig, a_server()))[0] == 403
    answer = await rig.call("POST", "/servers", a_server(networks="none"), who="admin", mv="2.96")
    assert answer.status == 202
    await rig.run_sagas()
    assert rig.world.gateway.operations()[0]["disks"][0]["size"] == 2, "as big as the image"


async def test_the_same_request_twice_is_one_server(rig: Rig) -> None:
    first = await rig.call("POST", "/servers", a_server(), mv="2.96", Idempotency_Key="k1")
    again = await rig.call("POST", "/servers", a_server(), mv="2.96", Idempotency_Key="k1")
    assert (again.status, again.body) == (first.status, first.body)
    other = await rig.call("POST", "/servers", a_server(name="x"), mv="2.96", Idempotency_Key="k1")
    assert other.status == 422
    assert len(await rig.sql("SELECT 1 FROM servers")) == 1
