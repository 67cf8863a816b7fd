"""The admin port: `Control` over plain HTTP on the loopback address."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from deploy.simulator.cluster import SimulatedCluster
from deploy.simulator.control import Control, NoSuchThing
from deploy.simulator.disasters import Impossible
from deploy.simulator.validation import BadParameter

_Act = Callable[[Control, int, dict[str, Any], web.Request], Any]


def _handler(control: Control, act: _Act) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        try:
            body = await request.json() if request.can_read_body else {}
            cluster = int(request.match_info.get("cluster", "1"))
            answer = act(control, cluster, body, request)
            if isinstance(answer, Awaitable):
                answer = await answer
        except NoSuchThing as error:
            return web.json_response({"error": str(error)}, status=404)
        except Impossible as error:
            return web.json_response({"error": str(error)}, status=409)
        except (BadParameter, TypeError, ValueError, KeyError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response({"result": answer})

    return handle


def _set_instance(control: Control, cluster: int, body: dict[str, Any], r: web.Request) -> None:
    acts = {"crash": control.crash, "shut-down-inside": control.shut_down_inside}
    acts[body["what"]](r.match_info["name"], cluster)


def _seed(control: Control, cluster: int, _body: dict[str, Any], r: web.Request) -> Any:
    return control.seed(r.match_info["name"], cluster)


def _disk(control: Control, cluster: int, _body: dict[str, Any], r: web.Request) -> str:
    return str(control.disk(r.match_info["name"], int(r.match_info["index"]), cluster))


# fmt: off
_ROUTES: list[tuple[str, str, _Act]] = [
    ("GET",  "/sim/clusters",                           lambda c, n, b, r: c.clusters()),
    ("GET",  "/sim/news",
        lambda c, n, b, r: c.news(since=float(r.query.get("since", "0")))),
    ("GET",  "/sim/storm",                              lambda c, n, b, r: c.storm()),
    ("POST", "/sim/storm",                              lambda c, n, b, r: c.start_storm(**b)),
    ("GET",  "/sim/snapshots",                          lambda c, n, b, r: c.snapshot()),
    ("POST", "/sim/snapshots",                          lambda c, n, b, r: c.snapshot(**b)),
    ("POST", "/sim/snapshots/{name}/restore",
        lambda c, n, b, r: c.restore(name=r.match_info["name"])),
    ("POST", "/sim/clusters/{cluster}/seed",            lambda c, n, b, r: c.sow(n, **b)),
    ("POST", "/sim/clusters/{cluster}/warp",            lambda c, n, b, r: c.warp(n, **b)),
    ("POST", "/sim/clusters/{cluster}/populate",        lambda c, n, b, r: c.populate(n, **b)),
    ("GET",  "/sim/clusters/{cluster}/truth",           lambda c, n, b, r: c.truth(n)),
    ("POST", "/sim/clusters/{cluster}/faults",          lambda c, n, b, r: c.set_faults(n, **b)),
    ("POST", "/sim/clusters/{cluster}/heal",            lambda c, n, b, r: c.heal(n)),
    ("POST", "/sim/clusters/{cluster}/drain",           lambda c, n, b, r: c.drain(n, **b)),
    ("POST", "/sim/clusters/{cluster}/archive",         lambda c, n, b, r: c.archive(n, **b)),
    ("POST", "/sim/clusters/{cluster}/purge",           lambda c, n, b, r: c.purge(n)),
    ("POST", "/sim/clusters/{cluster}/fail-over",       lambda c, n, b, r: c.fail_over(n, **b)),
    ("POST", "/sim/clusters/{cluster}/crash-luxid",     lambda c, n, b, r: c.crash_luxid(n, **b)),
    ("POST", "/sim/clusters/{cluster}/skip-ids",        lambda c, n, b, r: c.skip_ids(n, **b)),
    ("POST", "/sim/clusters/{cluster}/lose-jobs",       lambda c, n, b, r: c.lose_jobs(n, **b)),
    ("POST", "/sim/clusters/{cluster}/serial",
        lambda c, n, b, r: c.regress_serial(n, **b)),
    ("POST", "/sim/clusters/{cluster}/credentials",
        lambda c, n, b, r: c.rotate_credentials(n, **b)),
    ("POST", "/sim/clusters/{cluster}/version",         lambda c, n, b, r: c.upgrade(n, **b)),
    ("POST", "/sim/clusters/{cluster}/watcher",         lambda c, n, b, r: c.run_watcher(n)),
    ("GET",  "/sim/clusters/{cluster}/history",
        lambda c, n, b, r: c.history(n, after=int(r.query.get("after", "0")))),
    ("POST", "/sim/clusters/{cluster}/reset",           lambda c, n, b, r: c.reset(n)),
    ("POST", "/sim/clusters/{cluster}/operations",
        lambda c, n, b, r: c.operate(b.pop("opcode"), n, **b)),
    ("POST", "/sim/clusters/{cluster}/nodes/{name}",
        lambda c, n, b, r: c.set_node(r.match_info["name"], n, **b)),
    ("POST", "/sim/clusters/{cluster}/instances/{name}", _set_instance),
    ("GET",  "/sim/clusters/{cluster}/instances/{name}/seed", _seed),
    ("GET",  "/sim/clusters/{cluster}/instances/{name}/disks/{index}", _disk),
]
# fmt: on


def admin_app(sites: tuple[SimulatedCluster, ...]) -> web.Application:
    """The application of the admin port."""
    control = Control(sites)
    app = web.Application()
    for method, path, act in _ROUTES:
        app.router.add_route(method, path, _handler(control, act))
    return app
