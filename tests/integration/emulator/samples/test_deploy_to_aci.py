"""The notebooks that deploy to ACI.

Source: https://github.com/Azure/MachineLearningNotebooks, how-to-use-azureml/deployment and tutorials.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration.emulator.samples.regression import PREDICTION, SAMPLE, write_regression

if TYPE_CHECKING:
    from azureml.core import Workspace

MULTI_MODEL = """
import json
from azureml.core.model import Model

def init():
    global factors
    paths = [Model.get_model_path(model_name=name) for name in ("my_first_model", "my_second_model")]
    factors = [int(open(path).read()) for path in paths]

def run(raw_data):
    first, second = ([sum(row) * factor for row in json.loads(raw_data)["data"]] for factor in factors)
    return {"prediction1": first, "prediction2": second}
"""


def test_multi_model(ws: Workspace, notebook: Callable[..., Path]) -> None:
    """deploy-multi-model/multi-model-register-and-deploy.ipynb."""
    from azureml.core import Environment
    from azureml.core.model import InferenceConfig, Model
    from azureml.core.webservice import AciWebservice

    notebook("first_model.pkl", "1")
    notebook("second_model.pkl", "2")
    notebook("score.py", MULTI_MODEL)
    models = [
        Model.register(model_path=f"{which}_model.pkl", model_name=f"my_{which}_model", workspace=ws)
        for which in ("first", "second")
    ]
    environment = Environment("deploytocloudenv")
    for package in ("joblib", "numpy==1.23", "scikit-learn==1.0"):
        environment.python.conda_dependencies.add_pip_package(package)
    inference = InferenceConfig(entry_script="score.py", environment=environment)
    configuration = AciWebservice.deploy_configuration(cpu_cores=1, memory_gb=1)
    service = Model.deploy(ws, "aciservice-multimodel", models, inference, configuration, overwrite=True)
    service.wait_for_deployment(True)
    assert service.state == "Healthy"
    answer = service.run(json.dumps({"data": [[1, 2], [3, 4]]}))
    assert answer == {"prediction1": [3, 7], "prediction2": [6, 14]}
    service.delete()


def test_image_classification_tutorial(ws: Workspace, notebook: Callable[..., Path]) -> None:
    """image-classification-mnist-data/img-classification-part2-deploy.ipynb."""
    from azureml.core.conda_dependencies import CondaDependencies
    from azureml.core.environment import Environment
    from azureml.core.model import InferenceConfig, Model
    from azureml.core.webservice import AciWebservice

    write_regression(notebook)
    Model.register(
        model_path="sklearn_regression_model.pkl",
        model_name="sklearn_mnist",
        tags={"data": "mnist", "model": "classification"},
        description="Mnist handwriting recognition",
        workspace=ws,
    )
    environment = Environment("tutorial-env")
    environment.python.conda_dependencies = CondaDependencies.create(
        pip_packages=["azureml-dataprep[pandas,fuse]>=1.1.14", "azureml-defaults"],
        conda_packages=["scikit-learn==0.22.1"],
    )
    environment.register(workspace=ws)
    configuration = AciWebservice.deploy_configuration(
        cpu_cores=1,
        memory_gb=1,
        tags={"data": "MNIST", "method": "sklearn"},
        description="Predict MNIST with sklearn",
    )
    model = Model(ws, "sklearn_mnist")
    environment = Environment.get(workspace=ws, name="tutorial-env", version="1")
    service = Model.deploy(
        workspace=ws,
        name="sklearn-mnist-svc",
        models=[model],
        inference_config=InferenceConfig(entry_script="score.py", environment=environment),
        deployment_config=configuration,
    )
    service.wait_for_deployment(show_output=True)
    assert service.scoring_uri.startswith("http")
    assert service.run(input_data=SAMPLE) == PREDICTION
    service.delete()


def test_model_register_and_deploy(ws: Workspace, notebook: Callable[..., Path]) -> None:
    """deploy-to-cloud/model-register-and-deploy.ipynb, less what needs images built: default environment, profile."""
    from azureml.core import Dataset, Environment, Model, Webservice
    from azureml.core.conda_dependencies import CondaDependencies
    from azureml.core.model import InferenceConfig
    from azureml.core.resource_configuration import ResourceConfiguration
    from azureml.core.webservice import AciWebservice
    from azureml.exceptions import WebserviceException

    write_regression(notebook)
    datastore = ws.get_default_datastore()
    for name in ("features", "labels"):
        notebook(f"{name}.csv", "a,b\n1,2\n")
    datastore.upload_files(files=["./features.csv", "./labels.csv"], target_path="sklearn_regression/", overwrite=True)
    samples = [
        Dataset.Tabular.from_delimited_files(path=[(datastore, f"sklearn_regression/{name}.csv")])
        for name in ("features", "labels")
    ]
    model = Model.register(
        workspace=ws,
        model_name="my-sklearn-model",
        model_path="./sklearn_regression_model.pkl",
        model_framework=Model.Framework.SCIKITLEARN,
        model_framework_version="0.19.1",
        sample_input_dataset=samples[0],
        sample_output_dataset=samples[1],
        resource_configuration=ResourceConfiguration(cpu=1, memory_in_gb=0.5),
        description="Ridge regression model to predict diabetes progression.",
        tags={"area": "diabetes", "type": "regression"},
    )
    with pytest.raises(WebserviceException):
        Webservice(ws, "my-custom-env-service").delete()
    environment = Environment("my-sklearn-environment")
    environment.python.conda_dependencies = CondaDependencies.create(
        pip_packages=["azureml-defaults", "inference-schema[numpy-support]", "joblib", "numpy", "scikit-learn"]
    )
    service = Model.deploy(
        workspace=ws,
        name="my-custom-env-service",
        models=[model],
        inference_config=InferenceConfig(entry_script="score.py", environment=environment),
        deployment_config=AciWebservice.deploy_configuration(cpu_cores=1, memory_gb=1),
    )
    service.wait_for_deployment(show_output=True)
    assert service.run(SAMPLE) == PREDICTION
    service.delete()
