"""``python -m services.image api | worker | all | migrate``."""

from services.image.main import DEFINITION
from shared.service.command import main

main(DEFINITION)
