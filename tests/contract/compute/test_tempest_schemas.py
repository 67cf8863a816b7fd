"""Every answer meets Tempest's response schemas, for every microversion they know."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pytest

from shared.contracts.ganeti import Failure
from tests.integration.compute.rig import Json, Rig, a_server, furnish, running_rig
from tests.integration.compute.rig import to_head as head
from tests.parts.postgres import MakesDatabases
from tests.parts.schemas import Answer, judged

HIGHEST: Final = 96
ADMIN: Final = "admin"
KEY: Final = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJqbbUsKvGPlEtYm0i1S9tnT5Gp8KkFdkMzHtxmxWCbq somebody"
)


@dataclass(frozen=True, slots=True)
class Question:
    """Something to ask, and what Tempest calls the answer's schema."""

    method: str
    path: str
    client: str
    schema: str
    body: Any = None
    who: str = "demo"
    since: int = 1
    until: int = 1000


def get(path: str, client: str, schema: str, **more: Any) -> Question:
    return Question("GET", path, client, schema, **more)


def admin(path: str, client: str, schema: str, **more: Any) -> Question:
    return Question("GET", path, client, schema, who=ADMIN, **more)


# What is asked of a cloud with a server that runs, one that broke, one being built.
LOOKS: Final = (
    get("/servers", "servers", "list_servers"),
    get("/servers?limit=1", "servers", "list_servers"),
    get("/servers/detail", "servers", "list_servers_detail"),
    admin("/servers/detail?all_tenants=1", "servers", "list_servers_detail"),
    get("/servers/{active}", "servers", "get_server"),
    admin("/servers/{active}", "servers", "get_server"),
    get("/servers/{broken}", "servers", "get_server"),
    admin("/servers/{broken}", "servers", "get_server"),
    get("/servers/{building}", "servers", "get_server"),
    get("/servers/{active}/ips", "servers", "list_addresses"),
    get("/servers/{active}/ips/private", "servers", "list_addresses_by_network"),
    get("/servers/{active}/metadata", "servers", "list_server_metadata"),
    get("/servers/{active}/metadata/role", "servers", "set_show_server_metadata_item"),
    get("/servers/{active}/tags", "servers", "list_tags", since=26),
    get("/servers/{active}/tags/blue", "servers", "check_tag_existence", since=26),
    get("/servers/{active}/os-instance-actions", "servers", "list_instance_actions"),
    get("/servers/{active}/os-instance-actions/{action}", "servers", "show_instance_action"),
    admin("/servers/{active}/os-instance-actions/{action}", "servers", "show_instance_action"),
    get("/servers/{active}/os-interface", "interfaces", "list_interfaces"),
    get("/servers/{active}/os-interface/{port}", "interfaces", "get_create_interfaces"),
    get("/servers/{active}/os-volume_attachments", "servers", "list_volume_attachments"),
    get("/servers/{active}/os-server-password", "servers", "show_password"),
    admin("/servers/{active}/diagnostics", "servers", "show_server_diagnostics", since=48),
    get("/flavors", "flavors", "list_flavors"),
    get("/flavors/detail", "flavors", "list_flavors_details"),
    get("/flavors/1", "flavors", "create_update_get_flavor_details"),
    get("/os-keypairs", "keypairs", "list_keypairs"),
    get("/os-keypairs/mine", "keypairs", "get_keypair"),
    get("/os-server-groups", "server_groups", "list_server_groups"),
    get("/os-server-groups/{group}", "server_groups", "create_show_server_group"),
    get("/limits", "limits", "get_limit"),
    get("/os-quota-sets/{project}", "quotas", "get_quota_set"),
    get("/os-quota-sets/{project}/defaults", "quotas", "get_quota_set"),
    get("/os-quota-sets/{project}/detail", "quotas", "get_quota_set_details"),
    admin("/os-quota-class-sets/default", "quota_classes", "get_quota_class_set"),
    get("/os-availability-zone", "availability_zone", "list_availability_zone_list"),
    admin(
        "/os-availability-zone/detail", "availability_zone", "list_availability_zone_list_detail"
    ),
    admin("/os-hypervisors", "hypervisor", "list_search_hypervisors"),
    # Tempest does not know what 2.88 made of them.
    admin("/os-hypervisors/detail", "hypervisor", "list_hypervisors_detail", until=87),
    admin("/os-hypervisors/statistics", "hypervisor", "get_hypervisor_statistics", until=87),
    admin("/os-hypervisors/node1/servers", "hypervisor", "get_hypervisors_servers", until=52),
    admin("/os-hypervisors/node1/search", "hypervisor", "list_search_hypervisors", until=52),
    admin("/os-services", "services", "list_services"),
    admin("/os-aggregates", "aggregates", "list_aggregates"),
    admin("/os-aggregates/1", "aggregates", "get_aggregate"),
    admin("/os-hosts", "hosts", "list_hosts", until=42),
    admin("/os-hosts/node1.athens", "hosts", "get_host_detail", until=42),
    admin("/os-migrations", "migrations", "list_migrations"),
    admin(
        "/os-instance_usage_audit_log",
        "instance_usage_audit_log",
        "list_instance_usage_audit_log",
    ),
    admin(
        "/os-instance_usage_audit_log/2026-01-02 03:04:05.000000",
        "instance_usage_audit_log",
        "get_instance_usage_audit_log",
    ),
    get("/extensions", "extensions", "list_extensions"),
)


def post(path: str, client: str, schema: str, body: Any, **more: Any) -> Question:
    return Question("POST", path, client, schema, body, **more)


ACT: Final = "/servers/{active}/action"
NOVNC: Final = {"remote_console": {"protocol": "vnc", "type": "novnc"}}
# What changes nothing that a later question asks about.
DEEDS: Final = (
    post("/servers", "servers", "create_server_with_admin_pass", a_server()),
    Question("PUT", "/servers/{active}", "servers", "update_server", {"server": {"name": "web"}}),
    post(ACT, "servers", "get_console_output", {"os-getConsoleOutput": {"length": 5}}),
    post(ACT, "servers", "get_vnc_console", {"os-getVNCConsole": {"type": "novnc"}}, until=5),
    post(
        "/servers/{active}/remote-consoles", "servers", "get_remote_consoles", NOVNC, since=6
    ),
    post("/servers/{active}/metadata", "servers", "update_server_metadata",
         {"metadata": {"role": "web"}}),
    Question("PUT", "/servers/{active}/metadata", "servers", "set_server_metadata",
             {"metadata": {"role": "web"}}),
    Question("PUT", "/servers/{active}/tags", "servers", "update_all_tags", {"tags": ["blue"]},
             since=26),
    Question("PUT", "/servers/{active}/tags/red", "servers", "update_tag", since=27),
    post("/os-keypairs", "keypairs", "create_keypair",
         {"keypair": {"name": "made", "public_key": KEY}}),
    Question("DELETE", "/os-keypairs/made", "keypairs", "delete_keypair"),
    post("/os-server-groups", "server_groups", "create_show_server_group",
         {"server_group": {"name": "g", "policies": ["affinity"]}}, until=63),
    post("/os-server-groups", "server_groups", "create_show_server_group",
         {"server_group": {"name": "g", "policy": "affinity"}}, since=64),
    post("/flavors", "flavors", "create_update_get_flavor_details",
         {"flavor": {"name": "made", "ram": 64, "vcpus": 1, "disk": 1, "id": "made"}}, who=ADMIN),
    Question("PUT", "/flavors/made", "flavors", "create_update_get_flavor_details",
             {"flavor": {"description": "x"}}, who=ADMIN, since=55),
    Question("DELETE", "/flavors/made", "flavors", "delete_flavor", who=ADMIN),
    Question("PUT", "/os-quota-sets/{project}", "quotas", "update_quota_set",
             {"quota_set": {"cores": 200}}, who=ADMIN),
    Question("PUT", "/os-quota-class-sets/default", "quota_classes", "update_quota_class_set",
             {"quota_class_set": {"cores": 200}}, who=ADMIN),
)  # fmt: skip


@dataclass
class Cloud:
    """A service with something of everything in it."""

    rig: Rig
    names: Mapping[str, str]
    answers: list[Answer] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    async def ask(self, question: Question, minor: int) -> Answer | None:
        """Ask; keep the answer, unless it is a refusal."""
        path = question.path.format(**self.names)
        mv, asked = f"2.{minor}", f"{question.method} {question.path} ({question.who})"
        answer = await self.rig.call(question.method, path, question.body, who=question.who, mv=mv)
        if answer.status >= 300:
            self.refused.append(f"{mv} {asked}: {answer.status} {answer.body}")
            return None
        told = Answer(
            question=asked,
            client=question.client,
            schema=question.schema,
            microversion=mv,
            status=answer.status,
            body=answer.body,
            headers=dict(answer.headers),
        )
        self.answers.append(told)
        return told


@pytest.fixture
async def cloud(migrated_database: MakesDatabases) -> AsyncIterator[Cloud]:
    """Something of everything."""
    url = migrated_database("compute", head)
    async with running_rig(url, console_url="http://consoles.example") as rig:
        await furnish(rig)
        await rig.know_cluster()
        await generous(rig)
        names = {"project": "d" * 32, "building": ""}
        key = {"keypair": {"name": "mine", "public_key": KEY}}
        await rig.call("POST", "/os-keypairs", key)
        group = {"server_group": {"name": "g", "policies": ["anti-affinity"]}}
        names["group"] = (await rig.call("POST", "/os-server-groups", group)).body["server_group"][
            "id"
        ]
        await rig.call(
            "POST", "/os-aggregates", {"aggregate": {"name": "a", "availability_zone": "z"}},
            who=ADMIN,
        )  # fmt: skip
        names["active"] = await rig.active(
            key_name="mine", metadata={"role": "web"}, tags=["blue"], description="x"
        )
        names["broken"] = await rig.create()
        await rig.run_sagas()
        await rig.fail_last_job(Failure.BAD_REQUEST)
        await rig.end_jobs()
        names["building"] = await rig.create()
        nics = await rig.get(f"/servers/{names['active']}/os-interface")
        names["port"] = nics["interfaceAttachments"][0]["port_id"]
        actions = await rig.get(f"/servers/{names['active']}/os-instance-actions")
        names["action"] = actions["instanceActions"][0]["request_id"]
        instance = f"cyc-{names['active']}"
        rig.world.gateway.logs[instance] = "booting\n"
        rig.world.gateway.screens[instance] = {"kind": "vnc", "host": "10.0.0.1", "port": 11000}
        yield Cloud(rig=rig, names=names)


async def generous(rig: Rig) -> None:
    """Have limits that no test meets."""
    limits = {"instances": -1, "cores": -1, "ram": -1, "server_groups": -1}
    answer = await rig.call(
        "PUT", f"/os-quota-sets/{'d' * 32}", {"quota_set": limits}, who=ADMIN, mv="2.1"
    )
    assert answer.status == 200


def minors_of(question: Question, versions: Mapping[str, list[str]]) -> list[int]:
    """Return the microversions to ask with: where the client's schemas begin, and the last one."""
    begun = {int(version.split(".")[1]) for version in versions[question.client]}
    known = begun | {1, question.since, min(HIGHEST, question.until)}
    return sorted(each for each in known if question.since <= each <= min(HIGHEST, question.until))


async def test_answers_meet_tempests_schemas(cloud: Cloud) -> None:
    versions = judged("compute", [])["versions"]
    assert len(versions["servers"]) > 20
    for minor in range(1, HIGHEST + 1):  # what is made in one round is deleted in the same
        for question in (*LOOKS, *DEEDS):
            if minor in minors_of(question, versions):
                await cloud.ask(question, minor)
    assert cloud.refused == []
    assert judged("compute", cloud.answers)["findings"] == []


SPOILED: Final[Mapping[str, Callable[[Json], Json]]] = {
    "a key too many": lambda body: {"server": body["server"] | {"ours": 1}},
    "a key too few": lambda body: {
        "server": {k: v for k, v in body["server"].items() if k != "id"}
    },
    "a wrong type": lambda body: {"server": body["server"] | {"progress": "5"}},
}


async def test_a_spoiled_answer_is_found(cloud: Cloud) -> None:
    question = get("/servers/{active}", "servers", "get_server")
    answers = []
    for minor in (1, 47, HIGHEST):
        told = await cloud.ask(question, minor)
        assert told is not None
        answers += [
            replace(told, question=how, body=spoil(told.body)) for how, spoil in SPOILED.items()
        ]
    findings = judged("compute", answers)["findings"]
    assert len(findings) == len(answers) == 9, findings
