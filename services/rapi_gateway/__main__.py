"""Runs the gateway: ``python -m services.rapi_gateway api | worker | all | migrate``."""

from services.rapi_gateway.main import DEFINITION
from shared.service.command import main

main(DEFINITION)
