"""Online endpoints as the page shows them. Neither keys nor the replicas' own ports, which ask for none."""

from dataclasses import dataclass, field

from azureml_emulator.azure.arm.online_endpoints import deployments, endpoints
from azureml_emulator.azure.services.host import ServiceHost
from azureml_emulator.azure.services.routing.paths import endpoint_of as deployed_in
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.studio.contents.endpoints.services import ReplicaRow, error_text, row
from azureml_emulator.studio.contents.links import Fact, facts
from azureml_emulator.studio.contents.moments import shown
from azureml_emulator.studio.contents.outputs.logs import read_log
from azureml_emulator.studio.contents.status import Status, status_of
from azureml_emulator.wire import Document

_TAIL_BYTES = 4000
_LOGS = 8
_ALL = 100


@dataclass(frozen=True)
class Deployment:
    name: str
    service: str
    """Its name among services."""
    status: Status
    share: int
    """Percent of the traffic."""
    wanted: object
    size: str
    """Of its instances."""
    replicas: list[ReplicaRow]
    models: list[str]
    updated: str
    error: str
    tags: list[Fact]
    properties: list[Fact]
    logs: list[str]
    tail: str
    """The end of the newest log."""

    @property
    def ready(self) -> int:
        return sum(replica.status.tone == "good" for replica in self.replicas)


@dataclass(frozen=True)
class OnlineEndpoint:
    name: str
    compute: str
    scoring_uri: str
    swagger_uri: str
    auth_mode: str
    updated: str
    description: str
    deployments: list[Deployment]
    tags: list[Fact] = field(default_factory=list)
    properties: list[Fact] = field(default_factory=list)

    @property
    def status(self) -> Status:
        """That of its deployments: what changes, else what is broken, and whether anything has traffic."""
        going = [one.status for one in self.deployments if one.status.is_going]
        broken = [one.status for one in self.deployments if one.share and not one.ready]
        has_traffic = any(one.share for one in self.deployments)
        return next(iter(going + broken), status_of("Healthy" if has_traffic else "No traffic"))

    @property
    def traffic_text(self) -> str:
        shares = ", ".join(f"{one.share} % to {one.name}" for one in self.deployments if one.share)
        return shares or "no deployment has traffic"

    @property
    def auth(self) -> str:
        return "key" if self.auth_mode == "Key" else "token"

    @property
    def models(self) -> list[str]:
        return sorted({model for one in self.deployments for model in one.models})

    @property
    def answers(self) -> bool:
        """Whether a request would be answered now: all that has traffic is there."""
        ready = sum(one.share for one in self.deployments if one.ready)
        return ready == _ALL


def online_endpoints(workspace: LocalWorkspace, host: ServiceHost) -> list[OnlineEndpoint]:
    return [endpoint_of(workspace, host, one) for one in workspace.store.all(endpoints.KIND)]


def endpoint_of(workspace: LocalWorkspace, host: ServiceHost, document: Document) -> OnlineEndpoint:
    name, seen = document["name"], endpoints.view(workspace, document)
    properties = seen["properties"]
    services = [one for one in workspace.store.all("service") if deployed_in(one) == name]
    return OnlineEndpoint(
        name=name,
        compute=document["computeName"] or "managed",
        scoring_uri=properties["scoringUri"],
        swagger_uri=properties["swaggerUri"],
        auth_mode=properties["authMode"],
        updated=shown(seen["systemData"]["lastModifiedAt"]),
        description=properties.get("description") or "",
        deployments=[_deployment(workspace, host, document, one) for one in services],
        tags=facts(workspace.store, seen["tags"]),
        properties=facts(workspace.store, properties["properties"]),
    )


def _deployment(workspace: LocalWorkspace, host: ServiceHost, endpoint: Document, service: Document) -> Deployment:
    seen = deployments.view(workspace, service)
    logs = host.logs(service["name"])
    return Deployment(
        name=seen["name"],
        service=service["name"],
        status=status_of(service["state"]),
        share=endpoint["traffic"].get(seen["name"], 0),
        wanted=service["numReplicas"],
        size=seen["properties"].get("instanceType") or "",
        replicas=[row(replica) for replica in host.pool.replicas(service["name"])],
        models=[model["id"] for model in service["models"]],
        updated=shown(service["updatedTime"]),
        error=error_text(service["error"]),
        tags=facts(workspace.store, seen["tags"]),
        properties=facts(workspace.store, seen["properties"]["properties"]),
        logs=[f"{log.parent.name}/{log.name}" for log in logs[:_LOGS]],
        tail=read_log(logs[0], limit=_TAIL_BYTES).text if logs else "",
    )
