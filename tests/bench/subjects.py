"""What is read: of each API the resource that there is most of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.bench.budget import Budget
from tests.bench.rig import Rig
from tests.bench.seed import Filling
from tests.parts.cloud import until
from tests.parts.site import DEMO

ONE: Final = Budget(cpu_ms=0.6, share=50)
PAGE: Final = Budget(cpu_ms=1.2, share=60)
THOUSAND: Final = Budget(cpu_ms=9, share=60)
# MAC addresses differ in a network: forty bits of the id, written as one.
FRESH_MAC: Final = (
    "'02:' || regexp_replace(substr(fresh.id::text, 25, 10), "
    r"'(..)(..)(..)(..)(..)', '\1:\2:\3:\4:\5')"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One request, and the prototype's that is like it."""

    name: str
    path: str  # with {id}
    prototype: str  # with {kind}
    requests: int
    clients: int
    budget: Budget


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A resource: how there comes to be one, how there come to be many, how it is asked for."""

    kind: str
    service: str
    filling: Filling
    make: Callable[[Rig], str]
    envelope: bytes  # what stands before the document when one is shown
    reads: tuple[Read, ...]


def _reads(one: str, many: str) -> tuple[Read, ...]:
    """Return the reads of a resource shown at one path and listed at another."""
    page, thousand = f"{many}?limit=50", f"{many}?limit=1000"
    return (
        Read(name=f"GET {one}", path=one, prototype="/{kind}/77", requests=2100, clients=16,
             budget=ONE),
        Read(name=f"GET {page}", path=page, prototype="/{kind}?limit=50", requests=1200,
             clients=16, budget=PAGE),
        Read(name=f"GET {thousand}", path=thousand, prototype="/{kind}?limit=1000", requests=360,
             clients=1, budget=THOUSAND),
    )  # fmt: skip


def _made(rig: Rig, service: str, path: str, body: Mapping[str, Any], status: int) -> Any:
    answer = rig.cloud.call("POST", service, path, body, who=DEMO)
    assert answer.status_code == status, answer.text
    return answer.json()


def _server(rig: Rig) -> str:
    server = rig.site.create("like-this-one")
    rig.site.becomes(server, "ACTIVE", within=120)
    return server


def _port(rig: Rig) -> str:
    port = {"network_id": rig.site.network, "name": "like-this-one"}
    return str(_made(rig, "network", "/v2.0/ports", {"port": port}, 201)["port"]["id"])


def _volume(rig: Rig) -> str:
    volume = {"size": 1, "name": "like-this-one"}
    ident = str(_made(rig, "volume", "/v3/volumes", {"volume": volume}, 202)["volume"]["id"])

    def available() -> bool:
        shown = rig.cloud.call("GET", "volume", f"/v3/volumes/{ident}", who=DEMO).json()
        return bool(shown["volume"]["status"] == "available")

    until(available, 60, "the volume")
    return ident


def _image(rig: Rig) -> str:
    image = {"name": "like-this-one", "disk_format": "raw", "container_format": "bare"}
    ident = str(_made(rig, "image", "/v2/images", image, 201)["id"])
    stored = rig.cloud.call(
        "PUT",
        "image",
        f"/v2/images/{ident}/file",
        content=b"bits",
        who=DEMO,
        headers={"Content-Type": "application/octet-stream"},
    )
    assert stored.status_code == 204, stored.text
    return ident


SUBJECTS: Final = (
    Subject(
        kind="servers",
        service="compute",
        filling=Filling(table="servers", lives="visible"),
        make=_server,
        envelope=b'{"server":',
        reads=_reads("/v2.1/servers/{id}", "/v2.1/servers/detail"),
    ),
    Subject(
        kind="ports",
        service="network",
        filling=Filling(
            table="ports",
            lives="true",
            documents=("doc", "admin_doc"),
            others={"mac_address": FRESH_MAC},
        ),
        make=_port,
        envelope=b'{"port":',
        reads=_reads("/v2.0/ports/{id}", "/v2.0/ports"),
    ),
    Subject(
        kind="volumes",
        service="volume",
        filling=Filling(table="volumes", lives="deleted_at IS NULL"),
        make=_volume,
        envelope=b'{"volume":',
        reads=_reads("/v3/volumes/{id}", "/v3/volumes/detail"),
    ),
    Subject(
        kind="images",
        service="image",
        filling=Filling(table="images", lives="status <> 'deleted'"),
        make=_image,
        envelope=b"",
        reads=_reads("/v2/images/{id}", "/v2/images"),
    ),
)
