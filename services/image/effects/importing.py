"""The saga of an import: the image has its bytes, or waits for others as if nothing had been."""

from typing import Final
from uuid import UUID

from services.image.usecases.imports import SAGA, Imports
from shared.errors import CloudError, StaleWrite, Unavailable
from shared.ids import ImageId
from shared.saga.definition import GiveUp, Notes, Saga, Step, Wait

PAUSE: Final = 5.0  # seconds until a source that was down is asked again


async def bring(imports: Imports, notes: Notes) -> Notes:
    """Have the bytes; what came before a crash is forgotten, and comes again."""
    try:
        await imports.bring(_image(notes), _task(notes), _request(notes))
    except StaleWrite:
        raise
    except Unavailable as down:
        raise Wait(PAUSE) from down
    except CloudError as refused:
        raise GiveUp(refused.message) from refused
    return {}


async def gave_up(imports: Imports, notes: Notes) -> None:
    """Queue the image again and say why."""
    reason = str(notes.get("gave_up", ""))
    await imports.give_up(_image(notes), _task(notes), reason, _request(notes))


def _image(notes: Notes) -> ImageId:
    return ImageId(UUID(notes["subject"]))


def _task(notes: Notes) -> UUID:
    return UUID(notes["task"])


def _request(notes: Notes) -> str:
    return str(notes["request_id"])


IMPORT_IMAGE: Final = Saga(SAGA, (Step("bring", bring),), gave_up=gave_up)
