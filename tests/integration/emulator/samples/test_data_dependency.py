"""Notebooks whose steps read data references, data paths and one another's outputs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    from azureml.core import Workspace
    from azureml.core.compute import AmlCompute
    from azureml.pipeline.core import PipelineRun

COPY = """
import os, sys
given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
print(sorted(name for name in given if name.startswith(("--input", "--compare"))))
for name, path in given.items():
    if name.startswith("--output"):
        os.makedirs(path, exist_ok=True)
        with open(os.path.join(path, "result.txt"), "w") as file:
            file.write("made by " + os.path.basename(sys.argv[0]))
    elif os.path.isfile(path):
        print(name, "holds", open(path).read())
    else:
        print(name, "has", sorted(os.listdir(path)))
"""


def test_data_dependency(ws: Workspace, aml_compute: AmlCompute, notebook: Callable[..., Path]) -> None:
    """aml-pipelines-with-data-dependency-steps.ipynb."""
    from azureml.core import Datastore, Experiment
    from azureml.core.conda_dependencies import CondaDependencies
    from azureml.core.runconfig import DEFAULT_CPU_IMAGE, RunConfiguration
    from azureml.data.data_reference import DataReference
    from azureml.data.datapath import DataPath, DataPathComputeBinding
    from azureml.pipeline.core import Pipeline, PipelineData, PipelineParameter
    from azureml.pipeline.steps import PythonScriptStep

    store = Datastore(ws, "workspaceblobstore")
    notebook("titanic/Titanic.csv", "name")
    store.upload_files(["titanic/Titanic.csv"], target_path="titanic", overwrite=True)
    for name in ("train", "extract", "compare"):
        notebook(f"data_dependency_run_{name}/{name}.py", COPY)

    given = DataReference(datastore=store, data_reference_name="test_data", path_on_datastore="titanic/Titanic.csv")
    configuration = RunConfiguration()
    configuration.environment.docker.enabled = True
    configuration.environment.docker.base_image = DEFAULT_CPU_IMAGE
    configuration.environment.python.user_managed_dependencies = False
    configuration.environment.python.conda_dependencies = CondaDependencies.create(conda_packages=["scikit-learn"])
    data1, data2, data3 = (
        PipelineData(f"processed_data{number}", datastore=store, is_directory=True) for number in (1, 2, 3)
    )
    train = PythonScriptStep(
        script_name="train.py",
        arguments=["--input_data", given, "--output_train", data1],
        inputs=[given],
        outputs=[data1],
        compute_target=aml_compute,
        source_directory="data_dependency_run_train",
        runconfig=configuration,
    )
    extract = PythonScriptStep(
        script_name="extract.py",
        arguments=["--input_extract", data1, "--output_extract", data2],
        inputs=[data1],
        outputs=[data2],
        compute_target=aml_compute,
        source_directory="data_dependency_run_extract",
    )
    path = DataPath(datastore=store, path_on_datastore="titanic/Titanic.csv")
    parameter = PipelineParameter(name="compare_data", default_value=path)
    data_parameter = (parameter, DataPathComputeBinding(mode="mount"))
    compare = PythonScriptStep(
        script_name="compare.py",
        arguments=["--compare_data1", data_parameter, "--compare_data2", data2, "--output_compare", data3],
        inputs=[data_parameter, data2],
        outputs=[data3],
        compute_target=aml_compute,
        source_directory="data_dependency_run_compare",
    )
    assert train is not extract  # only the last step is given: the others are found by their data
    pipeline = Pipeline(workspace=ws, steps=[compare])
    run = Experiment(ws, "Data_dependency_sample").submit(pipeline)
    assert run.wait_for_completion(show_output=True) == "Finished"

    logs = {step.name: step.get_stdout_log() for step in run.get_steps()}
    assert "--input_data holds name" in logs["train.py"]
    assert "--compare_data1 holds name" in logs["compare.py"]
    assert "--compare_data2 has ['result.txt']" in logs["compare.py"]
    check_outputs(run)


def check_outputs(run: PipelineRun) -> None:
    for step in run.get_steps():
        for name, output in step.get_outputs().items():
            reference = output.get_port_data_reference()
            assert reference.datastore_name == "workspaceblobstore"
            assert name in reference.path_on_datastore
    train = run.find_step_run("train.py")[0]
    train.get_output_data("processed_data1").download("./outputs")
    found = [Path(folder, file).read_text() for folder, _, files in os.walk("outputs") for file in files]
    assert found == ["made by train.py"]


def test_data_path_parameter(ws: Workspace, aml_compute: AmlCompute, notebook: Callable[..., Path]) -> None:
    """aml-pipelines-showcasing-datapath-and-pipelineparameter.ipynb."""
    from azureml.core import Experiment
    from azureml.core.authentication import InteractiveLoginAuthentication
    from azureml.data.datapath import DataPath, DataPathComputeBinding
    from azureml.pipeline.core import Pipeline, PipelineParameter, PipelineRun, Schedule
    from azureml.pipeline.steps import PythonScriptStep

    experiment = Experiment(ws, "showcasing-datapath")
    assert ws.compute_targets["cpu-cluster"].type == "AmlCompute"
    notebook("train/train_with_datapath.py", "import sys; print(sys.argv[2], '|', sys.argv[4])")
    store = ws.get_default_datastore()
    for number in (1, 2, 3):
        notebook(f"sample_datapath{number}/file.txt", str(number))
    store.upload(".", show_progress=False)
    path = PipelineParameter(
        name="input_datapath", default_value=DataPath(datastore=store, path_on_datastore="sample_datapath1")
    )
    path_input = (path, DataPathComputeBinding(mode="mount"))
    text = PipelineParameter(name="input_string", default_value="sample_string1")
    step = PythonScriptStep(
        name="train_step",
        script_name="train_with_datapath.py",
        arguments=["--arg1", text, "--arg2", path_input],
        inputs=[path_input],
        compute_target=aml_compute,
        source_directory="train",
    )
    pipeline = Pipeline(workspace=ws, steps=[step])
    run = experiment.submit(pipeline)
    run.wait_for_completion(show_output=False)
    assert run.find_step_run("train_step")[0].get_stdout_log().endswith("sample_datapath1\n")
    run = experiment.submit(
        pipeline,
        pipeline_parameters={
            "input_datapath": DataPath(datastore=store, path_on_datastore="sample_datapath2"),
            "input_string": "sample_string2",
        },
    )
    run.wait_for_completion(show_output=False)
    last_line = run.find_step_run("train_step")[0].get_stdout_log().splitlines()[-1]
    assert last_line.startswith("sample_string2 | ")
    assert last_line.endswith("sample_datapath2")

    published = pipeline.publish(
        name="DataPath_Pipeline", description="Pipeline to test Datapath", continue_on_step_failure=True
    )
    answer = requests.post(
        published.endpoint,
        headers=InteractiveLoginAuthentication().get_authentication_header(),
        json={
            "ExperimentName": "MyRestPipeline",
            "RunSource": "SDK",
            "DataPathAssignments": {
                "input_datapath": {"DataStoreName": store.name, "RelativePath": "sample_datapath3"},
            },
            "ParameterAssignments": {"input_string": "sample_string3"},
        },
        timeout=30,
    )
    answer.raise_for_status()
    over_rest = PipelineRun(ws.experiments["MyRestPipeline"], answer.json()["Id"])
    over_rest.wait_for_completion(show_output=False)
    assert over_rest.find_step_run("train_step")[0].get_stdout_log().endswith("sample_datapath3\n")

    schedule = Schedule.create(
        workspace=ws,
        name="Datastore_trigger_schedule",
        pipeline_id=published.id,
        experiment_name="Scheduled_Pipeline",
        datastore=store,
        wait_for_provisioning=True,
        description="Datastore trigger schedule demo",
        path_on_datastore="sample_datapath_for_folder",
        data_path_parameter_name="input_datapath",
    )
    schedule.disable()


def test_estimator_step(ws: Workspace, aml_compute: AmlCompute, notebook: Callable[..., Path]) -> None:
    """aml-pipelines-how-to-use-estimatorstep.ipynb: estimators are deprecated, and still in the SDK."""
    from azureml.core import Datastore, Experiment
    from azureml.data.data_reference import DataReference
    from azureml.pipeline.core import Pipeline, PipelineData
    from azureml.pipeline.steps import EstimatorStep
    from azureml.train.estimator import Estimator

    notebook("estimator/dummy_train.py", COPY)
    store = Datastore(ws, "workspaceblobstore")
    notebook("news.csv", "title")
    store.upload_files(["news.csv"], target_path="news", overwrite=True)
    given = DataReference(datastore=store, data_reference_name="input_data", path_on_datastore="news/news.csv")
    output = PipelineData("output", datastore=store)
    estimator = Estimator(
        source_directory="estimator",
        compute_target=aml_compute,
        entry_script="dummy_train.py",
        conda_packages=["scikit-learn"],
    )
    step = EstimatorStep(
        name="Estimator_Train",
        estimator=estimator,
        estimator_entry_script_arguments=["--datadir", given, "--output", output],
        runconfig_pipeline_params=None,
        inputs=[given],
        outputs=[output],
        compute_target=aml_compute,
    )
    run = Experiment(ws, "Estimator_sample").submit(Pipeline(workspace=ws, steps=[step]))
    assert run.wait_for_completion(show_output=False) == "Finished"
    assert "--datadir holds title" in run.find_step_run("Estimator_Train")[0].get_stdout_log()
