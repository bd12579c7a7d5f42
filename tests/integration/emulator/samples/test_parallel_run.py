"""The notebooks about ParallelRunStep, with scripts of theirs that need no network to be tiny."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azureml.core import Workspace
    from azureml.core.compute import AmlCompute

DIGITS = """
import os
from azureml.core import Model

def init():
    global add
    with open(os.path.join(Model.get_model_path("mnist-prs"), "add.txt")) as file:
        add = int(file.read())

def run(mini_batch):
    print(f'run method start: {__file__}, run({mini_batch})')
    return ["{}: {}".format(os.path.basename(image), int(open(image).read()) + add) for image in mini_batch]
"""
SIZES = """
import os

def init():
    print("Init")

def run(mini_batch, mini_batch_context):
    print(f"dataset = {mini_batch_context.dataset}")
    key = mini_batch_context.partition_key_value
    total = sum(os.path.getsize(file) for file in mini_batch)
    return [",".join([os.path.basename(file), key["user"], key["genres"], str(total)]) for file in mini_batch]
"""


def test_file_dataset_image_inference(ws: Workspace, aml_compute: AmlCompute, notebook: Callable[..., Path]) -> None:
    """The dataset, the size and the number of processes are parameters of the pipeline."""
    from azureml.core import Dataset, Environment, Experiment
    from azureml.core.model import Model
    from azureml.core.runconfig import DEFAULT_CPU_IMAGE, CondaDependencies
    from azureml.data.dataset_consumption_config import DatasetConsumptionConfig
    from azureml.pipeline.core import Pipeline, PipelineData, PipelineParameter
    from azureml.pipeline.steps import ParallelRunConfig, ParallelRunStep

    store = ws.get_default_datastore()
    for number in range(6):
        notebook(f"mnist/{number}.png", str(number))
    store.upload("mnist", "mnist", show_progress=False)
    dataset = Dataset.File.from_files(path=store.path("mnist"), validate=False)
    images = PipelineParameter(name="mnist_param", default_value=dataset)
    notebook("models/add.txt", "1")
    notebook("models/checkpoint", "")
    Model.register(model_path="models/", model_name="mnist-prs", tags={"pretrained": "mnist"}, workspace=ws)
    notebook("Code/digit_identification.py", DIGITS)
    environment = Environment(name="batch_environment")
    environment.python.conda_dependencies = CondaDependencies.create(
        python_version="3.8", conda_packages=["pip==20.2.4"], pip_packages=["azureml-core", "pillow"]
    )
    environment.docker.base_image = DEFAULT_CPU_IMAGE
    configuration = ParallelRunConfig(
        source_directory="Code",
        entry_script="digit_identification.py",
        mini_batch_size=PipelineParameter(name="batch_size_param", default_value="5"),
        error_threshold=10,
        output_action="append_row",
        append_row_file_name="mnist_outputs.txt",
        environment=environment,
        compute_target=aml_compute,
        process_count_per_node=PipelineParameter(name="process_count_param", default_value=2),
        node_count=2,
    )
    output = PipelineData(name="inferences", datastore=store)
    step = ParallelRunStep(
        name="predict-digits-mnist",
        parallel_run_config=configuration,
        inputs=[DatasetConsumptionConfig("minist_param_config", images).as_mount()],
        output=output,
        allow_reuse=False,
    )
    pipeline, experiment = Pipeline(workspace=ws, steps=[step]), Experiment(ws, "digit_identification")
    single = Dataset.File.from_files(path=store.path("mnist/0.png"), validate=False)
    parameters = {"mnist_param": single, "batch_size_param": "1", "process_count_param": 1}
    runs = [experiment.submit(pipeline), experiment.submit(pipeline, pipeline_parameters=parameters)]
    found = []
    for run in runs:
        assert run.wait_for_completion(show_output=True) == "Finished"
        written = run.find_step_run(step.name)[0].get_output_data(output.name)
        target = tempfile.mkdtemp(dir=".")
        written.download(local_path=target)
        found.append(sorted(Path(target, written.path_on_datastore, "mnist_outputs.txt").read_text().splitlines()))
    assert found == [[f"{number}.png: {number + 1}" for number in range(6)], ["0.png: 1"]]


def test_file_dataset_partition_per_folder(
    ws: Workspace, aml_compute: AmlCompute, notebook: Callable[..., Path]
) -> None:
    from azureml.core import Dataset, Environment, Experiment
    from azureml.pipeline.core import Pipeline, PipelineData
    from azureml.pipeline.steps import ParallelRunConfig, ParallelRunStep

    store = ws.get_default_datastore()
    for user, season, genre in (("user1", "winter", "disco"), ("user1", "fall", "disco"), ("user2", "fall", "piano")):
        notebook(f"test_files/{user}/{season}/{genre}.wav", genre)
    store.upload("test_files", "dataset_partition_test", overwrite=True, show_progress=False)
    dataset = Dataset.File.from_files(
        path=(store, "dataset_partition_test/*/*/*.wav"),
        partition_format="dataset_partition_test/{user}/{season}/{genres}.wav",
        validate=False,
    )
    assert dataset.partition_keys == ["user", "season", "genres"]
    notebook("Code/total_file_size.py", SIZES)
    configuration = ParallelRunConfig(
        source_directory="Code",
        entry_script="total_file_size.py",
        partition_keys=["user", "genres"],
        error_threshold=10,
        output_action="append_row",
        append_row_file_name="file_size_outputs.txt",
        environment=Environment(name="batch_environment"),
        compute_target=aml_compute,
        node_count=2,
        run_invocation_timeout=60,
    )
    output = PipelineData(name="file_sizes", datastore=store)
    step = ParallelRunStep(
        name="summarize-file-size",
        inputs=[dataset.as_named_input("partitioned_file_input")],
        output=output,
        parallel_run_config=configuration,
        allow_reuse=False,
    )
    run = Experiment(ws, "file-dataset-partition").submit(Pipeline(workspace=ws, steps=[step]))
    assert run.wait_for_completion(show_output=True) == "Finished"
    written = run.find_step_run(step.name)[0].get_output_data(output.name)
    written.download(local_path="sizes")
    rows = Path("sizes", written.path_on_datastore, "file_size_outputs.txt").read_text().splitlines()
    assert sorted(rows) == ["disco.wav,user1,disco,10", "disco.wav,user1,disco,10", "piano.wav,user2,piano,5"]
