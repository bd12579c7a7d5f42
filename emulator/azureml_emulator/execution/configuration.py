"""What a run configuration asks for, beside the script itself."""

import os
import re
import shlex
from collections.abc import Sequence

from azureml_emulator.errors import NotSupported
from azureml_emulator.execution.job import KEPT
from azureml_emulator.wire import Document

_SINGLE_PROCESS = {"framework": ("Python", None), "communicator": ("None", "none", None)}
_UNQUOTED = re.compile(r"[^\s'\"\\]+")
# Names that a step's parameters have for what its run configuration says in other words.
_PARAMETERS = {
    "NodeCount": "nodeCount",
    "MaxRunDurationSeconds": "maxRunDurationSeconds",
    "Framework": "framework",
    "Communicator": "communicator",
}


def with_parameters(run_config: Document, parameters: Document) -> Document:
    """The configuration of a step, where pipeline parameters may stand for values."""
    given = {key: parameters[name] for name, key in _PARAMETERS.items() if parameters.get(name) not in (None, "")}
    changed = run_config | given
    if processes := parameters.get("MpiProcessCountPerNode"):
        changed["mpi"] = {"processCountPerNode": processes}
    return changed


def refuse_distributed(run_config: Document) -> None:
    """Raises NotSupported for what needs several nodes or processes, Spark, or a cluster that is made for the run."""
    nodes = int(run_config.get("nodeCount") or 1)
    if nodes > 1:
        raise NotSupported(f"distributed runs: this one asks for {nodes} nodes, and there is one machine")
    if is_single_mpi_process(run_config):
        return
    for key, single in _SINGLE_PROCESS.items():
        if run_config.get(key) not in single:
            raise NotSupported(f"runs with the {key} {run_config[key]}: scripts and commands run as one process")


def is_single_mpi_process(run_config: Document) -> bool:
    by_mpi = run_config.get("communicator") in ("IntelMpi", "Mpi", "OpenMpi")
    count = (run_config.get("mpi") or {}).get("processCountPerNode") or 1
    return by_mpi and run_config.get("framework") in (None, "Python") and int(count) == 1


def max_seconds(run_config: Document) -> float | None:
    """How long a run may take; None for no limit."""
    seconds = run_config.get("maxRunDurationSeconds")
    return float(seconds) if seconds else None


def command_line(words: Sequence[str]) -> str:
    """For a shell, which still expands variables and sees its operators: only words that it would tear are quoted."""
    return " ".join(word if _UNQUOTED.fullmatch(word) else shlex.quote(word) for word in words)


def variables(run_config: Document) -> dict[str, str]:
    """Of the environment, then of the run itself. One without a value isn't set."""
    of_environment = (run_config.get("environment") or {}).get("environmentVariables") or {}
    given = of_environment | (run_config.get("environmentVariables") or {})
    return {key: str(value) for key, value in given.items() if value is not None}


def watched(run_config: Document) -> tuple[str, ...]:
    """The folders below the script's whose files are kept with the run: outputs, and what the history watches."""
    named = (run_config.get("history") or {}).get("directoriesToWatch") or []
    normal = [os.path.normpath(str(name)) for name in named]
    inside = [name for name in normal if name != "." and not name.startswith(("..", "/"))]
    return tuple(dict.fromkeys([*KEPT, *inside]))
