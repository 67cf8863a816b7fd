"""Actions that Nova knows and this cloud does not have: a sentence for each."""

from collections.abc import Mapping
from typing import Final

from services.compute.api.actions.known import NotPossible, Unbuilt

NEVER: Final = "is not possible with Ganeti"
NO_PAUSE: Final = "is not possible: Ganeti cannot pause instances; stop the server, or shelve it"
NO_SUSPEND: Final = "is not possible: Ganeti cannot save instances; stop the server, or shelve it"
UNBUILT: Final[Mapping[str, Unbuilt]] = {
    "changePassword": Unbuilt("is not possible: nothing here can change a running guest"),
    "pause": Unbuilt(NO_PAUSE),
    "unpause": Unbuilt(NO_PAUSE),
    "suspend": Unbuilt(NO_SUSPEND, NotPossible),
    "resume": Unbuilt(NO_SUSPEND, NotPossible),
    "os-getRDPConsole": Unbuilt(NEVER, NotPossible, until=5),
    "trigger_crash_dump": Unbuilt(NEVER, NotPossible, since=17),
}
