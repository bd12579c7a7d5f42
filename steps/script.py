"""What the four scripts share: one line for an error of ours, and a place for their artifact."""

import sys
from collections.abc import Callable
from pathlib import Path

import requests
from azure.core.exceptions import AzureError
from azureml.core import Run
from azureml.exceptions import AzureMLException

from config.errors import AmlGpuError, WorkspaceError
from steps.artifacts import Artifact


def run_script(main: Callable[[], None]) -> None:
    """Run ``main`` and end the process; an expected error is one message on stderr and its class's exit code."""
    try:
        main()
    except AmlGpuError as error:
        fail(error)
    except (AzureMLException, AzureError, requests.RequestException) as error:
        fail(WorkspaceError(f"Azure ML refused or failed a request: {error}"))


def fail(error: AmlGpuError) -> None:
    """Print the error and exit with its code."""
    print(f"error: {error}", file=sys.stderr, flush=True)
    sys.exit(error.exit_code)


def publish(run: Run, artifact: Artifact, folder: Path) -> None:
    """Write the artifact for the next step and keep it with the run, as ``outputs/<file name>``."""
    path = artifact.write(folder)
    run.upload_file(f"outputs/{artifact.file_name}", str(path))


def git_commit(run: Run) -> str:
    """The commit that the SDK recorded when the pipeline was built; ``unknown`` outside of a git checkout."""
    return str(run.get_properties().get("azureml.git.commit", "unknown"))
