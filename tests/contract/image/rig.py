"""The image service in this process, on a real PostgreSQL and a directory of its own."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import orjson
import sqlalchemy as sa
from aiohttp import web
from cryptography.fernet import Fernet
from pydantic import SecretStr

from services.image.api.deps import Deps
from services.image.main import MIGRATIONS, assemble, build_api, runner_of, sweeper_of
from services.image.settings import ImageSettings
from services.image.store.stores import bound
from services.image.store.tables import metadata
from services.image.usecases.imports import Imports
from services.image.usecases.sweeping import Sweeper
from shared.bus.memory import MemoryBus
from shared.db.migrate import migrate
from shared.db.reads import open_reads
from shared.db.uow import Nudge, engine_for, unit_of_work
from shared.identity.keystone import Credentials, Keystone
from shared.identity.service_token import ServiceToken
from shared.saga.runner import Runner
from shared.secrets_box import SecretBox
from shared.service.parts import Parts
from shared.testing.identity import FakeValidator, caller
from shared.web.serve import serving
from tests.parts.emptying import empty

KEY: Final = Fernet.generate_key().decode()
NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
PROJECTS: Final = {"a": "a" * 32, "b": "b" * 32, "admin": "0" * 32, "glance": "5" * 32}
V21: Final = "application/openstack-images-v2.1-json-patch"

Json = dict[str, Any]


async def to_head(url: str) -> None:
    """Bring a database to the image service's newest migration."""
    await migrate(url, MIGRATIONS)


@dataclass(slots=True)
class Rig:
    """The service, and what a test may do to it."""

    client: httpx.AsyncClient
    app: web.Application
    port: int
    parts: Parts
    deps: Deps
    sweeper: Sweeper
    runner: Runner[Imports]
    data_dir: Path

    async def ask(self, method: str, path: str, user: str = "a", **how: Any) -> httpx.Response:
        headers = {"X-Auth-Token": user, **how.pop("headers", {})}
        return await self.client.request(method, path, headers=headers, **how)

    async def create(self, user: str = "a", **members: Any) -> Json:
        """Create an image that may be uploaded, and return its JSON."""
        body = {"name": "img", "disk_format": "raw", "container_format": "bare", **members}
        answer = await self.ask("POST", "/v2/images", user, json=body)
        assert answer.status_code == 201, answer.text
        made: Json = answer.json()
        return made

    async def upload(
        self, image_id: str, content: Any, user: str = "a", **headers: str
    ) -> httpx.Response:
        return await self.ask(
            "PUT",
            f"/v2/images/{image_id}/file",
            user,
            content=content,
            headers={"Content-Type": "application/octet-stream", **headers},
        )

    async def active(self, content: bytes = b"x" * 1000, user: str = "a", **members: Any) -> Json:
        """Create an image, upload its bytes, and return its JSON."""
        image = await self.create(user, **members)
        answer = await self.upload(image["id"], content, user)
        assert answer.status_code == 204, answer.text
        return await self.show(image["id"], user)

    async def show(self, image_id: str, user: str = "a") -> Json:
        answer = await self.ask("GET", f"/v2/images/{image_id}", user)
        assert answer.status_code == 200, answer.text
        shown: Json = answer.json()
        return shown

    async def patch(self, image_id: str, *operations: Json, user: str = "a") -> httpx.Response:
        return await self.ask(
            "PATCH",
            f"/v2/images/{image_id}",
            user,
            content=orjson.dumps(operations),
            headers={"Content-Type": V21},
        )

    async def listed(self, query: str = "", user: str = "a") -> list[str]:
        """Return the names a list shows."""
        answer = await self.ask("GET", f"/v2/images{query}", user)
        assert answer.status_code == 200, answer.text
        return [image["name"] for image in answer.json()["images"]]

    async def ticket(self, image_id: str, base_url: str | None = None) -> Json:
        answer = await self.ask(
            "POST",
            f"/internal/v1/images/{image_id}/tickets",
            "glance",
            json={"base_url": base_url},
        )
        assert answer.status_code == 200, answer.text
        ticket: Json = answer.json()
        return ticket

    async def events(self) -> list[Json]:
        """Return what was published, in order."""
        rows = await self.parts.reads.rows("SELECT body FROM outbox ORDER BY id")
        return [orjson.loads(row["body"]) for row in rows]

    async def run_sagas(self, *, hurry: bool = False) -> None:
        """Run what is due until nothing is; in a hurry, what is due later too."""
        while True:
            if hurry:
                async with self.parts.engine.begin() as connection:
                    await connection.execute(sa.text("UPDATE sagas SET wake_at = now()"))
            if not await self.runner.run_once():
                return

    async def forget_everything(self) -> None:
        """Begin with an empty service: tests share it."""
        await empty(self.parts.engine, metadata)

    async def statements(self, work: Callable[[], Any]) -> int:
        """Return how many reads the work took."""
        before = self.parts.reads.statements
        await work()
        return self.parts.reads.statements - before

    def files(self) -> list[str]:
        """Return the names of all files with bytes."""
        return sorted(path.name for path in self.data_dir.rglob("*") if path.is_file())


@asynccontextmanager
async def running_rig(url: str, data_dir: Path, **given: Any) -> AsyncIterator[Rig]:
    """Serve the image service inside the block."""
    settings = ImageSettings(
        database_url=SecretStr(url), secret_key=SecretStr(KEY), data_dir=data_dir, **given
    )
    async with httpx.AsyncClient(verify=NO_TLS, trust_env=False, timeout=30) as http:
        parts = await _parts(url, http)
        with ThreadPoolExecutor(settings.upload_threads) as threads:
            transaction = unit_of_work(parts.engine, bound(parts.secrets), parts.nudge)
            deps = assemble(settings, parts, transaction, threads)
            await asyncio.to_thread(deps.blobs.prepare)
            app = build_api(settings, parts, deps, validator())
            try:
                async with _served(app, http) as (port, client):
                    rig = Rig(
                        client=client,
                        app=app,
                        port=port,
                        parts=parts,
                        deps=deps,
                        sweeper=sweeper_of(settings, parts, deps),
                        runner=runner_of(settings, parts, deps),
                        data_dir=data_dir,
                    )
                    await rig.forget_everything()
                    yield rig
            finally:
                await parts.reads.close()
                await parts.engine.dispose()


@asynccontextmanager
async def _served(
    app: web.Application, http: httpx.AsyncClient
) -> AsyncIterator[tuple[int, httpx.AsyncClient]]:
    async with serving(app, "127.0.0.1", 0, shutdown_deadline=1) as port:
        http.base_url = httpx.URL(f"http://127.0.0.1:{port}")
        yield port, http


async def _parts(url: str, http: httpx.AsyncClient) -> Parts:
    keystone = Keystone("http://127.0.0.1:9", http)
    token = ServiceToken(keystone, Credentials(username="glance", password="none"))
    known: Any = validator()
    return Parts(
        bus=MemoryBus(),
        http=http,
        engine=engine_for(url),
        reads=await open_reads(url, size=4),
        nudge=Nudge(),
        service_token=token,
        validator=known,
        secrets=SecretBox(KEY),
    )


def validator() -> FakeValidator:
    """Return who knows the callers of the tests."""
    known = {
        name: caller(project, ["admin"] if name == "admin" else ["member"])
        for name, project in PROJECTS.items()
    }
    known["reader"] = caller(PROJECTS["a"], ["reader"])
    known["glance"] = caller(PROJECTS["glance"], ["service"])
    return FakeValidator(known)
