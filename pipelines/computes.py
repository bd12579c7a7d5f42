"""Find a compute of the workspace by its name."""

from azureml.core import Workspace
from azureml.core.compute import ComputeTarget
from azureml.exceptions import ComputeTargetException


def find_compute(workspace: Workspace, name: str) -> ComputeTarget | None:
    """The compute of that name, as its own kind (AmlCompute, AksCompute, ...), or None."""
    try:
        return ComputeTarget(workspace, name)
    except ComputeTargetException as error:
        if "ComputeTargetNotFound" in error.message:
            return None
        raise
