"""What our Keystone holds: projects, users, roles, and the catalogue that clients go by.

Everything is asked for before it is made, so filling twice changes nothing; addresses in the
catalogue follow the settings of the present start.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Self

import httpx

DOMAIN: Final = "default"
REGION: Final = "RegionOne"
PROJECTS: Final = ("admin", "demo", "service")
# Keystone's bootstrap makes them, and has admin imply manager, member and reader, in this order.
ROLES: Final = ("admin", "manager", "member", "reader", "service")
SERVICE_USERS: Final = ("nova", "neutron", "glance", "cinder", "cyclades")
# (user, role, project)
ASSIGNMENTS: Final = (
    ("admin", "admin", "admin"),
    ("admin", "admin", "demo"),
    ("demo", "member", "demo"),
    *((user, role, "service") for user in SERVICE_USERS for role in ("service", "admin")),
)
INTERFACES: Final = ("public", "internal", "admin")
ATTEMPTS: Final = 6  # the last after three seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Where the services answer, without any path."""

    identity: str
    compute: str
    network: str
    image: str
    volume: str

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """Each service's type, name and URL, in the shapes clients expect."""
        yield "identity", "keystone", self.identity
        yield "compute", "nova", f"{self.compute}/v2.1"
        yield "network", "neutron", self.network
        yield "image", "glance", self.image
        # Keystone puts the project's id in place of the marker.
        yield "volumev3", "cinderv3", f"{self.volume}/v3/%(project_id)s"
        yield "block-storage", "cinder", f"{self.volume}/v3/%(project_id)s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A session with Keystone, and what its administrator has it hold."""

    api: httpx.Client
    region: str

    @classmethod
    @contextmanager
    def opened(
        cls, url: str, password: str, region: str, user: str = "admin", project: str = "admin"
    ) -> Iterator[Self]:
        """Log in, as the administrator unless told otherwise, for the length of a block."""
        with httpx.Client(base_url=f"{url}/v3", timeout=30, trust_env=False) as api:
            answer = api.post("/auth/tokens", json={"auth": _login(user, password, project)})
            answer.raise_for_status()
            api.headers["X-Auth-Token"] = answer.headers["X-Subject-Token"]
            yield cls(api=api, region=region)

    @property
    def token(self) -> str:
        """What the session is authenticated by."""
        return self.api.headers["X-Auth-Token"]

    def fill(self, passwords: Mapping[str, str], catalogue: Catalogue) -> None:
        """Have everything."""
        projects = self._have_all("project", {name: {"domain_id": DOMAIN} for name in PROJECTS})
        roles = self._have_all("role", {name: {} for name in ROLES})
        secrets = {name: {"password": password} for name, password in passwords.items()}
        users = self._have_all(
            "user", {name: {"domain_id": DOMAIN, **secret} for name, secret in secrets.items()}
        )
        assigned = {
            (row["user"]["id"], row["role"]["id"], row["scope"].get("project", {}).get("id"))
            for row in self._list("role_assignments")
            if "user" in row
        }
        wanted = {
            (users[user], roles[role], projects[project])
            for user, role, project in ASSIGNMENTS
            if user in users  # a production cloud has no user demo
        }
        self._side_by_side(self._assign, wanted - assigned)
        self.offer(catalogue)

    def offer(self, catalogue: Catalogue) -> None:
        """Have the catalogue say where the services answer now."""
        services = {each["type"]: each["id"] for each in self._list("services")}
        endpoints = {
            (each["service_id"], each["interface"]): each for each in self._list("endpoints")
        }
        wanted = []
        for kind, name, url in catalogue.rows():
            service = services.get(kind) or self._create("service", type=kind, name=name)
            wanted += [
                (endpoints.get((service, interface)), service, interface, url)
                for interface in INTERFACES
            ]
        self._side_by_side(self._point, wanted)

    def _side_by_side(self, call: Callable[..., None], rows: Iterable[Sequence[Any]]) -> None:
        """Call for every row, two at a time."""
        with ThreadPoolExecutor(max_workers=2) as pool:
            list(pool.map(lambda row: call(*row), rows))

    def _point(
        self, endpoint: Mapping[str, Any] | None, service: str, interface: str, url: str
    ) -> None:
        if endpoint is None:
            place = {"service_id": service, "region_id": self.region}
            self._create("endpoint", interface=interface, url=url, **place)
        elif endpoint["url"] != url:
            change = {"endpoint": {"url": url}}
            self._write("PATCH", f"/endpoints/{endpoint['id']}", change)

    def _have_all(self, kind: str, wanted: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
        """Return the ids of all things of a kind by name; those that were missing are made."""
        ids = {thing["name"]: str(thing["id"]) for thing in self._list(f"{kind}s")}
        for name, fields in wanted.items():
            ids[name] = ids.get(name) or self._create(kind, name=name, **fields)
        return ids

    def _list(self, kinds: str) -> list[dict[str, Any]]:
        answer = self.api.get(f"/{kinds}").raise_for_status()
        things: list[dict[str, Any]] = answer.json()[kinds]
        return things

    def _create(self, kind: str, **fields: str) -> str:
        answer = self._write("POST", f"/{kind}s", {kind: fields})
        return str(answer.json()[kind]["id"])

    def _assign(self, user: str, role: str, project: str) -> None:
        path = f"/projects/{project}/users/{user}/roles/{role}"
        self._write("PUT", path)

    def _write(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Write something, again where another writer was in the way (a 500 from Keystone)."""
        answer = self.api.request(method, path, json=body)
        for attempt in range(ATTEMPTS):
            if answer.status_code != 500:
                break
            time.sleep(0.1 * 2**attempt)
            answer = self.api.request(method, path, json=body)
        return answer.raise_for_status()


def _login(user: str, password: str, project: str) -> dict[str, Any]:
    who = {"name": user, "password": password, "domain": {"id": DOMAIN}}
    return {
        "identity": {"methods": ["password"], "password": {"user": who}},
        "scope": {"project": {"name": project, "domain": {"id": DOMAIN}}},
    }
