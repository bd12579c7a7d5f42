"""What a program writes by MLflow outside of runs, read by MLflow and by SDK v1."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from azureml.core import Experiment, Workspace


def test_a_run_is_the_same_to_both_clients(mlflow: Any, in_experiment: Any, workspace: Workspace) -> None:
    from azureml.core import Experiment, Run

    with mlflow.start_run(run_name="first") as active:
        mlflow.log_param("epochs", 3)
        mlflow.log_params({"rate": 0.1, "kind": "cnn"})
        mlflow.log_metric("accuracy", 0.9)
        mlflow.log_metrics({"loss": 2.0, "odd name (größe)/%": 1.0}, step=1)
        mlflow.log_metric("loss", 1.0, step=2)
        mlflow.log_metric("diverged", math.nan)
        mlflow.set_tag("team", "vision")
        mlflow.set_tags({"stage": "test"})
        going = Run(Experiment(workspace, in_experiment.name), active.info.run_id)
        assert going.get_status() == "Running"

    found = mlflow.get_run(active.info.run_id)
    assert found.data.params == {"epochs": "3", "rate": "0.1", "kind": "cnn"}
    assert math.isnan(found.data.metrics.pop("diverged"))
    assert found.data.metrics == {"accuracy": 0.9, "loss": 1.0, "odd name (größe)/%": 1.0}
    assert {"team": "vision", "stage": "test", "mlflow.runName": "first"}.items() <= found.data.tags.items()
    assert (found.info.status, found.info.run_name, found.info.lifecycle_stage) == ("FINISHED", "first", "active")
    assert found.info.end_time >= found.info.start_time > 0

    run = Run(Experiment(workspace, in_experiment.name), active.info.run_id)
    assert (run.get_status(), run.display_name, run.tags["team"]) == ("Completed", "first", "vision")
    metrics = run.get_metrics()
    assert (metrics["accuracy"], metrics["loss"]) == (0.9, [2.0, 1.0])


def test_what_the_sdk_logs_is_read_by_mlflow(mlflow: Any, experiment: Experiment) -> None:
    run = experiment.start_logging(snapshot_directory=None, outputs=False)
    run.log("loss", 2)
    run.log("loss", 0.5, step=1)
    run.log("verdict", "BLESSED")
    run.log_list("latencies", [1, 2])
    run.tag("by", "sdk")
    run.complete()
    found = mlflow.get_run(run.id)
    assert found.data.metrics["loss"] == 0.5
    assert "verdict" not in found.data.metrics
    assert (found.data.tags["by"], found.info.status) == ("sdk", "FINISHED")
    history = mlflow.MlflowClient().get_metric_history(run.id, "loss")
    assert [(one.step, one.value) for one in history] == [(0, 2.0), (1, 0.5)]


def test_files(mlflow: Any, in_experiment: Any, workspace: Workspace, tmp_path: Path) -> None:
    from azureml.core import Experiment, Run
    from matplotlib.figure import Figure

    (tmp_path / "plot.txt").write_text("a plot")
    (tmp_path / "many" / "deep").mkdir(parents=True)
    (tmp_path / "many" / "deep" / "größe 1.txt").write_text("deep")
    with mlflow.start_run() as active:
        mlflow.log_artifact(str(tmp_path / "plot.txt"))
        mlflow.log_artifacts(str(tmp_path / "many"), "many")
        mlflow.log_text("hello", "texts/hello.txt")
        mlflow.log_dict({"a": 1}, "a.json")
        figure = Figure()
        figure.subplots().plot([1, 2])
        mlflow.log_figure(figure, "figure.png")
    client = mlflow.MlflowClient()
    assert sorted(one.path for one in client.list_artifacts(active.info.run_id)) == [
        *("a.json", "figure.png", "many", "plot.txt", "texts")
    ]
    assert [one.path for one in client.list_artifacts(active.info.run_id, "many/deep")] == ["many/deep/größe 1.txt"]
    folder = Path(mlflow.artifacts.download_artifacts(run_id=active.info.run_id, artifact_path="many"))
    assert (folder / "deep" / "größe 1.txt").read_text() == "deep"
    assert mlflow.artifacts.load_text(f"{active.info.artifact_uri}/texts/hello.txt") == "hello"

    run = Run(Experiment(workspace, in_experiment.name), active.info.run_id)
    assert set(run.get_file_names()) >= {"a.json", "texts/hello.txt"}
    run.download_file("a.json", str(tmp_path / "back.json"))
    assert "1" in (tmp_path / "back.json").read_text()


def test_nested_runs_and_their_end(mlflow: Any, in_experiment: Any, workspace: Workspace) -> None:
    from azureml.core import Experiment, Run

    with mlflow.start_run() as parent, mlflow.start_run(nested=True) as child:
        mlflow.log_metric("inner", 1)
    with pytest.raises(RuntimeError, match="no luck"), mlflow.start_run() as failed:
        raise RuntimeError("no luck")
    mlflow.start_run()
    killed = mlflow.active_run().info.run_id
    mlflow.end_run("KILLED")
    experiment = Experiment(workspace, in_experiment.name)
    assert [one.id for one in Run(experiment, parent.info.run_id).get_children()] == [child.info.run_id]
    assert mlflow.get_parent_run(child.info.run_id).info.run_id == parent.info.run_id
    statuses = [Run(experiment, one).get_status() for one in (failed.info.run_id, killed)]
    assert statuses == ["Failed", "Canceled"]
    with mlflow.start_run(run_id=killed):
        assert mlflow.get_run(killed).info.status == "RUNNING"
    assert mlflow.get_run(killed).info.status == "FINISHED"


def test_search(mlflow: Any, in_experiment: Any) -> None:
    for number in range(4):
        with mlflow.start_run(run_name=f"run-{number}"):
            mlflow.log_metric("score", number)
            mlflow.log_param("parity", "odd" if number % 2 else "even")
            mlflow.set_tag("a.b", f"x{number}")

    def names(expression: str = "", **options: Any) -> list[str]:
        found = mlflow.search_runs(filter_string=expression, output_format="list", **options)
        return [run.info.run_name for run in found]

    assert names() == ["run-3", "run-2", "run-1", "run-0"]
    assert names("metrics.score >= 1 and params.parity = 'odd'", order_by=["metrics.score ASC"]) == ["run-1", "run-3"]
    assert names("tags.`a.b` LIKE 'x%' AND attributes.status = 'FINISHED'", max_results=1) == ["run-3"]
    assert names("params.parity != 'odd'", order_by=["params.parity", "attributes.start_time"]) == ["run-0", "run-2"]
    assert names("run_name IN ('run-1', 'run-9')") == ["run-1"]
    assert len(mlflow.search_runs(experiment_names=[in_experiment.name])) == 4
    pages = mlflow.MlflowClient().search_runs([in_experiment.experiment_id], max_results=3)
    assert len(mlflow.MlflowClient().search_runs([in_experiment.experiment_id], page_token=pages.token)) == 1
    gone = mlflow.search_runs(filter_string="run_name = 'run-0'", output_format="list")[0].info.run_id
    mlflow.delete_run(gone)
    assert names() == ["run-3", "run-2", "run-1"]
    mlflow.MlflowClient().restore_run(gone)
    assert len(names()) == 4
    with pytest.raises(mlflow.MlflowException, match="between 1' is not KEY OPERATOR VALUE"):
        names("metrics.score between 1")


def test_experiments(mlflow: Any, workspace: Workspace) -> None:
    identifier = mlflow.create_experiment("by mlflow", tags={"of": "test"})
    assert "by mlflow" in workspace.experiments
    assert mlflow.get_experiment(identifier).name == "by mlflow"
    assert mlflow.get_experiment_by_name("by mlflow").tags == {"of": "test"}
    assert mlflow.get_experiment_by_name("nobody made this") is None
    with pytest.raises(mlflow.MlflowException, match="experiment 'by mlflow' exists") as refused:
        mlflow.create_experiment("by mlflow")
    assert refused.value.error_code == "RESOURCE_ALREADY_EXISTS"
    client = mlflow.MlflowClient()
    client.set_experiment_tag(identifier, "more", "tags")
    assert [one.name for one in mlflow.search_experiments(filter_string="tags.more = 'tags'")] == ["by mlflow"]
    mlflow.delete_experiment(identifier)
    assert mlflow.get_experiment_by_name("by mlflow").lifecycle_stage == "deleted"
    client.restore_experiment(identifier)
    assert workspace.experiments["by mlflow"].id == identifier
    with pytest.raises(mlflow.MlflowException, match="an experiment keeps its name"):
        client.rename_experiment(identifier, "other")


def test_a_parameter_never_changes(mlflow: Any, in_experiment: Any) -> None:
    with mlflow.start_run():
        mlflow.log_param("epochs", 1)
        mlflow.log_param("epochs", 1)
        with pytest.raises(mlflow.MlflowException, match="cannot become '2'"):
            mlflow.log_param("epochs", 2)


def test_a_run_that_is_not_there(mlflow: Any) -> None:
    with pytest.raises(mlflow.MlflowException, match="run 'none' not found") as refused:
        mlflow.get_run("none")
    assert refused.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_a_tag_is_taken_back(mlflow: Any, in_experiment: Any) -> None:
    with mlflow.start_run() as active:
        mlflow.set_tag("short", "lived")
        mlflow.delete_tag("short")
        assert "short" not in mlflow.get_run(active.info.run_id).data.tags
