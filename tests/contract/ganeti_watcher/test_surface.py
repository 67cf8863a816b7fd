"""The watcher's own URLs: who may ask, what is answered, who may hint."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, cast

import httpx
import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from services.ganeti_watcher.main import DEFINITION, build
from services.ganeti_watcher.settings import WatcherSettings
from services.ganeti_watcher.store.stores import bind
from shared.bus.memory import MemoryBus
from shared.contracts.ganeti import WatchState
from shared.db.migrate import migrate
from shared.db.reads import open_reads
from shared.db.uow import Nudge, engine_for, unit_of_work
from shared.identity.service_token import ServiceToken
from shared.identity.validator import TokenValidator
from shared.secrets_box import SecretBox
from shared.service.parts import Parts
from shared.service.runtime import Role, running
from shared.testing.identity import FakeValidator, caller
from tests.parts.postgres import MakesDatabases

TOKENS = {"admin": caller(roles=["admin"]), "user": caller(roles=["member"])}
AGENT = "the agents' own"


@dataclass
class Watcher:
    http: httpx.AsyncClient
    url: str

    async def get(self, path: str, user: str = "admin") -> httpx.Response:
        return await self.http.get(self.url + path, headers={"X-Auth-Token": user})

    async def hint(self, body: Any, token: str = AGENT) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"}
        path = "/v1/clusters/athens/hints"
        return await self.http.post(self.url + path, json=body, headers=headers)


@pytest.fixture
async def watcher(migrated_database: MakesDatabases) -> AsyncIterator[Watcher]:
    url = migrated_database("ganeti_watcher", lambda url: migrate(url, DEFINITION.migrations))
    settings = WatcherSettings.from_environment(
        {}, port=0, database_url=SecretStr(url), agent_token=SecretStr(AGENT)
    )
    engine = engine_for(url, size=2)
    async with httpx.AsyncClient(timeout=60) as http:
        parts = Parts(
            bus=MemoryBus(),
            http=http,
            engine=engine,
            reads=await open_reads(url),
            nudge=Nudge(),
            service_token=cast(ServiceToken, None),
            validator=cast(TokenValidator, FakeValidator(TOKENS)),
            secrets=SecretBox(Fernet.generate_key().decode()),
        )
        service = await build(settings, parts)
        async with unit_of_work(engine, bind)() as stores:
            await stores.leases.hold("one", ["athens"])
        async with running(service, frozenset({Role.API})) as port:
            yield Watcher(http, f"http://127.0.0.1:{port}")


async def test_operators_see_how_each_cluster_is_followed_and_by_whom(watcher: Watcher) -> None:
    answer = await watcher.get("/v1/clusters")
    assert answer.status_code == 200
    (cluster,) = answer.json()["clusters"]
    assert (cluster["name"], cluster["state"], cluster["held_by"]) == ("athens", "silent", "one")
    assert {
        "epoch",
        "last_job",
        "lag_seconds",
        "last_event_at",
        "drift",
        "behind_jobs",
        "open_jobs",
        "seconds_since_answer",
        "last_hint_at",
        "instances_in_trouble",
    } <= cluster.keys()
    assert WatchState(cluster["state"])
    (replica,) = answer.json()["replicas"]
    assert replica["owner"] == "one"


async def test_others_do_not(watcher: Watcher) -> None:
    assert (await watcher.get("/v1/clusters", "user")).status_code == 403
    assert (await watcher.get("/v1/clusters", "nobody")).status_code == 401


async def test_only_agents_may_hint_and_only_at_clusters_watched_here(watcher: Watcher) -> None:
    assert (await watcher.hint({"jobs": []}, "wrong")).status_code == 401
    assert (await watcher.hint({"jobs": []})).status_code == 404
    wrong: list[Any] = [
        {"jobs": [{"id": -1}]},
        {"jobs": 1},
        {"other": 1},
        [],
        {"jobs": [{"id": 2**70}]},
    ]
    for bad in wrong:
        assert (await watcher.hint(bad)).status_code == 400, bad


async def test_figures_are_there_for_prometheus(watcher: Watcher) -> None:
    text = (await watcher.http.get(watcher.url + "/metrics")).text
    for name in ("lag_seconds", "open_jobs", "behind_jobs", "drift", "trouble", "hints"):
        assert f"cyclades_watcher_{name}" in text, name
