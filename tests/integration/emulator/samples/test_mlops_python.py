"""microsoft/MLOpsPython: a training pipeline that a build publishes, starts over REST, and asks for its model.

Sources: ml_service/pipelines/diabetes_regression_build_train_pipeline.py, run_train_pipeline.py and
diabetes_regression_verify_train_pipeline.py; diabetes_regression/{training,evaluate,register}.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION

if TYPE_CHECKING:
    from azureml.core import Workspace
    from azureml.core.compute import AmlCompute

ARGUMENTS = """
import argparse, os
from azureml.core import Dataset, Run
from azureml.core.model import Model
parser = argparse.ArgumentParser()
for name in ("build_id", "model_name", "step_output", "step_input", "dataset_version", "data_file_path"):
    parser.add_argument("--" + name)
for name in ("caller_run_id", "dataset_name", "allow_run_cancel"):
    parser.add_argument("--" + name)
args = parser.parse_args()
run = Run.get_context()
"""
TRAIN = """
run.log("alpha", 0.4)
run.parent.log("alpha", 0.4)
dataset = Dataset.get_by_name(run.experiment.workspace, args.dataset_name, args.dataset_version)
run.input_datasets["training_data"] = dataset
run.parent.tag("dataset_id", value=dataset.id)
rows = dataset._dataflow._to_pyrecords()  # a data frame would need pandas
run.parent.log("mse", float(len(rows)))
run.parent.flush()
for folder in (args.step_output, "outputs"):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, args.model_name), "w") as file:
        file.write("trained")
run.tag("run_type", value="train")
run.complete()
"""
EVALUATE = """
found = [model for model in Model.list(run.experiment.workspace, name=args.model_name)]
print("new mse:", run.parent.get_metrics()["mse"], "models so far:", len(found))
run.tag("BuildId", value=args.build_id)
if args.model_name == "never.pkl" and args.allow_run_cancel == "true":
    run.parent.cancel()
"""
REGISTER = """
workspace, parent = run.experiment.workspace, run.parent
tags = {"area": "diabetes_regression", "run_id": parent.id, "experiment_name": run.experiment.name}
tags |= {"mse": parent.get_metrics()["mse"], "BuildId": args.build_id}
dataset = Dataset.get_by_id(workspace, parent.get_tags()["dataset_id"])
assert Model.list(workspace, name=args.model_name, run_id=parent.id) == []
os.chdir(args.step_input)
model = Model.register(
    workspace=workspace, model_name=args.model_name, model_path=args.model_name, tags=tags,
    datasets=[("training data", dataset)],
)
print("registered", model.name, model.version)
"""


def test_mlops_python(ws: Workspace, aml_compute: AmlCompute, notebook: Callable[..., Path]) -> None:
    from azureml.core import Dataset, Environment, Model, Workspace
    from azureml.core.authentication import InteractiveLoginAuthentication
    from azureml.core.runconfig import RunConfiguration
    from azureml.pipeline.core import Pipeline, PipelineData, PipelineRun, PublishedPipeline
    from azureml.pipeline.core.graph import PipelineParameter
    from azureml.pipeline.steps import PythonScriptStep

    for name, source in (("train", TRAIN), ("evaluate", EVALUATE), ("register", REGISTER)):
        notebook(f"diabetes/{name}.py", ARGUMENTS + source)
    workspace = Workspace.get(name=NAME, subscription_id=SUBSCRIPTION, resource_group=RESOURCE_GROUP)
    Environment("diabetes_regression_training_env").save_to_directory("diabetes", overwrite=True)
    environment = Environment.load_from_directory("diabetes")
    environment.environment_variables["DATASTORE_NAME"] = "workspaceblobstore"
    environment.register(workspace)
    configuration = RunConfiguration()
    configuration.environment = environment

    notebook("diabetes.csv", "age,Y\n1,2\n3,4\n")
    assert "diabetes_ds" not in workspace.datasets
    store = workspace.get_default_datastore()
    store.upload_files(files=["diabetes.csv"], target_path="training-data/", overwrite=True, show_progress=False)
    Dataset.Tabular.from_delimited_files(path=(store, "training-data/diabetes.csv")).register(
        workspace=workspace,
        name="diabetes_ds",
        description="diabetes training data",
        tags={"format": "CSV"},
        create_new_version=True,
    )
    defaults = {"model_name": "diabetes.pkl", "build_id": "1", "dataset_version": "latest", "data_file_path": "none"}
    given = {name: PipelineParameter(name=name, default_value=value) for name, value in defaults.items()}
    caller = PipelineParameter(name="caller_run_id", default_value="none")
    data = PipelineData("pipeline_data", datastore=workspace.get_default_datastore())
    common = ["--build_id", given["build_id"], "--model_name", given["model_name"]]

    def step(name: str, *arguments: object, **options: object) -> PythonScriptStep:
        return PythonScriptStep(
            name=f"{name.title()} Model",
            script_name=f"{name}.py",
            compute_target=aml_compute,
            source_directory="diabetes",
            arguments=[*common, *arguments],
            runconfig=configuration,
            allow_reuse=False,
            **options,
        )

    train = step(
        "train",
        *("--step_output", data, "--dataset_version", given["dataset_version"]),
        *("--data_file_path", given["data_file_path"], "--caller_run_id", caller, "--dataset_name", "diabetes_ds"),
        outputs=[data],
    )
    evaluate = step("evaluate", "--allow_run_cancel", "true")
    register = step("register", "--step_input", data, inputs=[data])
    evaluate.run_after(train)
    register.run_after(evaluate)
    pipeline = Pipeline(workspace=workspace, steps=[train, evaluate, register])
    assert pipeline.validate() == []
    pipeline.publish(name="training", description="Model training/retraining pipeline", version="20261124.1")
    published = [
        one for one in PublishedPipeline.list(workspace) if (one.name, one.version) == ("training", "20261124.1")
    ]
    answer = requests.post(
        published[0].endpoint,
        headers=InteractiveLoginAuthentication().get_authentication_header(),
        json={"ExperimentName": "mlops", "ParameterAssignments": {"model_name": "diabetes.pkl", "build_id": "7"}},
        timeout=30,
    )
    run = PipelineRun(workspace.experiments["mlops"], answer.json()["Id"])
    assert run.wait_for_completion(show_output=False) == "Finished"
    model = Model.list(workspace, name="diabetes.pkl", tags=[["BuildId", "7"]], latest=True)[0]
    assert (model.tags["mse"], model.tags["run_id"]) == ("2.0", run.id)
