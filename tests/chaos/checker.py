"""Compares what clients were told with what there is, in the API and in Ganeti.

Knows nothing of how the services work: it believes the clients' history, the public APIs and
Ganeti's own lists, and wants them to agree.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.chaos.history import History, Intent

FINAL: Final = frozenset({"ACTIVE", "SHUTOFF", "ERROR"})
RUNNING: Final = frozenset({"running", "ERROR_up"})

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reality:
    """What was found when everything had come to rest."""

    servers: Sequence[Json]  # as GET /servers/detail shows them
    ports: Sequence[Json]  # as GET /ports shows them, of these servers
    instances: Sequence[Json]  # of all clusters: name, status
    creations: Mapping[str, int]  # successful jobs that created an instance, by its name
    used: Mapping[str, int]  # of the quota: instances, cores, ram, ports
    failed_actions: Mapping[str, Sequence[str]] = field(default_factory=dict)  # by server


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the checker found."""

    problems: list[str]
    statuses: dict[str, int]
    outcomes: dict[str, int]


def check(history: History, reality: Reality) -> Verdict:
    """Return everything that does not agree; nothing, if all is well."""
    intents = history.intents()
    problems = [
        *_fates(intents, reality),
        *_instances(reality),
        *_addresses(reality),
        *_quota(reality),
    ]
    outcomes = Counter(f"{each.operation} {each.outcome}" for each in history.entries)
    statuses = Counter(each["status"] for each in reality.servers)
    return Verdict(problems=problems, statuses=dict(statuses), outcomes=dict(outcomes))


def _fates(intents: Mapping[str, Intent], reality: Reality) -> Iterable[str]:
    """No accepted request is lost, nothing is there that nobody asked for."""
    shown: dict[str, list[Json]] = {}
    for server in reality.servers:
        shown.setdefault(server["name"], []).append(server)
    for name in shown.keys() - intents.keys():
        yield f"{name}: nobody asked for it"
    for name, intent in intents.items():
        found = shown.get(name, [])
        if len(found) > 1:
            yield f"{name}: there are {len(found)} of it"
        elif not found:
            if not intent.allowed & {"deleted", "never made"}:
                yield f"{name}: {_wanted(intent)} was accepted, and it is gone"
        else:
            yield from _fate(intent, found[0], reality)


def _fate(intent: Intent, server: Json, reality: Reality) -> Iterable[str]:
    status, name = server["status"], server["name"]
    if status not in FINAL or server["OS-EXT-STS:task_state"] is not None:
        yield f"{name}: still {status} ({server['OS-EXT-STS:task_state']})"
    elif status == "ERROR":
        if "fault" not in server:
            yield f"{name}: ERROR without a fault"
    elif intent.allowed == {"never made"}:
        yield f"{name}: was refused, and is there"
    elif status not in intent.allowed and not reality.failed_actions.get(server["id"]):
        yield f"{name}: {status}, but {_wanted(intent)} was accepted, and no action has failed"


def _wanted(intent: Intent) -> str:
    return " or ".join(sorted(intent.allowed))


def _instances(reality: Reality) -> Iterable[str]:
    """Every server has its one instance, made once, and no instance is without a server."""
    of = {f"cyc-{server['id']}" for server in reality.servers}
    counted = Counter(each["name"] for each in reality.instances)
    yield from (f"{name}: {many} instances of it" for name, many in counted.items() if many > 1)
    yield from (f"{name}: an instance without a server" for name in counted.keys() - of)
    made = reality.creations.items()
    yield from (f"{name}: created {many} times" for name, many in made if many > 1)
    running = {each["name"]: each["status"] in RUNNING for each in reality.instances}
    for server in reality.servers:
        name, status = server["name"], server["status"]
        if status == "ERROR":
            continue
        runs = running.get(f"cyc-{server['id']}")
        if runs is None:
            yield f"{name}: {status} without an instance"
        elif runs != (status == "ACTIVE"):
            yield f"{name}: {status}, but its instance is not"


def _addresses(reality: Reality) -> Iterable[str]:
    """Every server has its one port with an address that nobody else has."""
    ids = {server["id"]: server for server in reality.servers}
    held = Counter(port["device_id"] for port in reality.ports)
    for owner in held.keys() - ids.keys():
        yield f"port of server {owner}: it is gone"
    for ident, server in ids.items():
        if server["status"] != "ERROR" and held[ident] != 1:
            yield f"{server['name']}: {held[ident]} ports"
    addresses = Counter(
        fixed["ip_address"] for port in reality.ports for fixed in port["fixed_ips"]
    )
    for address, number in addresses.items():
        if number > 1:
            yield f"{address}: given {number} times"


def _quota(reality: Reality) -> Iterable[str]:
    """What the quota counts is what there is."""
    servers = len(reality.servers)
    there = {"instances": servers, "cores": servers, "ports": len(reality.ports)}
    for what, number in there.items():
        if reality.used[what] != number:
            yield f"quota counts {reality.used[what]} {what}, there are {number}"
