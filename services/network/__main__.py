"""``python -m services.network api | worker | all | migrate``."""

from services.network.main import DEFINITION
from shared.service.command import main

main(DEFINITION)
