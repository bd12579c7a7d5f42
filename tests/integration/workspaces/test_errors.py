"""Whatever Azure ML answers, or if nothing does: no error but the port's own leaves an adapter."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, get_type_hints

import pytest

from config.settings import Cluster, Compute
from tests.integration.workspaces.calls import CALLS, MONTHLY, WANTED, Example
from tests.integration.workspaces.conftest import SCRIPTS, unique, until
from tests.integration.workspaces.local import LocalWorkspace
from workspaces.environments import Environment
from workspaces.errors import NotSignedIn, RequestError, Unreachable
from workspaces.jobs.pipelines import Definition, Step
from workspaces.jobs.runs import Run
from workspaces.services import Revision
from workspaces.workspace import Workspace

ASK_NOTHING = {
    *("files.datastore", "files.credential"),  # the datastore is known by then
    *("workspace.name", "workspace.sdk", "files.now", "services.kept_gpus"),
    *("run.id", "run.name", "run.pipeline_run_id", "run.workspace"),
}
MAY_ASK_NOTHING = {"run.log_metric", "services.settle"}
"""Or later: as the SDK has it."""
CHANGE_SOMETHING = {
    *("files.upload", "models.register", "models.set_tags", "environments.register"),
    *("services.create", "services.stage", "services.update", "services.set_tags", "services.delete"),
    *("runs.cancel", "run.keep", "run.tag"),
    *("pipelines.submit", "pipelines.publish", "pipelines.make_default", "pipelines.submit_default"),
    *("pipelines.disable", "schedules.create", "schedules.update", "schedules.disable"),
    *("computes.create_compute", "computes.rescale_compute", "computes.give_identity"),
    *("computes.attach_cluster", "computes.detach", "computes.delete"),
}
SCENES: dict[str, Callable[[LocalWorkspace], AbstractContextManager[None]]] = {
    "not allowed": lambda local: local.answering(403),
    "not signed in": lambda local: local.answering(401),
    "failed": lambda local: local.answering(500),
    "changed by another": lambda local: local.answering(409, "PUT", "POST", "PATCH", "DELETE"),
    "stopped": lambda local: local.stopped(),
    "sound": lambda _: nullcontext(),
}
KINDS = {"not allowed": RequestError, "not signed in": NotSignedIn, "failed": RequestError, "stopped": Unreachable}


def nouns() -> dict[str, type]:
    """The port's protocols, by the name under which a workspace has them."""
    kinds = {name: get_type_hints(getter)["return"] for name, getter in members(Workspace).items()}
    return {name: kind for name, kind in kinds.items() if kind is not str}


def members(kind: type) -> dict[str, Callable[..., Any]]:
    """Public methods, and what gets properties."""
    public = {name: member for name, member in vars(kind).items() if not name.startswith("_")}
    return {name: getattr(member, "fget", member) for name, member in public.items()}


def test_every_member_of_the_port_has_an_example() -> None:
    protocols = nouns() | {"run": Run}
    of_nouns = {f"{noun}.{member}" for noun, protocol in protocols.items() for member in members(protocol)}
    of_workspace = {f"workspace.{member}" for member in members(Workspace).keys() - nouns().keys()}
    assert CALLS.keys() - {"opening"} == of_nouns | of_workspace
    assert CALLS.keys() >= ASK_NOTHING | MAY_ASK_NOTHING | CHANGE_SOMETHING


def test_an_adapter_offers_the_port_and_nothing_else(example: Example) -> None:
    adapters: dict[type, object] = {kind: getattr(example.port, noun) for noun, kind in nouns().items()}
    for protocol, adapter in (adapters | {Run: example.run}).items():
        assert members(type(adapter)).keys() == members(protocol).keys()
    assert {name for name in dir(example.port) if not name.startswith("_")} == members(Workspace).keys()


@pytest.fixture(scope="module")
def example(
    local: LocalWorkspace,
    open_port: Callable[[], Workspace],
    port: Workspace,
    define: Callable[..., Definition],
    tmp_path_factory: pytest.TempPathFactory,
) -> Example:
    folder = tmp_path_factory.mktemp("examples")
    (folder / "model").mkdir()
    (folder / "model" / "content.txt").write_text("content")
    definition = define(Step("keep", "keep.py", "kept"))
    run_id = port.pipelines.submit(definition, "examples", {})
    port.files.write("examples/file", b"content", None)
    compute = Compute(name=unique(), vm_size="Standard_D2_v3")
    cluster = Cluster(name=unique(), vm_size="Standard_NC4as_T4_v3", nodes=3, purpose="FastProd")
    idle_cluster = cluster.model_copy(update={"name": unique()})
    port.computes.create_compute(compute)
    managed_cluster = local.make_cluster(cluster.name)
    port.computes.attach_cluster(cluster, managed_cluster)
    port.computes.attach_cluster(idle_cluster, local.make_cluster(idle_cluster.name))
    conda = "name: echo\ndependencies:\n- python\n- pip: [azureml-inference-server-http]\n"
    environment = port.environments.register(Environment(unique(), "FROM ubuntu\n", conda, {}))
    model = port.models.register(unique(), folder / "model", {})
    service, revision = unique(), Revision(model, environment, SCRIPTS, "score.py", {})
    port.services.create(service, cluster.name, revision, WANTED)
    pipeline_id = port.pipelines.publish(definition, "examples", "for a test", "1")
    endpoint = port.pipelines.make_default(pipeline_id, unique(), "for a test")
    port.schedules.create(service, endpoint, "examples", MONTHLY, description="for a test", run_now=False)
    (schedule,) = (found for found in port.schedules.active() if found.name == service)
    assert port.services.wait(service, 60) == ""
    state = port.services.find(service)
    assert state is not None
    until(lambda: port.runs.has_ended(run_id), f"run {run_id} to end")
    return Example(
        open_port=open_port,
        port=port,
        run=port.runs.steps(run_id)["keep"],
        run_id=run_id,
        folder=folder,
        model=model,
        environment=environment,
        service=service,
        state=state,
        revision=revision,
        compute=compute,
        cluster=cluster,
        idle_cluster=idle_cluster,
        managed_cluster=managed_cluster,
        definition=definition,
        pipeline_id=pipeline_id,
        endpoint=endpoint,
        schedule=schedule,
    )


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the tries of a request that fails the SDK pauses for minutes."""
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(min(seconds, 0.01)))


def outcome(member: str, example: Example) -> object:
    """What a call answers, or raises."""
    try:
        return CALLS[member](example)
    except Exception as error:  # noqa: BLE001  # which one is the question
        return error


@pytest.fixture(scope="module")
def scene(local: LocalWorkspace, example: Example, request: pytest.FixtureRequest) -> Iterator[str]:
    """How all requests end."""
    with SCENES[request.param](local):
        yield request.param


@pytest.mark.parametrize("member", CALLS)
@pytest.mark.parametrize("scene", KINDS, indirect=True)
def test_what_is_refused_or_lost_leaves_as_the_ports_error(scene: str, member: str, example: Example) -> None:
    came = outcome(member, example)
    if member in ASK_NOTHING:
        assert not isinstance(came, Exception)
    elif member in MAY_ASK_NOTHING and came is None:
        pass
    elif member == "runs.has_ended":
        assert came is False
    elif member == "services.wait" and isinstance(came, str):
        assert came
    elif member == "opening":  # where all is stopped, so is what gives credentials
        assert isinstance(came, KINDS[scene] | NotSignedIn)
    else:
        assert isinstance(came, KINDS[scene])


@pytest.mark.parametrize("member", CALLS)
@pytest.mark.parametrize("scene", ["changed by another"], indirect=True)
def test_a_change_that_is_refused_after_its_lookups_leaves_so_too(scene: str, member: str, example: Example) -> None:
    came = outcome(member, example)
    assert isinstance(came, RequestError) or not (member in CHANGE_SOMETHING or isinstance(came, Exception)), scene


@pytest.mark.parametrize("member", CALLS)
@pytest.mark.parametrize("scene", ["sound"], indirect=True)
def test_nothing_but_that_was_wrong_with_a_call(scene: str, member: str, example: Example) -> None:
    """After all others: here each is done."""
    came = outcome(member, example)
    assert not isinstance(came, Exception), scene


def test_who_gets_no_credential_is_not_signed_in(
    local: LocalWorkspace, open_port: Callable[[], Workspace], name: str
) -> None:
    with local.without_credentials(), pytest.raises(NotSignedIn):
        open_port().models.versions(name)


def test_a_datastore_that_is_not_told_is_an_error(local: LocalWorkspace, open_port: Callable[[], Workspace]) -> None:
    opened = open_port()
    with local.answering(403), pytest.raises(RequestError):
        _ = opened.files.datastore
