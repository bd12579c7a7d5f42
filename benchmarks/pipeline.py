"""What the local workspace adds to four trivial steps: a pipeline against its scripts run bare, one after the other.

Two kinds of scripts. One logs a metric through the SDK, as most steps do; bare, the same script imports the SDK as well
and logs to nobody (`Run.get_context()` outside of a run prints). The other does nothing at all, and imports nothing.
The pipeline's time is that of a client that has the SDK imported and waits by `wait_for_completion`: building the
`Pipeline`, submission, its four steps in a row, until the client knows that it has finished. The kinds take turns.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azureml.core import Workspace

ROUNDS = 5
STEPS = 4
SCRIPTS = {
    "with the SDK": "from azureml.core import Run\n\nRun.get_context().log('metric', 1.0)\n",
    "without": "print('nothing')\n",
}


def measure(rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Seconds of each round, by kind. Raises CalledProcessError, or what the SDK raises, when a script fails."""
    from azureml_emulator.command import daemon
    from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION

    with tempfile.TemporaryDirectory() as folder:
        state, source = Path(folder) / "state", Path(folder) / "source"
        os.environ |= daemon.start(state, outlives_us=False)["environment"]  # before anything imports the SDK
        try:
            from azureml.core import Workspace

            workspace = Workspace(SUBSCRIPTION, RESOURCE_GROUP, NAME)
            _create_compute(workspace)
            _write_scripts(source)
            _pipeline(workspace, source, "with the SDK")  # the first of all starts the fork server
            return _rounds(workspace, source, rounds)
        finally:
            daemon.stop(state)


def _rounds(workspace: "Workspace", source: Path, rounds: int) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {}
    for _ in range(rounds):
        for kind in SCRIPTS:
            pipeline, alone = _pipeline(workspace, source, kind), bare(source / kind)
            seconds.setdefault(f"pipeline, scripts {kind}", []).append(pipeline)
            seconds.setdefault(f"bare, scripts {kind}", []).append(alone)
            seconds.setdefault(f"difference, {kind}", []).append(pipeline - alone)
    return seconds


def _write_scripts(source: Path) -> None:
    for kind, script in SCRIPTS.items():
        folder = source / kind
        folder.mkdir(parents=True)
        for number in range(STEPS):
            (folder / f"step{number}.py").write_text(script)


def _create_compute(workspace: "Workspace") -> None:
    from azureml.core.compute import AmlCompute, ComputeTarget

    configuration = AmlCompute.provisioning_configuration(vm_size="Standard_D2_v3", max_nodes=1)
    ComputeTarget.create(workspace, "steps", configuration).wait_for_completion(show_output=False)


def _pipeline(workspace: "Workspace", source: Path, kind: str) -> float:
    from azureml.core import Experiment
    from azureml.pipeline.core import Pipeline, StepSequence

    started = time.perf_counter()
    steps = StepSequence([_step(source / kind, number) for number in range(STEPS)])
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        run = Experiment(workspace, "benchmark").submit(Pipeline(workspace, steps=[steps]))
        run.wait_for_completion(show_output=False, raise_on_error=True)
    return time.perf_counter() - started


def _step(folder: Path, number: int) -> Any:
    from azureml.core import RunConfiguration
    from azureml.pipeline.steps import PythonScriptStep

    configuration = RunConfiguration()
    configuration.environment.python.user_managed_dependencies = True
    return PythonScriptStep(
        f"step{number}.py",
        compute_target="steps",
        source_directory=str(folder),
        runconfig=configuration,
        allow_reuse=False,
    )


def bare(folder: Path) -> float:
    """Seconds that the scripts of the steps in a folder take, one after the other."""
    started = time.perf_counter()
    for number in range(STEPS):
        command = [sys.executable, str(folder / f"step{number}.py")]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def tell(measure: Callable[[int], dict[str, list[float]]], about: str | None) -> None:
    """A command line's answer: a line a kind, or with --json the seconds of every round."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    measured = measure(arguments.rounds)
    if arguments.json:
        print(json.dumps(measured))
        return
    for kind, seconds in measured.items():
        print(f"{kind:30} median {statistics.median(seconds):6.2f} s  ({min(seconds):.2f} to {max(seconds):.2f})")


if __name__ == "__main__":
    tell(measure, __doc__)
