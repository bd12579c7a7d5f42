"""The pipeline: four scripts in a chain, the same in every workspace.

register_model -candidate-> validate_model -verdict-> deploy_service -deployment-> smoke_test -> release
"""

import json
import os

from config.errors import WorkspaceError
from config.loading.folder import FOLDER_VARIABLE, config_folder, config_variables
from config.loading.names import SERVICE, TARGET
from config.loading.options import OPTIONS_VARIABLE, typed_options
from config.settings import Settings, load_settings
from pipelines.local import state_folder
from pipelines.parameters import parameter_defaults
from pipelines.source.checkout import source_commit
from pipelines.source.snapshot import stage_snapshot
from steps.scoring_environment import scoring_environment
from workspaces.jobs.pipelines import Definition, Step
from workspaces.workspace import Workspace

STEPS = (
    Step(
        "register_model",
        script="steps/register_model.py",
        output="candidate",
        parameters=("model", "validation_data", "source", "promoted_from"),
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
        source=stage_snapshot(state_folder(), config_folder(os.environ), settings.service_file, settings.task.labels),
    )


def check_compute(workspace: Workspace, settings: Settings) -> None:
    """WorkspaceError when the compute that runs the steps isn't there."""
    if workspace.computes.find(settings.compute.name) is None:
        raise WorkspaceError(
            f"The workspace {workspace.name} has no compute named {settings.compute.name} to run the steps on. "
            f"Create it with `amlgpu provision {settings.options}`."
        )


def step_variables(settings: Settings) -> dict[str, str]:
    """The environment variables of every step: the settings of this moment, and where its packages are."""
    options = typed_options(settings.target, settings.service_file, _changed(settings), os.environ.get(FOLDER_VARIABLE))
    # PYTHONPATH: Azure ML runs steps/x.py from the root of the snapshot, but puts only steps/ on the path.
    own = {OPTIONS_VARIABLE: options, "AMLGPU_GIT_COMMIT": source_commit().name, "PYTHONPATH": "."}
    return settings_variables(settings) | own


def settings_variables(settings: Settings) -> dict[str, str]:
    """AMLGPU_* variables under which a step's ``load_settings()`` returns these very settings.

    Only what differs from the files is set, so that a run shows at a glance what was overridden.
    """
    chosen = {TARGET.variable: settings.target, SERVICE.variable: settings.service_file}
    return chosen | {f"AMLGPU_{key.replace('.', '__')}".upper(): text for key, text in _changed(settings).items()}


def _changed(settings: Settings) -> dict[str, str]:
    """``section.key`` of all that differs from the files."""
    files = load_settings(settings.target, environ=config_variables(os.environ), service=settings.service_file)
    plain, changed = files.model_dump(mode="json"), dict[str, str]()
    for section, values in settings.model_dump(mode="json").items():
        if isinstance(values, dict):
            changed |= {
                f"{section}.{key}": _text(value) for key, value in values.items() if value != plain[section][key]
            }
    return changed


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
