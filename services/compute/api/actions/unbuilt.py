"""Actions that Nova knows and this cloud does not have: a sentence for each."""

from collections.abc import Mapping
from typing import Final

from services.compute.api.actions.known import NotPossible, Unbuilt

LATER: Final = "is not built yet"
NEVER: Final = "is not possible with Ganeti"
UNBUILT: Final[Mapping[str, Unbuilt]] = {
    "resize": Unbuilt(LATER),
    "confirmResize": Unbuilt(LATER),
    "revertResize": Unbuilt(LATER),
    "rebuild": Unbuilt(LATER),
    "createImage": Unbuilt(LATER),
    "createBackup": Unbuilt(LATER),
    "changePassword": Unbuilt(LATER),
    "lock": Unbuilt(LATER),
    "unlock": Unbuilt(LATER),
    "pause": Unbuilt(NEVER),
    "unpause": Unbuilt(NEVER),
    "suspend": Unbuilt(NEVER, NotPossible),
    "resume": Unbuilt(NEVER, NotPossible),
    "shelve": Unbuilt(LATER),
    "shelveOffload": Unbuilt(LATER),
    "unshelve": Unbuilt(LATER),
    "rescue": Unbuilt(LATER),
    "unrescue": Unbuilt(LATER),
    "addSecurityGroup": Unbuilt(LATER),
    "removeSecurityGroup": Unbuilt(LATER),
    "addFloatingIp": Unbuilt(LATER, until=43),
    "removeFloatingIp": Unbuilt(LATER, until=43),
    "addFixedIp": Unbuilt(LATER, until=43),
    "removeFixedIp": Unbuilt(LATER, until=43),
    "os-getConsoleOutput": Unbuilt(LATER),
    "os-getVNCConsole": Unbuilt(LATER, until=5),
    "os-getSPICEConsole": Unbuilt(LATER, until=5),
    "os-getSerialConsole": Unbuilt(LATER, until=5),
    "os-getRDPConsole": Unbuilt(NEVER, NotPossible, until=5),
    "migrate": Unbuilt(LATER),
    "os-migrateLive": Unbuilt(LATER),
    "evacuate": Unbuilt(LATER),
    "os-resetState": Unbuilt(LATER),
    "restore": Unbuilt(LATER),
    "forceDelete": Unbuilt(LATER),
    "trigger_crash_dump": Unbuilt(NEVER, NotPossible, since=17),
}
