"""Every URL the gateway answers, on one screen."""

from aiohttp import web

from services.rapi_gateway.api import (
    clusters,
    histories,
    instances,
    questions,
    status,
    storage,
    submissions,
)
from services.rapi_gateway.api.policy import for_services

CLUSTER = "/v1/clusters/{cluster}"
INSTANCE = CLUSTER + "/instances/{instance}"
STORAGE = CLUSTER + "/storage/{path:.+}"
SUBMISSION = CLUSTER + "/submissions/{key}"

ROUTES = [
    web.get("/v1/clusters", for_services(clusters.list_clusters)),
    web.post("/v1/clusters", for_services(clusters.create_cluster)),
    web.get(CLUSTER, for_services(clusters.show_cluster)),
    web.patch(CLUSTER, for_services(clusters.update_cluster)),
    web.delete(CLUSTER, for_services(clusters.delete_cluster)),
    web.put(SUBMISSION, for_services(submissions.put_submission)),
    web.get(SUBMISSION, for_services(submissions.show_submission)),
    web.delete(SUBMISSION, for_services(submissions.withdraw_submission)),
    web.get("/v1/status", for_services(status.show_statuses)),
    web.get(CLUSTER + "/status", for_services(status.show_status)),
    web.post(CLUSTER + "/query/{resource}", for_services(questions.query_resource)),
    web.get(CLUSTER + "/info", for_services(questions.show_info)),
    web.get(CLUSTER + "/jobs/last", for_services(questions.show_last_job)),
    web.get(CLUSTER + "/jobs/accepted", for_services(histories.list_accepted)),
    web.post(CLUSTER + "/epochs", for_services(histories.create_epoch)),
    web.post(CLUSTER + "/heartbeats", for_services(histories.create_heartbeat)),
    web.delete(CLUSTER + "/jobs/{epoch}/{job}", for_services(questions.cancel_job)),
    web.get(INSTANCE + "/console", for_services(instances.show_console)),
    web.get(INSTANCE + "/console-output", for_services(instances.show_output)),
    web.get(STORAGE, for_services(storage.pass_on)),
    web.put(STORAGE, for_services(storage.pass_on)),
    web.delete(STORAGE, for_services(storage.pass_on)),
]
