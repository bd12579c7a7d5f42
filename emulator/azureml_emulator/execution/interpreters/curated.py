"""Azure's curated environments: images that aren't here, whose runs get the workspace's own Python instead."""

import platform
import re

from azureml_emulator.wire import Document

_PREFIX = "AzureML-"
# How the names go on that Microsoft's documentation and AzureML-Containers list, with versions and Pythons behind.
_FAMILIES = re.compile(
    r"azureml-(minimal|tutorial|scikit-learn|sklearn|tensorflow|pytorch|xgboost|lightgbm|chainer|dask|hyperdrive|"
    r"pyspark|automl|onnxruntime|vowpalwabbit|triton|deepspeed|acpt|acft|ai-studio|dai|mlflow|minimal-inference|"
    r"inference|responsibleai|designer|mldesigner|sidecar|databricks|gpu|cpu|openmpi|python|ubuntu|mpi|nvidia|rapids)\b",
    re.IGNORECASE,
)


LISTED = (
    "AzureML-AutoML",
    "AzureML-Dask-CPU",
    "AzureML-Minimal",
    "AzureML-PyTorch-1.6-CPU",
    "AzureML-PyTorch-1.6-GPU",
    "AzureML-Scikit-learn-0.20.3",
    "AzureML-TensorFlow-2.3-CPU",
    "AzureML-TensorFlow-2.3-GPU",
    "AzureML-Tutorial",
    "AzureML-lightgbm-3.2-ubuntu18.04-py37-cpu",
    "AzureML-pytorch-1.10-ubuntu18.04-py38-cuda11-gpu",
    "AzureML-sklearn-0.24-ubuntu18.04-py37-cpu",
    "AzureML-sklearn-1.0-ubuntu20.04-py38-cpu",
    "AzureML-tensorflow-2.4-ubuntu18.04-py37-cuda11-gpu",
)
"""Some of them, by the names that public programs use: a program may look for one in the list."""


_PACKAGES = {"name": "project_environment", "dependencies": ["python=3.8", {"pip": ["azureml-defaults"]}]}
"""For programs that add one to those of a clone."""


def is_curated(name: str) -> bool:
    """Whether Azure has an environment of about this name: its own are AzureML-NAME."""
    return _FAMILIES.match(name) is not None


def curated_definition(name: str, version: str | None) -> Document:
    """An image, as the newer ones are, with the Python of whoever runs it. Any version is taken for there."""
    image = f"mcr.microsoft.com/azureml/curated/{name.removeprefix(_PREFIX).lower()}"
    return {
        "name": name,
        "version": version or "1",
        "environmentVariables": {},
        "python": {"interpreterPath": "python", "userManagedDependencies": True, "condaDependencies": _PACKAGES},
        "docker": {"baseImage": f"{image}:{version or 'latest'}", "baseDockerfile": None, "enabled": False},
        "inferencingStackVersion": None,
    }


def curated_note(environment: Document | None) -> str:
    """What stands for a curated environment, in a sentence; empty for one of the user's own."""
    name = str((environment or {}).get("name") or "")
    if not is_curated(name):
        return ""
    python = f"Python {platform.python_version()}"
    return f"'{name}' is an image of Azure's: this ran in the local workspace's own {python}, with its packages"


def environment_properties(environment: Document | None) -> dict[str, str]:
    """The same, as a property of a run."""
    note = curated_note(environment)
    return {"localWorkspaceEnvironment": note} if note else {}
