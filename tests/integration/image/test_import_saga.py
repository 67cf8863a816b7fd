"""The saga of an import, repeated, killed and taken back."""

import asyncio
from typing import Any
from uuid import UUID

from aiohttp import web

from services.image.domain.image import ImageGone
from services.image.effects.importing import bring, gave_up
from shared.ids import ImageId
from tests.contract.image.conftest import MakesRigs
from tests.contract.image.importing import ask_import, rig_and_website, stage, tasks
from tests.contract.image.rig import Json, Rig
from tests.integration.image.slow_upload import until

CONTENT = b"c" * 10_000


async def notes_of(rig: Rig, image_id: str) -> Json:
    """Return what the import's saga knows."""
    (task,) = await tasks(rig, image_id)
    return {"subject": image_id, "task": task["id"], "request_id": "req-x"}


async def staged_import(rig: Rig) -> tuple[Json, Json]:
    image = await rig.create()
    await stage(rig, image["id"], CONTENT)
    assert (await ask_import(rig, image["id"], "glance-direct")).status_code == 202
    return image, await notes_of(rig, image["id"])


async def test_bringing_twice_is_bringing_once(rig: Rig) -> None:
    image, notes = await staged_import(rig)
    assert await bring(rig.deps.imports, notes) == {}
    once = await rig.show(image["id"])
    events = await rig.events()
    assert await bring(rig.deps.imports, notes) == {}
    assert await rig.show(image["id"]) == once
    assert await rig.events() == events


async def test_giving_up_twice_leaves_the_image_as_it_was(rig: Rig) -> None:
    image, notes = await staged_import(rig)
    for _ in range(2):
        await gave_up(rig.deps.imports, notes | {"gave_up": "why"})
        shown = await rig.show(image["id"])
        assert shown == image | {"updated_at": shown["updated_at"]}
        assert rig.files() == []
        (task,) = await tasks(rig, image["id"])
        assert (task["status"], task["message"]) == ("failure", "why")


async def test_giving_up_late_does_not_touch_what_came_after(rig: Rig) -> None:
    image, notes = await staged_import(rig)
    await gave_up(rig.deps.imports, notes | {"gave_up": "why"})
    assert (await rig.upload(image["id"], CONTENT)).status_code == 204
    await gave_up(rig.deps.imports, notes | {"gave_up": "why"})
    assert (await rig.show(image["id"]))["status"] == "active"


async def test_an_import_whose_process_dies_begins_again(rig_with: MakesRigs) -> None:
    asked: list[str] = []
    silence = asyncio.Event()

    async def send(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        if len(asked) > 1:
            return web.Response(body=CONTENT)
        response = web.StreamResponse(headers={"Content-Length": str(len(CONTENT))})
        await response.prepare(request)
        await response.write(CONTENT[:100])
        await silence.wait()
        return response

    async with rig_and_website(rig_with, send) as (rig, base):
        image = await rig.create()
        await ask_import(rig, image["id"], {"name": "web-download", "uri": base})
        notes = await notes_of(rig, image["id"])
        first = asyncio.create_task(bring(rig.deps.imports, notes))
        await until(lambda: _has_part(rig))
        await bring(rig.deps.imports, notes)  # of another process, whose lease it is now
        silence.set()
        (outcome,) = await asyncio.gather(first, return_exceptions=True)
        assert isinstance(outcome, Exception)
        shown = await rig.show(image["id"])
        assert (shown["status"], shown["size"]) == ("active", len(CONTENT))
        assert len(rig.files()) == 1
        assert (await rig.ask("GET", image["file"])).content == CONTENT


async def test_of_imports_that_start_together_one_wins(rig: Rig) -> None:
    image = await rig.create()
    await stage(rig, image["id"], CONTENT)
    answers: list[Any] = await asyncio.gather(
        *(ask_import(rig, image["id"], "glance-direct") for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409]
    assert len(await tasks(rig, image["id"])) == 1


async def test_what_was_staged_outlives_the_sweeper(rig: Rig) -> None:
    image = await rig.create()
    await stage(rig, image["id"], CONTENT)
    await rig.sweeper.give_up_dead_uploads()
    assert (await rig.show(image["id"]))["status"] == "uploading"
    async with rig.deps.transaction() as stores:
        found = await stores.images.get_for_change(ImageId(UUID(image["id"])))
        assert found.upload in await stores.images.uploads_of({found.id})


async def test_a_fetch_for_an_import_that_is_over_is_refused(rig: Rig) -> None:
    image, notes = await staged_import(rig)
    await bring(rig.deps.imports, notes)
    async with rig.deps.transaction() as stores:
        found = await stores.images.get_for_change(ImageId(UUID(image["id"])))
    try:
        found.begin_fetch(UUID(notes["task"]), UUID(int=1))
    except ImageGone:
        return
    raise AssertionError("it began")


async def _has_part(rig: Rig) -> bool:
    return any(name.endswith(".part") for name in rig.files())
