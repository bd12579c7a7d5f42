"""The notebooks about runs: interactive ones, submitted scripts, their environments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from azureml.core import Workspace
    from azureml.core.compute import AmlCompute


def test_interactive_runs(ws: Workspace, notebook: Callable[..., Path]) -> None:
    """The cells of manage-runs.ipynb that submit nothing."""
    from azureml.core import Experiment

    experiment = Experiment(workspace=ws, name="explore-runs")
    run = experiment.start_logging()
    run.log(name="message", value="Hello from run!")
    assert run.get_status() == "Running"
    assert run.get_details()["runId"] == run.id
    run.complete()
    assert run.get_status() == "Completed"
    with experiment.start_logging() as run:
        run.log(name="message", value="Hello from run!")
        assert run.get_status() == "Running"
    assert run.get_status() == "Completed"

    run.add_properties({"author": "azureml-user"})
    with pytest.raises(Exception, match="author"):
        run.add_properties({"author": "different-user"})
    run.tag("quality", "great run")
    run.tag("quality", "fantastic run")
    run.tag("worth another look")
    assert run.get_tags()["quality"] == "fantastic run"
    found = list(experiment.get_runs(properties={"author": "azureml-user"}, tags={"quality": "fantastic run"}))
    assert [one.id for one in found] == [run.id]
    found = list(experiment.get_runs(properties={"author": "azureml-user"}, tags="worth another look"))
    assert [one.id for one in found] == [run.id]

    with experiment.start_logging() as parent:
        for count in range(5):
            with parent.child_run() as child:
                child.log(name="Hello from child run", value=count)
    children = list(parent.get_children())
    assert len(children) == 5
    assert {child.get_status() for child in children} == {"Completed"}


def test_without_compute_target(ws: Workspace, notebook: Callable[..., Path]) -> None:
    """Where no compute target is named, the SDK means this computer, as manage-runs.ipynb does."""
    from azureml.core import Experiment, ScriptRunConfig

    notebook("hello/hello.py", "from azureml.core import Run\nRun.get_context().log(name='message', value='Hello')\n")
    run = Experiment(ws, "explore-runs").submit(ScriptRunConfig(source_directory="hello", script="hello.py"))
    assert run.wait_for_completion(show_output=True)["status"] == "Completed"
    assert run.get_metrics() == {"message": "Hello"}


def test_submitted_runs(ws: Workspace, aml_compute: AmlCompute, notebook: Callable[..., Path]) -> None:
    """The cells of manage-runs.ipynb that submit a script, to a cluster."""
    from azureml.core import Experiment, ScriptRunConfig

    notebook("hello/hello.py", "from azureml.core import Run\nRun.get_context().log(name='message', value='Hello')\n")
    notebook("hello/delay.py", "import time; time.sleep(60)")
    notebook(
        "hello/with_children.py",
        "from azureml.core import Run\nfor child in Run.get_context().create_children(count=5):\n"
        "    child.log(name='Hello', value=1)\n    child.complete()\n",
    )
    experiment = Experiment(workspace=ws, name="explore-runs")
    run = experiment.submit(ScriptRunConfig(source_directory="hello", script="hello.py", compute_target=aml_compute))
    assert "logFiles" in run.get_details_with_logs()
    run.wait_for_completion(show_output=True)
    assert run.get_status() == "Completed"
    assert run.get_metrics() == {"message": "Hello"}

    run = experiment.submit(
        ScriptRunConfig(source_directory="hello", script="with_children.py", compute_target=aml_compute)
    )
    run.wait_for_completion(show_output=True)
    assert len(list(run.get_children())) == 5

    delay = ScriptRunConfig(source_directory="hello", script="delay.py", compute_target=aml_compute)
    run = experiment.submit(delay)
    run.cancel()
    assert run.get_status() in ("CancelRequested", "Canceled")
    run = experiment.submit(delay)
    run.fail()
    assert run.get_status() == "Failed"
    assert Path(run.restore_snapshot(path="snapshots")).exists()
    run.cancel()


def test_using_environments(ws: Workspace, aml_compute: AmlCompute, notebook: Callable[..., Path]) -> None:
    """training/using-environments/using-environments.ipynb, on a cluster, and without Azure's curated environments."""
    from azureml.core import Environment, Experiment, ScriptRunConfig
    from azureml.core.environment import CondaDependencies

    assert ws.get_details()["name"] == ws.name
    notebook("example/example.py", "import os; print(os.environ.get('MESSAGE'))")
    environment = Environment(name="using-environments")
    dependencies = CondaDependencies()
    dependencies.add_conda_package("scikit-learn")
    dependencies.add_pip_package("pillow==5.4.1")
    environment.python.conda_dependencies = dependencies
    environment.environment_variables = {"MESSAGE": "Hello from Azure Machine Learning"}
    environment.register(workspace=ws)
    assert "using-environments" in {name for name, env in ws.environments.items() if env.version}
    assert "using-environments" in Environment.list(workspace=ws)
    restored = Environment.get(workspace=ws, name="using-environments", version="1")
    assert restored.environment_variables["MESSAGE"] == "Hello from Azure Machine Learning"

    configuration = ScriptRunConfig(source_directory="example", script="example.py")
    configuration.run_config.target = aml_compute.name
    configuration.run_config.environment = environment
    run = Experiment(workspace=ws, name="environment-example").submit(config=configuration)
    run.wait_for_completion(show_output=True)
    assert run.get_environment().environment_variables["MESSAGE"] == "Hello from Azure Machine Learning"
    logs = run.get_details_with_logs()["logFiles"].values()
    assert any("Hello from Azure Machine Learning" in log for log in logs)


def test_command_step(ws: Workspace, aml_compute: AmlCompute, notebook: Callable[..., Path]) -> None:
    """aml-pipelines-with-commandstep.ipynb, on one node: MPI over several is Azure's."""
    from azureml.core import Environment, Experiment, ScriptRunConfig
    from azureml.pipeline.core import Pipeline
    from azureml.pipeline.steps import CommandStep

    notebook("commandstep_train/train.py", "import sys; print('epochs', sys.argv[2])")
    Environment("tf-env").register(ws)
    source = ScriptRunConfig(
        source_directory="commandstep_train",
        command=["python train.py --epochs 30"],
        compute_target=aml_compute,
        environment=Environment.get(ws, name="tf-env"),
    )
    train = CommandStep(name="train-mnist", runconfig=source)
    run = Experiment(ws, "train-commandstep-pipeline").submit(Pipeline(workspace=ws, steps=[train]))
    assert run.wait_for_completion(show_output=False) == "Finished"
    assert "epochs 30" in run.find_step_run("train-mnist")[0].get_stdout_log()
