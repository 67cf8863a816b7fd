"""Every URL the gateway answers, on one screen."""

from aiohttp import web

from services.rapi_gateway.api import clusters, questions, submissions
from services.rapi_gateway.api.policy import for_services

CLUSTER = "/v1/clusters/{cluster}"
SUBMISSION = CLUSTER + "/submissions/{key}"

ROUTES = [
    web.get("/v1/clusters", for_services(clusters.list_clusters)),
    web.post("/v1/clusters", for_services(clusters.create_cluster)),
    web.get(CLUSTER, for_services(clusters.show_cluster)),
    web.patch(CLUSTER, for_services(clusters.update_cluster)),
    web.delete(CLUSTER, for_services(clusters.delete_cluster)),
    web.put(SUBMISSION, for_services(submissions.put_submission)),
    web.get(SUBMISSION, for_services(submissions.show_submission)),
    web.post(CLUSTER + "/query/{resource}", for_services(questions.query_resource)),
    web.get(CLUSTER + "/info", for_services(questions.show_info)),
    web.get(CLUSTER + "/jobs/last", for_services(questions.show_last_job)),
]
