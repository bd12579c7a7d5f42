"""Notebooks whose steps read and register datasets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    from azureml.core import Workspace
    from azureml.core.compute import AmlCompute
    from azureml.data.abstract_dataset import AbstractDataset

READ_AND_WRITE = """
import os, sys
given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
for name, path in given.items():
    if name.startswith("--output"):
        os.makedirs(path, exist_ok=True)
        with open(os.path.join(path, "result.txt"), "w") as file:
            file.write("made by " + os.path.basename(sys.argv[0]))
    elif os.path.isdir(path):
        print(name, "has", sorted(os.listdir(path)))
    else:
        print(name, "is", open(path).read() if os.path.isfile(path) else path)
"""
READ_DATASETS = """
from azureml.core import Run
datasets = Run.get_context().input_datasets
with open(datasets["file_dataset"]) as file:
    print(file.read())
print(datasets["tabular_dataset"]._dataflow._to_pyrecords())
"""
"""The notebook asks for a data frame, which needs pandas; records need nothing."""


def test_publish_and_run_over_rest(ws: Workspace, aml_compute: AmlCompute, notebook: Callable[..., Path]) -> None:
    """aml-pipelines-publish-and-run-using-rest-endpoint.ipynb, and its twin in Azure/azureml-examples v1."""
    from azureml.core import Dataset, Datastore, Experiment
    from azureml.core.authentication import InteractiveLoginAuthentication
    from azureml.data import OutputFileDatasetConfig
    from azureml.pipeline.core import Pipeline, PipelineRun, PublishedPipeline
    from azureml.pipeline.core.graph import PipelineParameter
    from azureml.pipeline.steps import PythonScriptStep

    store = Datastore(ws, "workspaceblobstore")
    notebook("news.csv", "title")
    uploaded = store.upload_files(["./news.csv"], target_path="news", overwrite=True)
    given = Dataset.File.from_files(uploaded).as_named_input("test_data")
    for name in ("train", "extract", "compare"):
        notebook(f"publish_run_{name}/{name}.py", READ_AND_WRITE)
    data1 = OutputFileDatasetConfig(name="processed_data1")
    data2 = OutputFileDatasetConfig(name="processed_data2")
    data3 = OutputFileDatasetConfig(name="processed_data3").register_on_complete("compare_result")

    def step(name: str, *arguments: object) -> PythonScriptStep:
        return PythonScriptStep(
            script_name=f"{name}.py",
            arguments=list(arguments),
            compute_target=aml_compute,
            source_directory=f"publish_run_{name}",
        )

    step("train", "--input_data", given.as_mount(), "--output_train", data1)
    step("extract", "--input_extract", data1.as_input(), "--output_extract", data2)
    parameter = PipelineParameter(name="pipeline_arg", default_value=10)
    compare = step(
        "compare",
        *("--compare_data1", data1.as_input(), "--compare_data2", data2.as_input()),
        *("--output_compare", data3, "--pipeline_param", parameter),
    )
    pipeline = Pipeline(workspace=ws, steps=[compare])
    published = pipeline.publish(
        name="My_New_Pipeline", description="My Published Pipeline Description", continue_on_step_failure=True
    )
    run = Experiment(ws, "Pipeline_experiment").submit(pipeline)
    from_run = run.publish_pipeline(
        name="My_New_Pipeline2",
        description="My Published Pipeline Description",
        version="0.1",
        continue_on_step_failure=True,
    )
    assert PublishedPipeline.get(ws, from_run.id).version == "0.1"
    answer = requests.post(
        PublishedPipeline.get(ws, published.id).endpoint,
        headers=InteractiveLoginAuthentication().get_authentication_header(),
        json={"ExperimentName": "My_Pipeline1", "RunSource": "SDK", "ParameterAssignments": {"pipeline_arg": 45}},
        timeout=30,
    )
    answer.raise_for_status()
    over_rest = PipelineRun(ws.experiments["My_Pipeline1"], answer.json()["Id"])
    for started in (run, over_rest):
        assert started.wait_for_completion(show_output=False) == "Finished"
    log = over_rest.find_step_run("compare.py")[0].get_stdout_log()
    assert "--compare_data2 has ['result.txt']" in log
    assert "--pipeline_param is 45" in log
    assert Dataset.get_by_name(ws, "compare_result").version >= 1


def test_dataset_parameter(ws: Workspace, aml_compute: AmlCompute, notebook: Callable[..., Path]) -> None:
    """aml-pipelines-showcasing-dataset-and-pipelineparameter.ipynb; its files come from the datastore, not the web."""
    from azureml.core import Dataset, Experiment
    from azureml.core.authentication import InteractiveLoginAuthentication
    from azureml.data.dataset_consumption_config import DatasetConsumptionConfig
    from azureml.pipeline.core import Pipeline, PipelineParameter, PipelineRun
    from azureml.pipeline.steps import PythonScriptStep

    store = ws.get_default_datastore()
    for name in ("titanic", "iris"):
        notebook(f"{name}.csv", f"name\n{name}-row\n")
    store.upload_files(["titanic.csv", "iris.csv"], target_path="parameters", overwrite=True)
    notebook("train/train_with_dataset.py", READ_DATASETS)

    def datasets(name: str) -> tuple[AbstractDataset, AbstractDataset]:
        path = (store, f"parameters/{name}.csv")
        return Dataset.File.from_files(path), Dataset.Tabular.from_delimited_files(path)

    titanic, iris = datasets("titanic"), datasets("iris")
    file_parameter = PipelineParameter(name="file_ds_param", default_value=titanic[0])
    file_input = DatasetConsumptionConfig("file_dataset", file_parameter).as_mount()
    tabular_parameter = PipelineParameter(name="tabular_ds_param", default_value=titanic[1])
    tabular_input = DatasetConsumptionConfig("tabular_dataset", tabular_parameter)
    step = PythonScriptStep(
        name="train_step",
        script_name="train_with_dataset.py",
        arguments=["--param1", file_input, "--param2", tabular_input],
        inputs=[file_input, tabular_input],
        compute_target=aml_compute,
        source_directory="train",
    )
    pipeline = Pipeline(workspace=ws, steps=[step])
    experiment = Experiment(ws, "showcasing-dataset")
    by_default = experiment.submit(pipeline)
    changed = {"file_ds_param": iris[0], "tabular_ds_param": iris[1]}
    with_parameters = experiment.submit(pipeline, pipeline_parameters=changed)
    published = pipeline.publish(
        name="Dataset_Pipeline",
        description="Pipeline to test Dataset PipelineParameter",
        continue_on_step_failure=True,
    )
    of_published = published.submit(ws, experiment_name="publishedexperiment", pipeline_parameters=changed)
    assignments = {name: {"SavedDataSetReference": {"Id": dataset.id}} for name, dataset in changed.items()}
    answer = requests.post(
        published.endpoint,
        headers=InteractiveLoginAuthentication().get_authentication_header(),
        json={
            "ExperimentName": "MyRestPipeline",
            "RunSource": "SDK",
            "DataSetDefinitionValueAssignments": assignments,
        },
        timeout=30,
    )
    answer.raise_for_status()
    over_rest = PipelineRun(ws.experiments["MyRestPipeline"], answer.json()["Id"])
    for run, name in ((by_default, "titanic"), (with_parameters, "iris"), (of_published, "iris"), (over_rest, "iris")):
        assert run.wait_for_completion(show_output=False) == "Finished"
        assert run.find_step_run("train_step")[0].get_stdout_log().count(f"{name}-row") == 2


def test_pipeline_with_datasets(ws: Workspace, aml_compute: AmlCompute, notebook: Callable[..., Path]) -> None:
    """work-with-data/datasets-tutorial/pipeline-with-datasets/pipeline-for-image-classification.ipynb."""
    from azureml.core import Dataset, Environment, Experiment, ScriptRunConfig
    from azureml.data import OutputFileDatasetConfig
    from azureml.pipeline.core import Pipeline
    from azureml.pipeline.steps import PythonScriptStep

    datastore = ws.get_default_datastore()
    notebook("fashion/images.csv", "a,b\n1,2\n")
    datastore.upload("fashion", "fashion", show_progress=False)
    fashion = Dataset.File.from_files((datastore, "fashion"))
    assert fashion.to_path() == ["/images.csv"]
    notebook(
        "keras-mnist-fashion/prepare.py",
        "import os, sys, shutil\n"
        "shutil.copy(os.path.join(sys.argv[1], 'images.csv'), os.path.join(sys.argv[2], 'train.csv'))\n",
    )
    notebook(
        "keras-mnist-fashion/train.py",
        "import os\nfrom azureml.core import Run\nrun = Run.get_context()\n"
        "rows = run.input_datasets['prepared_fashion_ds']._dataflow._to_pyrecords()\n"
        "run.log('columns', len(rows[0]))\nos.makedirs('outputs/model')\n"
        "open('outputs/model/weights.txt', 'w').write('1')\n",
    )
    notebook(
        "conda_dependencies.yml", "dependencies:\n- python=3.6.2\n- pip:\n  - azureml-defaults\n  - keras==2.4.3\n"
    )
    prepared = OutputFileDatasetConfig(destination=(datastore, "outputdataset/{run-id}")).register_on_complete(
        name="prepared_fashion_ds"
    )
    prepare = PythonScriptStep(
        name="prepare step",
        script_name="prepare.py",
        arguments=[fashion.as_named_input("fashion_ds").as_mount(), prepared],
        source_directory="./keras-mnist-fashion",
        compute_target=aml_compute,
        allow_reuse=True,
    )
    environment = Environment.from_conda_specification(name="keras-env", file_path="./conda_dependencies.yml")
    source = ScriptRunConfig(
        source_directory="./keras-mnist-fashion",
        script="train.py",
        compute_target=aml_compute,
        environment=environment,
    )
    train = PythonScriptStep(
        name="train step",
        arguments=[prepared.read_delimited_files().as_input(name="prepared_fashion_ds")],
        source_directory=source.source_directory,
        script_name=source.script,
        runconfig=source.run_config,
    )
    run = Experiment(workspace=ws, name="keras-mnist-fashion").submit(Pipeline(ws, steps=[prepare, train]))
    assert run.wait_for_completion(show_output=True) == "Finished"
    assert run.find_step_run("train step")[0].get_metrics() == {"columns": 2}
    dataset = run.find_step_run("prepare step")[0].get_details()["inputDatasets"][0]["dataset"]
    assert dataset.to_path() == ["/images.csv"]
    registered = dataset.register(
        workspace=ws, name="fashion_ds", description="image and label files", create_new_version=True
    )
    model = run.find_step_run("train step")[0].register_model(
        model_name="keras-model", model_path="outputs/model/", datasets=[("train test data", registered)]
    )
    assert model.datasets["train test data"][0].name == "fashion_ds"


def test_script_run_with_data(ws: Workspace, aml_compute: AmlCompute, notebook: Callable[..., Path]) -> None:
    """work-with-data/datasets-tutorial/scriptrun-with-data-input-output/how-to-use-scriptrun.ipynb."""
    from azureml.core import Dataset, Environment, Experiment, ScriptRunConfig
    from azureml.core.conda_dependencies import CondaDependencies
    from azureml.data import OutputFileDatasetConfig

    notebook(
        "script_run/dummy_train.py",
        "import os, sys\nprint('Hello Azure ML!')\n"
        "open(os.path.join(sys.argv[2], 'output.csv'), 'w').write(open(sys.argv[1]).read())\n",
    )
    store = ws.get_default_datastore()
    notebook("iris.csv", "5.1,3.5")
    store.upload_files(files=["iris.csv"], target_path="script-run/", overwrite=True, show_progress=True)
    given = Dataset.File.from_files(store.path("script-run/iris.csv")).as_named_input("input").as_mount()
    output = OutputFileDatasetConfig(destination=(store, "sample/outputdataset"))
    environment = Environment("myenv")
    environment.docker.enabled = True
    environment.python.conda_dependencies = CondaDependencies.create(pip_packages=["azureml-sdk>=1.12.0"])
    source = ScriptRunConfig(
        source_directory="script_run",
        script="dummy_train.py",
        arguments=[given, output],
        compute_target=aml_compute,
        environment=environment,
    )
    run = Experiment(ws, "ScriptRun_sample").submit(config=source)
    assert run.wait_for_completion(show_output=True)["status"] == "Completed"
    store.download("back", prefix="sample/outputdataset", show_progress=False)
    assert Path("back/sample/outputdataset/output.csv").read_text() == "5.1,3.5"
