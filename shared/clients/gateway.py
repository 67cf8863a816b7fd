"""The RAPI gateway, as other services use it: submit an effect once, ask Ganeti, list clusters."""

from typing import Any
from uuid import UUID

from shared.clients.http import NeighbourClient
from shared.contracts.gateway import (
    AcceptedJob,
    Cancelled,
    Cluster,
    ClusterPatch,
    ClusterRegistration,
    ClusterStatus,
    Console,
    ConsoleOutput,
    Query,
    Rows,
    Submission,
    SubmissionState,
)
from shared.contracts.operations import Operation


def revealed(value: Any) -> Any:
    """Return the JSON of a submission with its secrets in it: this is where they travel."""
    if isinstance(value, dict):
        return {key: revealed(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [revealed(each) for each in value]
    return value.get_secret_value() if hasattr(value, "get_secret_value") else value


class GatewayClient(NeighbourClient):
    """Typed calls to the gateway's internal API."""

    async def submit(
        self, cluster: str, key: UUID, operation: Operation, request_id: str | None = None
    ) -> SubmissionState:
        """Have the effect, once per key; repeat the call until it is no longer ``pending``.

        Args:
            cluster: where.
            key: the same key always means the same one job.
            operation: what.
            request_id: goes into the reason of Ganeti's job.

        Raises:
            NotFound: no such cluster.
            Unprocessable: the key was used for another operation.
            Unavailable: the gateway does not answer; nothing is known, ask again.
        """
        body = Submission(operation=operation, request_id=request_id)
        answer = await self.call(
            "PUT",
            f"/v1/clusters/{cluster}/submissions/{key}",
            json=revealed(body.model_dump(mode="python")),
            request_id=request_id,
        )
        return SubmissionState.model_validate(answer)

    async def submission(self, cluster: str, key: UUID) -> SubmissionState:
        """Return what became of a submission.

        Raises:
            NotFound: the key was never submitted.
        """
        return SubmissionState.model_validate(
            await self.call("GET", f"/v1/clusters/{cluster}/submissions/{key}")
        )

    async def withdraw(self, cluster: str, key: UUID) -> SubmissionState:
        """Take a submission back, if nothing of it was sent; return what became of it.

        One that was taken back is ``rejected`` as ``canceled``; any other answer says that it
        is too late.

        Raises:
            NotFound: the key was never submitted.
        """
        return SubmissionState.model_validate(
            await self.call("DELETE", f"/v1/clusters/{cluster}/submissions/{key}")
        )

    async def statuses(self) -> list[ClusterStatus]:
        """Return how all clusters are served."""
        answer = await self.call("GET", "/v1/status")
        return [ClusterStatus.model_validate(each) for each in answer["clusters"]]

    async def status(self, cluster: str) -> ClusterStatus:
        """Return how a cluster is served.

        Raises:
            NotFound: no such cluster.
        """
        return ClusterStatus.model_validate(
            await self.call("GET", f"/v1/clusters/{cluster}/status")
        )

    async def clusters(self) -> list[Cluster]:
        """Return all clusters with their capacity."""
        answer = await self.call("GET", "/v1/clusters")
        return [Cluster.model_validate(each) for each in answer["clusters"]]

    async def cluster(self, name: str) -> Cluster:
        """Return one cluster.

        Raises:
            NotFound: no such cluster.
        """
        answer = await self.call("GET", f"/v1/clusters/{name}")
        return Cluster.model_validate(answer["cluster"])

    async def register(self, registration: ClusterRegistration) -> Cluster:
        """Add a cluster.

        Raises:
            BadInput: it does not answer, or not with this credential or certificate.
            Conflict: the name or the Ganeti cluster is registered already.
        """
        answer = await self.call(
            "POST", "/v1/clusters", json=revealed(registration.model_dump(mode="python"))
        )
        return Cluster.model_validate(answer["cluster"])

    async def change(self, name: str, patch: ClusterPatch) -> Cluster:
        """Drain, enable or correct a cluster.

        Raises:
            NotFound: no such cluster.
            BadInput: it does not answer with what was given.
        """
        answer = await self.call(
            "PATCH",
            f"/v1/clusters/{name}",
            json=revealed(patch.model_dump(mode="python", exclude_unset=True)),
        )
        return Cluster.model_validate(answer["cluster"])

    async def remove(self, name: str) -> None:
        """Forget a cluster.

        Raises:
            NotFound: no such cluster.
        """
        await self.call("DELETE", f"/v1/clusters/{name}")

    async def query(self, cluster: str, resource: str, query: Query) -> Rows:
        """Ask Ganeti by query2.

        Args:
            cluster: which.
            resource: ``instance``, ``node``, ``group``, ``network``, ``job``, ``lock``.
            query: fields, filter and lane.

        Raises:
            Unavailable: the cluster does not answer.
        """
        answer = await self.call(
            "POST",
            f"/v1/clusters/{cluster}/query/{resource}",
            json=query.model_dump(mode="json"),
        )
        return Rows.model_validate(answer)

    async def console(self, cluster: str, instance: str) -> Console:
        """Return where a running instance's screen is reached.

        Raises:
            NotFound: no such cluster or instance.
            Conflict: it does not run.
            NotSupported: its hypervisor has no screen that can be reached.
            Unavailable: the cluster does not answer.
        """
        answer = await self.call("GET", f"/v1/clusters/{cluster}/instances/{instance}/console")
        return Console.model_validate(answer)

    async def console_output(
        self, cluster: str, instance: str, length: int | None = None
    ) -> ConsoleOutput:
        """Return the end of what an instance wrote to its serial port.

        Args:
            cluster: which.
            instance: Ganeti's name of it.
            length: lines at most; None: all that is kept.

        Raises:
            NotFound: no such cluster or instance, or nothing was written yet.
            NotSupported: the cluster has no agent that keeps it.
            Unavailable: the cluster or its agent does not answer.
        """
        answer = await self.call(
            "GET",
            f"/v1/clusters/{cluster}/instances/{instance}/console-output",
            params=None if length is None else {"length": str(length)},
        )
        return ConsoleOutput.model_validate(answer)

    async def last_job(self, cluster: str) -> tuple[int, int]:
        """Return (epoch, highest job id) of a cluster, asked now.

        Raises:
            Unavailable: the cluster does not answer.
        """
        answer = await self.call("GET", f"/v1/clusters/{cluster}/jobs/last")
        return int(answer["epoch"]), int(answer["job_id"])

    async def accepted(self, cluster: str, epoch: int, after: int) -> list[AcceptedJob]:
        """Return the jobs that submissions got in an epoch, from some id on.

        Args:
            cluster: which.
            epoch: of the cluster's job history.
            after: only jobs with a higher id.

        Raises:
            NotFound: no such cluster.
        """
        answer = await self.call(
            "GET",
            f"/v1/clusters/{cluster}/jobs/accepted",
            params={"epoch": str(epoch), "after": str(after)},
        )
        return [AcceptedJob.model_validate(each) for each in answer["jobs"]]

    async def break_history(self, cluster: str, after: int, reason: str) -> tuple[int, int]:
        """Say that the job history of an epoch broke; return the epoch now, and its highest job id.

        Args:
            cluster: which.
            after: the epoch that ended; nothing happens when it has ended already.
            reason: what was seen.

        Raises:
            Unavailable: the cluster does not answer.
        """
        answer = await self.call(
            "POST", f"/v1/clusters/{cluster}/epochs", json={"after": after, "reason": reason}
        )
        return int(answer["epoch"]), int(answer["job_id"])

    async def heartbeat(self, cluster: str) -> tuple[int, int]:
        """Send a job that changes nothing through the cluster's queue; return epoch and job id.

        Raises:
            Unavailable: the cluster takes no jobs now.
        """
        answer = await self.call("POST", f"/v1/clusters/{cluster}/heartbeats")
        return int(answer["epoch"]), int(answer["job_id"])

    async def info(self, cluster: str) -> dict[str, Any]:
        """Return Ganeti's ``/2/info``, asked now, with ``epoch`` as the gateway counts it."""
        answer: dict[str, Any] = await self.call("GET", f"/v1/clusters/{cluster}/info")
        return answer

    async def cancel(self, cluster: str, epoch: int, job_id: int) -> Cancelled:
        """Cancel a job that has not begun; takes as long as Ganeti does.

        Raises:
            NotFound: no such cluster.
            Unavailable: the cluster does not answer.
        """
        path = f"/v1/clusters/{cluster}/jobs/{epoch}/{job_id}"
        return Cancelled.model_validate(await self.call("DELETE", path))
