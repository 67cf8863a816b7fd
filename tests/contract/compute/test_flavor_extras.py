"""Extra specs of flavors, and who may use the private ones."""

from typing import Any

from tests.contract.compute.asking import answered_otherwise
from tests.contract.compute.test_flavors import give, make
from tests.integration.compute.rig import OTHER_PROJECT, Rig


async def test_extra_specs_are_added_set_shown_and_dropped(bare: Rig) -> None:
    await make(bare, id="1")
    specs = "/flavors/1/os-extra_specs"
    added = await bare.call(
        "POST", specs, {"extra_specs": {"exam:k": "v", "n": 5}}, who="admin", mv="2.96"
    )
    assert (added.status, added.body) == (200, {"extra_specs": {"exam:k": "v", "n": "5"}})
    one = await bare.call("PUT", f"{specs}/exam:k", {"exam:k": "w"}, who="admin")
    assert (one.status, one.body) == (200, {"exam:k": "w"})
    assert await bare.get(f"{specs}/exam:k") == {"exam:k": "w"}
    assert await bare.get(specs) == {"extra_specs": {"exam:k": "w", "n": "5"}}
    dropped = await bare.call("DELETE", f"{specs}/n", who="admin")
    assert dropped.status == 200
    assert (await bare.call("DELETE", f"{specs}/n", who="admin")).status == 404
    assert (await bare.call("GET", f"{specs}/n")).status == 404
    assert (await bare.get("/flavors/1", mv="2.61"))["flavor"]["extra_specs"] == {"exam:k": "w"}


async def test_extra_specs_that_make_no_sense_are_refused(bare: Rig) -> None:
    await make(bare, id="1")
    nonsense: list[Any] = [
        {"": "x"}, {"a/b": "x"}, {"k" * 256: "x"}, {"k": "v" * 256}, {"k": "v" * 10_000},
        {"k": None}, {"k": {}}, {"k": True}, "none", None, {"ü": "x"}, {"k": "a\u0000"},
    ]  # fmt: skip
    path = "/flavors/1/os-extra_specs"
    added = [("POST", path, {"extra_specs": each}) for each in nonsense]
    bodies: list[Any] = [{"b": "x"}, {}, {"a": "x", "b": "y"}, [], 5]
    single = [("PUT", f"{path}/a", body) for body in bodies]
    assert await answered_otherwise(bare, 400, [*added, *single], who="admin") == []
    assert await bare.get(path) == {"extra_specs": {}}


async def test_known_namespaces_are_checked_since_2_86(bare: Rig) -> None:
    await make(bare, id="1")
    known = {
        ("hw:cpu_policy", "dedicated"): 200,
        ("hw:cpu_policy", "greedy"): 400,
        ("hw:colour", "red"): 400,
        ("quota:disk_read_iops_sec", "100"): 200,
        ("quota:disk_read_iops_sec", "many"): 400,
        ("resources:VGPU", "1"): 200,
        ("trait:HW_CPU", "maybe"): 400,
        ("ganeti:disk_template", "drbd"): 200,
        ("anything", "goes"): 200,
    }
    for (name, value), status in known.items():
        call = ("POST", "/flavors/1/os-extra_specs", {"extra_specs": {name: value}})
        assert await answered_otherwise(bare, status, [call], who="admin", mv="2.86") == []
        assert await answered_otherwise(bare, 200, [call], who="admin", mv="2.85") == []


async def test_access_is_given_once_and_taken_once(bare: Rig) -> None:
    await make(bare, id="p", private=True)
    entry = {"flavor_id": "p", "tenant_id": OTHER_PROJECT}
    given = await give(bare, "p", OTHER_PROJECT)
    assert (given.status, given.body) == (200, {"flavor_access": [entry]})
    assert (await give(bare, "p", OTHER_PROJECT)).status == 409
    assert await bare.get("/flavors/p/os-flavor-access", who="admin") == {"flavor_access": [entry]}
    take = {"removeTenantAccess": {"tenant": OTHER_PROJECT}}
    taken = await bare.call("POST", "/flavors/p/action", take, who="admin")
    assert (taken.status, taken.body) == (200, {"flavor_access": []})
    assert (await bare.call("POST", "/flavors/p/action", take, who="admin")).status == 404


async def test_public_flavors_are_given_to_nobody_since_2_7(bare: Rig) -> None:
    await make(bare, id="1")
    assert (await give(bare, "1", OTHER_PROJECT, mv="2.7")).status == 409
    assert (await give(bare, "1", OTHER_PROJECT, mv="2.6")).status == 200
    assert (await bare.call("GET", "/flavors/1/os-flavor-access", who="admin")).status == 404
    assert (await give(bare, "nothing", OTHER_PROJECT)).status == 404


async def test_access_bodies_that_make_no_sense_are_refused(bare: Rig) -> None:
    await make(bare, id="p", private=True)
    bodies: list[Any] = [
        {}, {"addTenantAccess": {}}, {"addTenantAccess": {"tenant": ""}}, {"makeTea": {}},
        {"addTenantAccess": {"tenant": 5}}, {"addTenantAccess": None}, {"addTenantAccess": "x"},
        {"addTenantAccess": {"tenant": "a"}, "removeTenantAccess": {"tenant": "a"}}, [],
    ]  # fmt: skip
    calls = [("POST", "/flavors/p/action", body) for body in bodies]
    assert await answered_otherwise(bare, 400, calls, who="admin") == []
