"""One call of every method and property of the port, about things that are there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from config.settings import Cluster, Compute
from tests.integration.workspaces.conftest import unique
from workspaces.computes import ClusterId
from workspaces.environments import Environment
from workspaces.jobs.pipelines import Definition, Endpoint
from workspaces.jobs.runs import Run
from workspaces.jobs.schedules import Recurrence, Schedule
from workspaces.models import ModelVersion
from workspaces.services import Configuration, Revision, ServiceState
from workspaces.workspace import Workspace

MONTHLY = Recurrence("Month", 1)
WANTED = Configuration(1, 0.5, 0.5, 1, 2, 4_000, 20_000, 60)
IDENTITY = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/steps"
ELSEWHERE = ClusterId("s", "g", "elsewhere")


@dataclass(frozen=True)
class Example:
    """What there is in the workspace, for a call of each method to be about."""

    open_port: Callable[[], Workspace]
    port: Workspace
    run: Run
    run_id: str
    folder: Path
    model: ModelVersion
    environment: Environment
    service: str
    state: ServiceState
    revision: Revision
    compute: Compute
    cluster: Cluster
    idle_cluster: Cluster
    managed_cluster: ClusterId
    definition: Definition
    pipeline_id: str
    endpoint: Endpoint
    schedule: Schedule

    @property
    def file(self) -> Path:
        return self.folder / "model" / "content.txt"


# In an order in which all of them can be done one after the other.
CALLS: dict[str, Callable[[Example], object]] = {
    "opening": lambda on: on.open_port().models.versions(on.model.name),
    "workspace.name": lambda on: on.port.name,
    "workspace.sdk": lambda on: on.port.sdk,
    "files.datastore": lambda on: on.port.files.datastore,
    "files.credential": lambda on: on.port.files.credential,
    "files.sizes": lambda on: on.port.files.sizes("examples"),
    "files.upload": lambda on: on.port.files.upload({"examples/file": on.file}),
    "files.download": lambda on: on.port.files.download({"examples/file": on.folder / "file"}),
    "files.delete": lambda on: on.port.files.delete(f"examples/{unique()}"),
    "files.read": lambda on: on.port.files.read("examples/file"),
    "files.write": lambda on: on.port.files.write(f"examples/{unique()}", b"x", None),
    "files.now": lambda on: on.port.files.now(),
    "models.versions": lambda on: on.port.models.versions(on.model.name),
    "models.register": lambda on: on.port.models.register(on.model.name, on.folder / "model", {}),
    "models.download": lambda on: on.port.models.download(on.model, on.folder / "back"),
    "models.size": lambda on: on.port.models.size(on.model),
    "models.set_tags": lambda on: on.port.models.set_tags(on.model, {"a": "b"}),
    "environments.register": lambda on: on.port.environments.register(on.environment),
    "environments.find": lambda on: on.port.environments.find(on.environment.name, on.environment.version),
    "services.find": lambda on: on.port.services.find(on.service),
    "services.on_cluster": lambda on: on.port.services.on_cluster(on.cluster.name),
    "services.of_other_sdk": lambda on: on.port.services.of_other_sdk(),
    "services.create": lambda on: on.port.services.create(unique(), on.cluster.name, on.revision, WANTED),
    "services.update": lambda on: on.port.services.update(on.service, on.revision, WANTED),
    "services.wait": lambda on: on.port.services.wait(on.service, 60),
    "services.stage": lambda on: on.port.services.stage(unique(), on.cluster.name, on.revision, WANTED),
    "services.staged": lambda on: on.port.services.staged(on.service),
    "services.beside": lambda on: on.port.services.beside(on.service),
    "services.unstage": lambda on: on.port.services.unstage(on.service),
    "services.settle": lambda on: on.port.services.settle(on.service),
    "services.set_tags": lambda on: on.port.services.set_tags(on.service, {"a": "b"}),
    "services.kept_gpus": lambda on: on.port.services.kept_gpus(on.state, WANTED),
    "services.log": lambda on: on.port.services.log(on.service, 5),
    "services.keys": lambda on: on.port.services.keys(on.service),
    "services.regenerate_key": lambda on: on.port.services.regenerate_key(on.service, "secondary"),
    "services.delete": lambda on: on.port.services.delete(on.service),
    "runs.status": lambda on: on.port.runs.status(on.run_id),
    "runs.has_ended": lambda on: on.port.runs.has_ended(on.run_id),
    "runs.steps": lambda on: on.port.runs.steps(on.run_id),
    "runs.step": lambda on: on.port.runs.step(on.run_id, "keep"),
    "runs.cancel": lambda on: on.port.runs.cancel(on.run_id),
    "run.id": lambda on: on.run.id,
    "run.name": lambda on: on.run.name,
    "run.pipeline_run_id": lambda on: on.run.pipeline_run_id,
    "run.workspace": lambda on: on.run.workspace,
    "run.files": lambda on: on.run.files(),
    "run.keep": lambda on: on.run.keep({f"outputs/{unique()}": on.file}),
    "run.fetch": lambda on: on.run.fetch("outputs/note.txt", on.folder / "note"),
    "run.fetch_folder": lambda on: on.run.fetch_folder("outputs/", on.folder / "outputs"),
    "run.log_metric": lambda on: on.run.log_metric("accuracy", 0.5),
    "run.tag": lambda on: on.run.tag({"a": "b"}),
    "run.properties": lambda on: on.run.properties(),
    "run.add_properties": lambda on: on.run.add_properties({unique(): "a"}),
    "run.state": lambda on: on.run.state(),
    "run.ended": lambda on: on.run.ended(),
    "run.log_text": lambda on: on.run.log_text(),
    "pipelines.submit": lambda on: on.port.pipelines.submit(on.definition, "examples", {}),
    "pipelines.publish": lambda on: on.port.pipelines.publish(on.definition, "examples", "for a test", "1"),
    "pipelines.make_default": lambda on: on.port.pipelines.make_default(on.pipeline_id, on.endpoint.name, "a test"),
    "pipelines.endpoint": lambda on: on.port.pipelines.endpoint(on.endpoint.name),
    "pipelines.default_of": lambda on: on.port.pipelines.default_of(on.endpoint.name),
    "pipelines.parameters_of": lambda on: on.port.pipelines.parameters_of(on.endpoint.name),
    "pipelines.submit_default": lambda on: on.port.pipelines.submit_default(on.endpoint, "examples", {}),
    "pipelines.disable": lambda on: on.port.pipelines.disable(on.endpoint.name),
    "schedules.active": lambda on: on.port.schedules.active(),
    "schedules.create": lambda on: on.port.schedules.create(
        unique(), on.endpoint, "examples", MONTHLY, description="a test", run_now=False
    ),
    "schedules.update": lambda on: on.port.schedules.update(on.schedule, Recurrence("Day", 1), run_now=False),
    "schedules.disable": lambda on: on.port.schedules.disable(on.schedule),
    "computes.find": lambda on: on.port.computes.find(on.compute.name),
    "computes.create_compute": lambda on: on.port.computes.create_compute(
        on.compute.model_copy(update={"name": unique()})
    ),
    "computes.give_identity": lambda on: on.port.computes.give_identity(on.compute.name, IDENTITY),
    "computes.rescale_compute": lambda on: on.port.computes.rescale_compute(on.compute),
    "access.resources": lambda on: on.port.access.resources(),
    "access.principals": lambda on: on.port.access.principals(on.compute.name),
    "access.roles": lambda on: on.port.access.roles("somebody", str(on.managed_cluster)),
    "access.compute_usages": lambda on: on.port.access.compute_usages("local"),
    "access.machine_usages": lambda on: on.port.access.machine_usages("local"),
    "computes.find_managed_cluster": lambda on: on.port.computes.find_managed_cluster(on.managed_cluster),
    "computes.attach_cluster": lambda on: on.port.computes.attach_cluster(
        on.cluster.model_copy(update={"name": unique()}), ELSEWHERE
    ),
    "computes.detach": lambda on: on.port.computes.detach(on.idle_cluster.name),
    "computes.delete": lambda on: on.port.computes.delete(on.compute.name),
}
