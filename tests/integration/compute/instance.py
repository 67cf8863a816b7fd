"""An instance on paper: what it would be, had Ganeti done everything that was submitted."""

from dataclasses import dataclass, field, replace
from typing import Any

from tests.integration.compute.rig import Rig

Json = dict[str, Any]


@dataclass
class PaperInstance:
    """An instance, changed by one operation after the other."""

    running: bool = True
    node: str | None = "node1.athens"
    offline: bool = False
    vcpus: int = 1
    memory: int = 2048
    disk: int = 20 * 1024
    hypervisor: Json = field(default_factory=dict)
    public: Json = field(default_factory=dict)
    private: Json = field(default_factory=dict)
    installs: int = 0
    exports: int = 0

    @property
    def as_left(self) -> "PaperInstance":
        """The instance but for what nobody takes back: disks that grew or were written."""
        boots = {name: str(value).partition("?")[0] for name, value in self.hypervisor.items()}
        return replace(self, hypervisor=boots, disk=0, installs=0, exports=0, public={})

    def apply(self, operation: Json) -> None:
        """Do as Ganeti would."""
        kind = operation["operation"].replace(".", "_")
        getattr(self, f"_{kind}", lambda _: None)(operation)

    def _instance_start(self, _operation: Json) -> None:
        assert not self.offline, "an offline instance cannot be started"
        self.running = True

    def _instance_reboot(self, operation: Json) -> None:
        self._instance_start(operation)

    def _instance_stop(self, _operation: Json) -> None:
        self.running = False

    def _instance_failover(self, operation: Json) -> None:
        self.node = operation["node"]

    def _instance_migrate(self, operation: Json) -> None:
        assert self.running, "only what runs is migrated"
        self.node = operation["node"]

    def _instance_configure(self, operation: Json) -> None:
        self.vcpus = operation.get("vcpus") or self.vcpus
        self.memory = operation.get("memory") or self.memory
        if operation.get("offline") is not None:
            assert not self.running, "a running instance cannot be put offline"
            self.offline = operation["offline"]
        for name, value in operation.get("hypervisor_parameters", {}).items():
            self.hypervisor[name] = value
            if value == "default":
                del self.hypervisor[name]
        self.public |= operation.get("os_parameters", {})
        for name, value in operation.get("os_private", {}).items():
            self.private[name] = value
            if not value:
                del self.private[name]

    def _instance_reinstall(self, operation: Json) -> None:
        assert "image_url" in self.private, "there is nothing to install"
        self.installs += 1
        self.public, self.private = dict(operation["os_parameters"]), {}
        self.running = operation["start"]

    def _instance_export(self, _operation: Json) -> None:
        assert "upload_url" in self.private, "there is nowhere to export to"
        self.exports += 1

    def _disk_grow(self, operation: Json) -> None:
        assert operation["size"] >= self.disk, "disks do not shrink"
        self.disk = operation["size"]


def after(rig: Rig, ident: str, **known: Any) -> PaperInstance:
    """Return the instance of a server after all that was submitted for it."""
    instance = PaperInstance(**known)
    for operation in rig.world.gateway.operations():
        if operation["instance"] == f"cyc-{ident}":
            instance.apply(operation)
    return instance
