"""Every answer meets Tempest's response schemas, for every microversion they know."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson
import pytest

from tests.contract.volume import grouping
from tests.contract.volume.grouping import group, group_type, member
from tests.integration.volume.rig import OWN, Json, Rig
from tests.parts.schemas import Answer, judged

pytestmark = pytest.mark.asyncio(loop_scope="module")
HIGHEST: Final = 70
ADMIN: Final = "admin"


@dataclass(frozen=True, slots=True)
class Question:
    """Something to ask, and what Tempest calls the answer's schema."""

    method: str
    path: str
    client: str
    schema: str
    body: Any = None
    who: str = "demo"
    since: int = 0
    until: int = HIGHEST


def get(path: str, client: str, schema: str, **more: Any) -> Question:
    return Question("GET", path, client, schema, **more)


def post(path: str, client: str, schema: str, body: Any, **more: Any) -> Question:
    return Question("POST", path, client, schema, body, **more)


METADATA: Final = {"metadata": {"a": "b"}}
QUESTIONS: Final = (
    get("/volumes", "volumes", "list_volumes_no_detail"),
    get("/volumes?limit=1", "volumes", "list_volumes_no_detail"),
    get("/volumes/detail", "volumes", "list_volumes_with_detail"),
    get("/volumes/detail?all_tenants=1", "volumes", "list_volumes_with_detail", who=ADMIN),
    get("/volumes/{volume}", "volumes", "show_volume"),
    get("/volumes/{volume}", "volumes", "show_volume", who=ADMIN),
    get("/volumes/summary", "volumes", "show_volume_summary", since=12),
    get("/volumes/{volume}/metadata", "volumes", "show_volume_metadata"),
    post("/volumes/{volume}/metadata", "volumes", "create_volume_metadata", METADATA),
    get("/volumes/{volume}/metadata/a", "volumes", "show_volume_metadata_item"),
    post("/volumes", "volumes", "create_volume", {"volume": {"size": 1}}),
    # Tempest does not know what Cinder's answers to these have had since.
    Question(
        "PUT", "/volumes/{volume}", "volumes", "update_volume", {"volume": {"name": "x"}}, until=62
    ),
    get("/snapshots/detail", "snapshots", "list_snapshots_with_detail", until=13),
    get("/snapshots/{snapshot}", "snapshots", "show_snapshot", until=13),
    get("/snapshots", "snapshots", "list_snapshots_no_detail"),
    get("/snapshots/{snapshot}/metadata", "snapshots", "show_snapshot_metadata"),
    get("/types", "types", "list_volume_types"),
    get("/types/{type}", "types", "show_volume_type"),
    get("/types/{type}", "types", "show_volume_type", who=ADMIN),
    get("/types/{type}/extra_specs", "types", "list_volume_types_extra_specs", who=ADMIN),
    get("/limits", "limits", "show_limits"),
    get("/os-quota-sets/{project}", "quotas", "show_quota_set"),
    get("/os-quota-sets/{project}/defaults", "quotas", "show_quota_set"),
    get("/os-quota-sets/{project}?usage=True", "quotas", "show_quota_set_usage"),
    get("/os-quota-class-sets/default", "quota_classes", "show_quota_classes", who=ADMIN),
    get("/os-services", "services", "list_services", who=ADMIN),
    get("/scheduler-stats/get_pools", "scheduler_stats", "get_pools_no_detail", who=ADMIN),
    get(
        "/scheduler-stats/get_pools?detail=True",
        "scheduler_stats",
        "get_pools_with_detail",
        who=ADMIN,
    ),
    get("/extensions", "extensions", "list_extensions"),
    get("/messages", "messages", "list_messages", since=3),
    get("/qos-specs", "qos", "list_qos", who=ADMIN),
    get("/group_types", "group_types", "list_group_types", who=ADMIN, since=11),
    get("/group_types/{group_type}", "group_types", "show_group_type", since=11),
    get("/groups", "groups", "list_groups_no_detail", since=13),
    get("/groups/detail", "groups", "list_groups_with_detail", since=13),
    get("/groups/{group}?list_volume=True", "groups", "show_group", since=13),
    post(
        "/groups/action",
        "groups",
        "create_group_from_source",
        {"create-from-src": {"source_group_id": "{group}", "name": "copy"}},
        since=14,
    ),
    get("/group_snapshots", "group_snapshots", "list_group_snapshots_no_detail", since=14),
    get("/group_snapshots/detail", "group_snapshots", "list_group_snapshots_with_detail", since=14),
    get("/group_snapshots/{whole}", "group_snapshots", "show_group_snapshot", since=14),
    get("/backups", "backups", "list_backups_no_detail"),
    get("/backups/detail", "backups", "list_backups_with_detail"),
)


async def names_of(rig: Rig) -> dict[str, str]:
    """Have a volume, a snapshot of it, and a type."""
    await rig.know_cluster()
    volume = await rig.made(metadata={"role": "data"})
    snapshot = await rig.snapshot(volume["id"])
    types = (await rig.get("/types"))["volume_types"]
    kind, members = await group_type(rig), await group(rig)
    await member(rig, members)
    whole = (await grouping.snapshot(rig, members)).body["group_snapshot"]
    await rig.limit(groups=-1, volumes=-1, gigabytes=-1)
    return {
        "project": OWN,
        "volume": volume["id"],
        "snapshot": snapshot["id"],
        "type": types[0]["id"],
        "group_type": kind["id"],
        "group": members,
        "whole": whole["id"],
    }


def _filled(body: bytes, names: Mapping[str, str]) -> bytes:
    for name, value in names.items():
        body = body.replace(f'"{{{name}}}"'.encode(), f'"{value}"'.encode())
    return body


async def asked(rig: Rig, question: Question, minor: int, names: Mapping[str, str]) -> Answer:
    """Ask at a microversion."""
    path, at = question.path.format(**names), f"3.{minor}"
    body = orjson.loads(_filled(orjson.dumps(question.body), names)) if question.body else None
    answer = await rig.call(question.method, path, body, who=question.who, at=at)
    assert answer.status < 300, (at, question, answer.raw)
    return Answer(
        question=f"{question.method} {question.path} ({question.who})",
        client=question.client,
        schema=question.schema,
        microversion=at,
        status=answer.status,
        body=answer.body if answer.raw else None,
        headers=dict(answer.headers),
    )


def minors_of(question: Question, versions: Mapping[str, list[str]]) -> list[int]:
    """Return the microversions to ask with: where the client's schemas begin, and the last one."""
    begun = {int(version.split(".")[1]) for version in versions[question.client]}
    known = begun | {0, question.since, question.until}
    return sorted(each for each in known if question.since <= each <= question.until)


async def test_answers_meet_tempests_schemas(rig: Rig) -> None:
    names = await names_of(rig)
    versions = judged("volume", [])["versions"]
    assert len(versions["volumes"]) > 3
    answers = [
        await asked(rig, question, minor, names)
        for question in QUESTIONS
        for minor in minors_of(question, versions)
    ]
    assert judged("volume", answers)["findings"] == []


async def test_a_key_too_many_is_found(rig: Rig) -> None:
    names = await names_of(rig)
    question = get("/volumes/{volume}", "volumes", "show_volume")
    told = [await asked(rig, question, minor, names) for minor in (0, 61, HIGHEST)]

    def spoiled(body: Json) -> Json:
        return {"volume": body["volume"] | {"ours": 1}}

    wrong = [replace(each, body=spoiled(each.body)) for each in told]
    assert len(judged("volume", wrong)["findings"]) == len(wrong)
