"""The pipeline: four scripts in a chain, the same in every workspace.

register_model -candidate-> validate_model -verdict-> deploy_service -deployment-> smoke_test -> release
"""

import json
import subprocess
from collections.abc import Sequence
from typing import TypeAlias

from azureml.core import RunConfiguration, Workspace
from azureml.core.compute import ComputeTarget
from azureml.pipeline.core import Pipeline, PipelineData, PipelineParameter
from azureml.pipeline.steps import PythonScriptStep

from config.errors import WorkspaceError
from config.settings import Settings, load_settings
from pipelines.computes import find_compute
from pipelines.local import state_folder
from pipelines.parameters import STEPS, parameter_defaults
from pipelines.snapshot import ROOT, stage_snapshot
from steps.scoring_environment import scoring_environment

Argument: TypeAlias = str | PipelineParameter | PipelineData


def build_pipeline(workspace: Workspace, settings: Settings) -> Pipeline:
    """The pipeline of ``settings`` in ``workspace``; nothing is submitted or published yet."""
    parameters = {name: PipelineParameter(name, default) for name, default in parameter_defaults(settings).items()}
    datastore = workspace.get_default_datastore()
    folders = {name: PipelineData(name, datastore=datastore, is_directory=True) for name in STEPS.values()}
    compute = compute_target(workspace, settings)
    configuration = run_configuration(settings)
    source = stage_snapshot(state_folder())
    steps = [
        PythonScriptStep(
            script_name=f"steps/{script}.py",
            name=script,
            arguments=_arguments(script, parameters, folders),
            inputs=[folders[name] for name in _INPUTS[script]],
            outputs=[folders[output]],
            compute_target=compute,
            runconfig=configuration,
            source_directory=str(source),
            # A step reused from an earlier run would report a success that says nothing about today's service.
            allow_reuse=False,
        )
        for script, output in STEPS.items()
    ]
    return Pipeline(workspace, steps=steps)


def compute_target(workspace: Workspace, settings: Settings) -> ComputeTarget:
    """The AmlCompute that runs the steps. Raises WorkspaceError when it isn't there."""
    found = find_compute(workspace, settings.compute.name)
    if found is None:
        raise WorkspaceError(
            f"The workspace {workspace.name} has no compute named {settings.compute.name} to run the steps on. "
            f"Create it with `amlgpu provision --target {settings.target}`."
        )
    return found


def run_configuration(settings: Settings) -> RunConfiguration:
    """What every step runs in: the scoring environment, and the settings of this moment as variables."""
    configuration = RunConfiguration()
    configuration.environment = scoring_environment(settings)
    # PYTHONPATH: Azure ML runs steps/x.py from the root of the snapshot, but puts only steps/ on the path.
    configuration.environment_variables = {
        **settings_variables(settings),
        "AMLGPU_GIT_COMMIT": source_commit(),
        "PYTHONPATH": ".",
    }
    return configuration


def settings_variables(settings: Settings) -> dict[str, str]:
    """AMLGPU_* variables under which a step's ``load_settings()`` returns these very settings.

    Only what differs from the target's YAML is set, so that a run shows at a glance what was overridden.
    """
    plain = load_settings(settings.target, environ={}).model_dump(mode="json")
    variables: dict[str, str] = {"AMLGPU_TARGET": settings.target}
    for section, values in settings.model_dump(mode="json").items():
        if isinstance(values, dict):
            changed = {key: value for key, value in values.items() if value != plain[section][key]}
            variables |= {f"AMLGPU_{section}__{key}".upper(): _text(value) for key, value in changed.items()}
    return variables


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def source_commit() -> str:
    """Commit of this checkout, in full, with ``-dirty`` after it when files differ from that commit.

    ``unknown`` where this is no checkout, or git isn't installed.
    """
    command = ["git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    try:
        described = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:  # no git on this machine
        return "unknown"
    return described.stdout.strip() or "unknown"


_INPUTS: dict[str, Sequence[str]] = {
    "register_model": (),
    "validate_model": ("candidate",),
    "deploy_service": ("candidate", "verdict"),
    "smoke_test": ("candidate", "deployment"),
}
_PARAMETERS: dict[str, Sequence[str]] = {
    "register_model": ("model", "validation_data"),
    "validate_model": ("sample_count", "service_name"),
    "deploy_service": ("service_name", "force_reason"),
    "smoke_test": (),
}


def _arguments(
    script: str, parameters: dict[str, PipelineParameter], folders: dict[str, PipelineData]
) -> list[Argument]:
    """``--name value`` for each input folder, pipeline parameter and output folder of a script."""
    values = {name: folders[name] for name in (*_INPUTS[script], STEPS[script])}
    values |= {name: parameters[name] for name in _PARAMETERS[script]}
    return [word for name, value in values.items() for word in (f"--{name.replace('_', '-')}", value)]
