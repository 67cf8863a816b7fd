"""``python -m services.compute api | worker | all | migrate``."""

from services.compute.main import DEFINITION
from shared.service.command import main

main(DEFINITION)
