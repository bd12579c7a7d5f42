"""The pipeline: four scripts in a chain, the same in every workspace.

register_model -candidate-> validate_model -verdict-> deploy_service -deployment-> smoke_test -> release
"""

import json
import os
import subprocess

from config.errors import WorkspaceError
from config.loading.folder import config_folder, config_variables, target_options
from config.settings import Settings, load_settings
from pipelines.local import state_folder
from pipelines.parameters import parameter_defaults
from pipelines.snapshot import ROOT, stage_snapshot
from steps.scoring_environment import scoring_environment
from workspaces.pipelines import Definition, Step
from workspaces.workspace import Workspace

STEPS = (
    Step(
        "register_model",
        script="steps/register_model.py",
        output="candidate",
        parameters=("model", "validation_data", "source"),
    ),
    Step(
        "validate_model",
        script="steps/validate_model.py",
        inputs=("candidate",),
        output="verdict",
        parameters=("sample_count", "service_name"),
    ),
    Step(
        "deploy_service",
        script="steps/deploy_service.py",
        inputs=("candidate", "verdict"),
        output="deployment",
        parameters=("service_name", "force_reason"),
    ),
    Step(
        "smoke_test",
        script="steps/smoke_test.py",
        inputs=("candidate", "deployment"),
        output="release",
    ),
)


def define_pipeline(workspace: Workspace, settings: Settings) -> Definition:
    """The pipeline of ``settings``. WorkspaceError when ``workspace`` lacks the compute that runs the steps."""
    check_compute(workspace, settings)
    return Definition(
        steps=STEPS,
        parameters=parameter_defaults(settings),
        compute=settings.compute.name,
        environment=scoring_environment(settings),
        variables=step_variables(settings),
        source=stage_snapshot(state_folder(), config_folder(os.environ)),
    )


def check_compute(workspace: Workspace, settings: Settings) -> None:
    """WorkspaceError when the compute that runs the steps isn't there."""
    if workspace.computes.find(settings.compute.name) is None:
        raise WorkspaceError(
            f"The workspace {workspace.name} has no compute named {settings.compute.name} to run the steps on. "
            f"Create it with `amlgpu provision {target_options(settings.target)}`."
        )


def step_variables(settings: Settings) -> dict[str, str]:
    """The environment variables of every step: the settings of this moment, and where its packages are."""
    # PYTHONPATH: Azure ML runs steps/x.py from the root of the snapshot, but puts only steps/ on the path.
    return {**settings_variables(settings), "AMLGPU_GIT_COMMIT": source_commit(), "PYTHONPATH": "."}


def settings_variables(settings: Settings) -> dict[str, str]:
    """AMLGPU_* variables under which a step's ``load_settings()`` returns these very settings.

    Only what differs from the target's YAML is set, so that a run shows at a glance what was overridden.
    """
    plain = load_settings(settings.target, environ=config_variables(os.environ)).model_dump(mode="json")
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
