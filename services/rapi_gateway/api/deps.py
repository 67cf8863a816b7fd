"""What a handler may use besides the request."""

from dataclasses import dataclass

from aiohttp import web

from services.rapi_gateway.store.clusters import ClusterDocuments
from services.rapi_gateway.usecases.asking import Asking
from services.rapi_gateway.usecases.clusters import Registrar
from services.rapi_gateway.usecases.histories import Histories
from services.rapi_gateway.usecases.screens import Screens
from services.rapi_gateway.usecases.status import Overview
from services.rapi_gateway.usecases.storage import Storage
from services.rapi_gateway.usecases.submit import Reception


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """The verbs."""

    reception: Reception
    registrar: Registrar
    asking: Asking
    histories: Histories
    storage: Storage
    screens: Screens
    documents: ClusterDocuments
    overview: Overview


DEPS = web.AppKey("deps", Deps)
