"""``python -m services.ganeti_watcher worker | migrate``."""

from services.ganeti_watcher.main import DEFINITION
from shared.service.command import main

main(DEFINITION)
