"""Which models can be served without code of their own, and by which script."""

from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

from azureml_emulator.errors import BadRequest, NotSupported
from azureml_emulator.wire import Document

NO_CODE_SCRIPT = "no_code_score.py"
"""Name of the entry script among the files of a service."""


@dataclass(frozen=True)
class _Framework:
    module: str
    distributions: tuple[str, ...]
    script: str


_FRAMEWORKS = {
    "ScikitLearn": _Framework("sklearn", ("scikit-learn",), "sklearn_score.py"),
    "TensorFlow": _Framework("tensorflow", ("tensorflow", "tensorflow-cpu", "tensorflow-gpu"), "tensorflow_score.py"),
}
_GIVE = "give Model.deploy an InferenceConfig with an entry script and an environment"


def check_no_code(models: list[Document]) -> None:
    """Raises BadRequest for what Azure refuses, too, and NotSupported for what it would serve and this cannot."""
    if len(models) != 1 or not models[0]["framework"]:
        raise BadRequest(f"the deployment has no environment: {_GIVE}, or one model with a model_framework")
    framework = str(models[0]["framework"])
    if framework not in _FRAMEWORKS:
        raise NotSupported(f"an entry script of its own for models of {framework}: {_GIVE}")
    known = _FRAMEWORKS[framework]
    if util.find_spec(known.module) is None:
        raise NotSupported(
            f"{known.distributions[0]} in its Python, by which it would serve a model of {framework} without "
            f"InferenceConfig: pip install {known.distributions[0]} there, or {_GIVE}"
        )


def script_of(service: Document) -> Path | None:
    """The file; None for a service with an environment of its own."""
    if (service["environmentImageRequest"] or {}).get("environment") or not service["models"]:
        return None
    return Path(__file__).parent / "scripts" / _FRAMEWORKS[service["models"][0]["framework"]].script


def no_code_note(service: Document) -> str:
    """Which version serves the model: a line, or nothing."""
    if script_of(service) is None:
        return ""
    model = service["models"][0]
    here = _version(_FRAMEWORKS[model["framework"]].distributions)
    declared = f", {model['frameworkVersion']} is declared" if model["frameworkVersion"] else ""
    return f"[local workspace] no InferenceConfig: served by an entry script of ours with {here}{declared}\n"


def _version(distributions: tuple[str, ...]) -> str:
    """The first that is installed, with its version."""
    installed = [found for name in distributions for found in metadata.distributions(name=name)]
    return f"{installed[0].name} {installed[0].version}" if installed else distributions[0]
