"""Puts a service back to what it ran before, and proves by queries that it is."""

import shlex
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from config.errors import AmlGpuError, DeploymentError, RollbackError
from config.settings import Settings
from steps.folders.tree import nothing
from steps.querying.queries import SamplesError, ask, failures
from steps.registration.versions import find_version
from steps.rollout.cluster import find_cluster
from steps.rollout.configuration import configuration_of
from steps.rollout.lease_file import Before
from steps.rollout.released import Released, released_as
from steps.rollout.service import create, settle, update, wait_healthy, wait_idle
from steps.scoring_source import ENTRY_SCRIPT, scoring_source
from workspaces.environments import Environment
from workspaces.services import Revision, ServiceState
from workspaces.workspace import Workspace


def put_back(workspace: Workspace, service_name: str, before: Before, settings: Settings) -> str:
    """Bring the service to ``before``; the sentence that says what was done.

    RollbackError, with the commands that a person has to type, when it can't be, or doesn't answer as it did.
    """
    try:
        if before.state is None:
            return _remove(workspace, service_name, settings)
        return _restore(workspace, service_name, before.state, settings)
    except RollbackError:
        raise
    except AmlGpuError as error:
        raise RollbackError(emergency(service_name, before.state, str(error), settings)) from error


def emergency(service_name: str, state: ServiceState | None, reason: str, settings: Settings) -> str:
    """What has to be known, and typed, when a rollback failed."""
    where = settings.options
    if service_name != settings.service.name:  # a parameter of the pipeline chose another than the settings'
        where += f" --set {shlex.quote(f'service.name={service_name}')}"
    if state is None:
        what, commands = "and couldn't be removed", [f"amlgpu logs {where}", f"amlgpu teardown {where}"]
    else:
        version = state.models[0].partition(":")[2] if state.models else "VERSION"
        what = f"and couldn't be put back to {', '.join(state.models)}"
        commands = [f"amlgpu status {where}", f"amlgpu rollback --to {version} {where}"]
    lines = "\n".join(f"  {command}" for command in commands)
    return f"EMERGENCY: service {service_name} is not what it should be, {what}: {reason}\nMend it by hand:\n{lines}"


def _remove(workspace: Workspace, service_name: str, settings: Settings) -> str:
    if wait_idle(workspace, service_name, settings.service.deploy_timeout_seconds) is not None:
        workspace.services.delete(service_name)
    if wait_idle(workspace, service_name, settings.service.deploy_timeout_seconds) is not None:
        raise DeploymentError("it was deleted, but is still there")
    return f"there was no service {service_name} before, so it was removed"


def _restore(workspace: Workspace, service_name: str, state: ServiceState, settings: Settings) -> str:
    with TemporaryDirectory() as work:
        released = released_as(workspace, service_name, state, Path(work))
        if released is None:
            reason = f"the run {state.tags.get('run_id')}, which released it, kept no code to go back to"
            raise RollbackError(emergency(service_name, state, reason, settings))
        kept = _deploy(workspace, service_name, state, released, settings)
        done = _prove(workspace, service_name, state, released, settings)
    settle(workspace, service_name)
    return f"{done}; it keeps {kept} GPU a replica, which an update can't take away" if kept else done


def _deploy(
    workspace: Workspace, service_name: str, state: ServiceState, released: Released, settings: Settings
) -> int:
    """How many GPUs a replica keeps that it hadn't then."""
    name, _, version = state.models[0].partition(":")
    model, environment = find_version(workspace, name, int(version)), _environment(workspace, state, released)
    wanted, seconds = configuration_of(state, settings), settings.service.deploy_timeout_seconds
    # What failed may still be going on, on its way to a timeout: Azure ML would refuse another operation.
    now = wait_idle(workspace, service_name, seconds)
    with scoring_source(released.root, nothing) as source:
        revision = Revision(model, environment, source, ENTRY_SCRIPT, state.tags | released.deployment.tags)
        if now is None:
            cluster = find_cluster(workspace, settings)
            create(workspace, service_name, cluster.name, revision, wanted)
        else:
            update(workspace, service_name, revision, wanted, seconds)
        wait_healthy(workspace, service_name, seconds)
    return workspace.services.kept_gpus(now, wanted) if now else 0


def _environment(workspace: Workspace, state: ServiceState, released: Released) -> Environment:
    """The environment as it was, with the variables that the service had: not every SDK keeps these with it."""
    environment = workspace.environments.find(str(state.environment), state.environment_version)
    variables = released.deployment.variables
    if variables is None or environment.variables == variables:
        return environment
    return workspace.environments.register(replace(environment, variables=variables, version=None))


def settings_to_prove(state: ServiceState, settings: Settings) -> Settings:
    """``settings``, which may require a GPU by now: none is asked of what had none."""
    if state.gpu_cores:
        return settings
    validation = settings.validation.model_copy(update={"require_gpu": False})
    return settings.model_copy(update={"validation": validation})


def _prove(workspace: Workspace, service_name: str, state: ServiceState, released: Released, settings: Settings) -> str:
    now = workspace.services.find(service_name)
    if now is None:
        raise RollbackError(emergency(service_name, state, "it is gone", settings))
    try:
        asked = settings_to_prove(state, settings)
        queries, _ = ask(workspace, service_name, now, released.candidate, released.deployment, asked)
    except SamplesError as error:
        reason = f"it was deployed again, but nothing could be proven about it: {error}"
        raise RollbackError(emergency(service_name, state, reason, settings)) from error
    if failed := failures(queries):
        reason = f"it was deployed again, but failed {len(failed)} queries: {'; '.join(failed)}"
        raise RollbackError(emergency(service_name, state, reason, settings))
    return f"{service_name} was put back to {state.models[0]}, and passed {len(queries)} queries"
