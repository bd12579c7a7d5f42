"""Web services as the page shows them. Neither keys nor the replicas' own ports, which ask for none."""

from dataclasses import dataclass

from azureml_emulator.azure.services.documents import view, web_services
from azureml_emulator.azure.services.host import ServiceHost
from azureml_emulator.azure.services.replicas.replica import Replica
from azureml_emulator.state.store import Store
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.studio.contents.links import Fact, facts
from azureml_emulator.studio.contents.moments import shown
from azureml_emulator.studio.contents.shapes import mapping, mappings
from azureml_emulator.studio.contents.status import Status, status_of
from azureml_emulator.wire import Document


@dataclass(frozen=True)
class ReplicaRow:
    name: str
    status: Status
    in_flight: int


@dataclass(frozen=True)
class Service:
    name: str
    status: Status
    cluster: str
    models: list[str]
    wanted: object
    """How many replicas the client asked for, as it wrote that."""
    replicas: list[ReplicaRow]
    scoring_uri: str
    auth: str
    """What a request must bring: "key", "token" or "none"."""
    updated: str
    description: str
    properties: list[Fact]
    tags: list[Fact]
    error: str

    @property
    def runs(self) -> list[Fact]:
        """Those that its tags and properties name, such as the one that deployed it."""
        return [fact for fact in (*self.tags, *self.properties) if fact.page[:1] == ("runs",)]

    @property
    def swagger_uri(self) -> str:
        return f"{self.scoring_uri.removesuffix('/score')}/swagger.json"

    @property
    def ready(self) -> int:
        return sum(replica.status.tone == "good" for replica in self.replicas)


def services(workspace: LocalWorkspace, host: ServiceHost) -> list[Service]:
    documents = web_services(workspace.store)
    return [service_of(workspace.store, view(workspace, one), host.pool.replicas(one["name"])) for one in documents]


def service_of(store: Store, shown_service: Document, replicas: list[Replica]) -> Service:
    """From a service as clients see it, and the replicas that the router knows."""
    return Service(
        name=shown_service["name"],
        status=status_of(shown_service["state"]),
        cluster=str(shown_service["computeName"] or shown_service.get("computeType") or ""),
        models=[model["id"] for model in shown_service["models"]],
        wanted=shown_service["numReplicas"],
        replicas=[row(replica) for replica in replicas],
        scoring_uri=shown_service["scoringUri"],
        updated=shown(shown_service["updatedTime"]),
        description=str(shown_service["description"] or ""),
        auth=_auth(shown_service),
        properties=facts(store, shown_service["properties"]),
        tags=facts(store, shown_service["kvTags"]),
        error=error_text(shown_service["error"]),
    )


def _auth(service: Document) -> str:
    return "token" if service["aadAuthEnabled"] else "key" if service["authEnabled"] else "none"


def row(replica: Replica) -> ReplicaRow:
    return ReplicaRow(replica.log.stem, status_of("Ready" if replica.running else "Ended"), replica.in_flight)


def error_text(error: object) -> str:
    said = [mapping(error), *mappings(mapping(error).get("details"))]
    return "\n".join(str(one["message"]) for one in said if one.get("message"))
