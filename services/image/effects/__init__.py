"""Sagas, and what they need of the world outside."""

from services.image.effects.importing import IMPORT_IMAGE
from services.image.usecases.imports import Imports
from shared.saga.definition import Saga

SAGAS: dict[str, Saga[Imports]] = {IMPORT_IMAGE.name: IMPORT_IMAGE}
