"""``python -m services.volume api | worker | all | migrate``."""

from services.volume.main import DEFINITION
from shared.service.command import main

main(DEFINITION)
