"""The cloud under examination, as its administrator finds it."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from deploy.parts.environments import ROOT

DEMO_CLOUDS: Final = ROOT / ".demo" / "clouds.yaml"
NAMES: Final = {
    "auth_url": "OS_AUTH_URL",
    "username": "OS_USERNAME",
    "password": "OS_PASSWORD",
    "project_name": "OS_PROJECT_NAME",
}
TYPES: Final = {
    "compute": ("compute",),
    "network": ("network",),
    "image": ("image",),
    "volume": ("block-storage", "volumev3"),
}


class NoCloud(Exception):
    """There is nothing to examine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """An administrator of the cloud."""

    auth_url: str
    username: str
    password: str = field(repr=False)
    project_name: str
    region: str = "RegionOne"


def credential() -> Credential:
    """Return who examines: the OS_* variables, or else the demo's administrator.

    Raises:
        NoCloud: neither is there.
    """
    if "OS_AUTH_URL" in os.environ:
        given = {name: os.environ.get(variable, "") for name, variable in NAMES.items()}
    else:
        given = _demo(DEMO_CLOUDS)
    auth_url = given["auth_url"].rstrip("/")
    given["auth_url"] = auth_url if auth_url.endswith("/v3") else f"{auth_url}/v3"
    region = os.environ.get("OS_REGION_NAME", "RegionOne")
    return Credential(region=region, **given)


def _demo(clouds: Path) -> dict[str, str]:
    try:
        known: Mapping[str, Any] = json.loads(clouds.read_text())["clouds"]["cyclades-admin"]
    except FileNotFoundError as absent:
        raise NoCloud("No cloud: start one with `make demo`, or set OS_AUTH_URL.") from absent
    return {name: known["auth"][name] for name in NAMES}


@dataclass(slots=True, kw_only=True)
class Cloud:
    """What the administrator may ask of the four services."""

    who: Credential
    http: httpx.Client
    endpoints: Mapping[str, str]

    def get(self, service: str, path: str) -> Any:
        """Return the JSON that a service answers."""
        answer = self.http.get(f"{self.endpoints[service]}{path}")
        answer.raise_for_status()
        return answer.json()

    def add_image(self, name: str, content: bytes) -> dict[str, Any]:
        """Have one more public image."""
        wanted = {"name": name, "disk_format": "raw", "container_format": "bare"}
        base = f"{self.endpoints['image']}/v2/images"
        made = self.http.post(base, json=wanted | {"visibility": "public"}).raise_for_status()
        ident = made.json()["id"]
        raw = {"Content-Type": "application/octet-stream"}
        self.http.put(f"{base}/{ident}/file", content=content, headers=raw).raise_for_status()
        found: dict[str, Any] = self.http.get(f"{base}/{ident}").raise_for_status().json()
        return found

    def microversions(self, service: str) -> tuple[str, str]:
        """Return the least and the greatest microversion of a service."""
        version = self.get(service, "/")
        found = version.get("version") or version["versions"][0]
        return found["min_version"], found["version"]


def open_cloud(who: Credential) -> Cloud:
    """Log in.

    Raises:
        NoCloud: the identity service does not answer, or refuses.
    """
    domain = {"name": "Default"}
    user = {"name": who.username, "password": who.password, "domain": domain}
    body = {
        "auth": {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": {"name": who.project_name, "domain": domain}},
        }
    }
    http = httpx.Client(timeout=30, trust_env=False)
    try:
        answer = http.post(f"{who.auth_url}/auth/tokens", json=body)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise NoCloud(f"{who.auth_url} does not let {who.username} in: {error}") from error
    http.headers["X-Auth-Token"] = answer.headers["X-Subject-Token"]
    catalog = answer.json()["token"]["catalog"]
    endpoints = {name: _public(catalog, types) for name, types in TYPES.items()}
    return Cloud(who=who, http=http, endpoints=endpoints)


def _public(catalog: list[dict[str, Any]], types: tuple[str, ...]) -> str:
    for service in catalog:
        if service["type"] in types:
            for endpoint in service["endpoints"]:
                if endpoint["interface"] == "public":
                    return str(endpoint["url"]).rstrip("/")
    raise NoCloud(f"The catalogue has no {types[0]} service.")
