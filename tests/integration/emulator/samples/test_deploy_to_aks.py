"""The notebooks that deploy to AKS.

Source: https://github.com/Azure/MachineLearningNotebooks, how-to-use-azureml/deployment.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from tests.integration.emulator.samples.regression import PREDICTION, SAMPLE, write_regression

if TYPE_CHECKING:
    from azureml.core import Model, Workspace
    from azureml.core.model import InferenceConfig

RAW = """
import json, os
from azureml.contrib.services.aml_request import AMLRequest, rawhttp
from azureml.contrib.services.aml_response import AMLResponse

def init():
    global labels
    with open(os.path.join(os.getenv("AZUREML_MODEL_DIR"), "resnet50", "labels.txt")) as file:
        labels = file.read().split()

@rawhttp
def run(request):
    if request.method == "POST":
        return AMLResponse(json.dumps([labels[len(request.get_data(False)) % 2]]), 200)
    if request.method == "GET":
        return AMLResponse(str.encode("GET is not supported"), 405)
    return AMLResponse("bad request", 500)
"""


@pytest.fixture
def model(ws: Workspace, notebook: Callable[..., Path]) -> Model:
    from azureml.core import Model

    write_regression(notebook)
    registered = Model.register(
        model_path="sklearn_regression_model.pkl",
        model_name="sklearn_regression_model.pkl",
        tags={"area": "diabetes", "type": "regression"},
        description="Ridge regression model to predict diabetes",
        workspace=ws,
    )
    assert registered.description == "Ridge regression model to predict diabetes"
    return registered


@pytest.fixture
def inference() -> InferenceConfig:
    from azureml.core import Environment
    from azureml.core.conda_dependencies import CondaDependencies
    from azureml.core.model import InferenceConfig

    environment = Environment(name="myenv")
    environment.python.conda_dependencies = CondaDependencies.create(
        conda_packages=["numpy", "scikit-learn"], pip_packages=["azureml-defaults"]
    )
    return InferenceConfig(entry_script="score.py", environment=environment)


def test_production_deploy_to_aks(ws: Workspace, model: Model, inference: InferenceConfig) -> None:
    """production-deploy-to-aks/production-deploy-to-aks.ipynb."""
    from azureml.core.compute import AksCompute, ComputeTarget
    from azureml.core.model import Model
    from azureml.core.webservice import AksWebservice

    aks_target = ComputeTarget.create(
        workspace=ws, name="my-aks-9", provisioning_configuration=AksCompute.provisioning_configuration()
    )
    aks_target.wait_for_completion(show_output=True)
    assert (aks_target.provisioning_state, aks_target.provisioning_errors) == ("Succeeded", None)
    service = Model.deploy(
        workspace=ws,
        name="aks-service-1",
        models=[model],
        inference_config=inference,
        deployment_config=AksWebservice.deploy_configuration(),
        deployment_target=aks_target,
    )
    service.wait_for_deployment(show_output=True)
    assert service.state == "Healthy"
    assert service.run(input_data=SAMPLE) == PREDICTION
    key, _ = service.get_keys()
    headers = {"Content-Type": "application/json", "Authorization": "Bearer " + key}
    assert requests.post(service.scoring_uri, SAMPLE, headers=headers, timeout=30).json() == PREDICTION
    service.delete()
    model.delete()


def test_production_deploy_to_aks_gpu(ws: Workspace, notebook: Callable[..., Path]) -> None:
    """production-deploy-to-aks-gpu/production-deploy-to-aks-gpu.ipynb, on a size of today: Standard_NV6 is retired."""
    from azureml.core.compute import AksCompute, ComputeTarget
    from azureml.core.compute_target import ComputeTargetException
    from azureml.core.conda_dependencies import CondaDependencies
    from azureml.core.environment import DEFAULT_GPU_IMAGE, Environment
    from azureml.core.model import InferenceConfig, Model
    from azureml.core.webservice import AksWebservice

    notebook("resnet50/labels.txt", "cat leopard")
    notebook("score.py", RAW)
    model = Model.register(
        model_path="resnet50",
        model_name="resnet50",
        tags={"area": "Image classification", "type": "classification"},
        description="Image classification trained on Imagenet Dataset",
        workspace=ws,
    )
    with pytest.raises(ComputeTargetException):
        ComputeTarget(workspace=ws, name="aks-gpu-cluster")
    configuration = AksCompute.provisioning_configuration(
        cluster_purpose=AksCompute.ClusterPurpose.DEV_TEST, agent_count=1, vm_size="Standard_NC4as_T4_v3"
    )
    cluster = ComputeTarget.create(ws, "aks-gpu-cluster", configuration)
    cluster.wait_for_completion(show_output=True)

    environment = Environment("deploytocloudenv")
    environment.docker.base_image = DEFAULT_GPU_IMAGE
    environment.python.conda_dependencies = CondaDependencies.create(
        python_version="3.6.2",
        conda_packages=["tensorflow-gpu==1.12.0", "numpy"],
        pip_packages=["azureml-contrib-services", "azureml-defaults"],
    )
    service = Model.deploy(
        workspace=ws,
        name="gpu-rn50",
        models=[model],
        inference_config=InferenceConfig(entry_script="score.py", environment=environment),
        deployment_config=AksWebservice.deploy_configuration(),
        deployment_target=cluster,
    )
    service.wait_for_deployment(show_output=True)
    assert service.state == "Healthy"
    key, _ = service.get_keys()
    headers = {"Content-Type": "application/json", "Authorization": "Bearer " + key}
    answer = requests.post(service.scoring_uri, b"not three", headers=headers, timeout=30)
    assert answer.json() == ["leopard"]
    service.delete()
    model.delete()
    cluster.delete()


def test_production_deploy_to_aks_ssl(ws: Workspace, model: Model, inference: InferenceConfig) -> None:
    """production-deploy-to-aks/production-deploy-to-aks-ssl.ipynb: a certificate for a domain is refused."""
    from azureml.core.compute import AksCompute, ComputeTarget
    from azureml.core.compute_target import ComputeTargetException

    configuration = AksCompute.provisioning_configuration()
    configuration.enable_ssl(leaf_domain_label="contoso", overwrite_existing_domain=True)
    with pytest.raises(ComputeTargetException, match="sslConfiguration"):
        ComputeTarget.create(workspace=ws, name="my-aks-ssl-1", provisioning_configuration=configuration)


def test_token_authentication(ws: Workspace, model: Model, inference: InferenceConfig) -> None:
    """The commented cells of both notebooks above: tokens instead of keys."""
    from azureml.core.compute import AksCompute, ComputeTarget
    from azureml.core.model import Model
    from azureml.core.webservice import AksWebservice

    target = ComputeTarget.create(ws, "my-aks-token", AksCompute.provisioning_configuration())
    target.wait_for_completion()
    configuration = AksWebservice.deploy_configuration(token_auth_enabled=True, auth_enabled=False)
    service = Model.deploy(ws, "aks-token", [model], inference, configuration, target)
    service.wait_for_deployment(show_output=True)
    token, refresh_after = service.get_token()
    assert refresh_after is not None
    headers = {"Content-Type": "application/json", "Authorization": "Bearer " + token}
    assert requests.post(service.scoring_uri, SAMPLE, headers=headers, timeout=30).json() == PREDICTION
    service.delete()


def test_controlled_rollout(ws: Workspace, model: Model, inference: InferenceConfig) -> None:
    """deploy-with-controlled-rollout/deploy-aks-with-controlled-rollout.ipynb: AksEndpoint is refused by its name."""
    from azureml.core.compute import AksCompute, ComputeTarget
    from azureml.core.model import Model
    from azureml.core.webservice import AksEndpoint
    from azureml.exceptions import WebserviceException

    target = ComputeTarget.create(ws, "my-aks", AksCompute.provisioning_configuration())
    target.wait_for_completion(show_output=True)
    configuration = AksEndpoint.deploy_configuration(
        tags={"modelVersion": "firstversion", "department": "finance"},
        description="my first version",
        namespace="endpointnamespace",
        version_name="versiona",
        traffic_percentile=40,
    )
    with pytest.raises(WebserviceException, match=r"(?i)aksendpoint"):
        Model.deploy(ws, "myendpoint1", [model], inference, configuration, target)


def test_app_insights(ws: Workspace, model: Model, notebook: Callable[..., Path]) -> None:
    """enable-app-insights-in-production-service.ipynb: taken, and nothing is sent."""
    from azureml.core.compute import AksCompute, ComputeTarget
    from azureml.core.conda_dependencies import CondaDependencies
    from azureml.core.model import InferenceConfig, Model
    from azureml.core.webservice import AciWebservice, AksWebservice

    dependencies = CondaDependencies.create(conda_packages=["numpy", "scikit-learn"])
    notebook("myenv.yml", dependencies.serialize_to_string())
    inference = InferenceConfig(runtime="python", entry_script="score.py", conda_file="myenv.yml")
    configuration = AciWebservice.deploy_configuration(
        cpu_cores=1,
        memory_gb=1,
        tags={"area": "diabetes", "type": "regression"},
        description="Predict diabetes using regression model",
        enable_app_insights=True,
    )
    aci_service = Model.deploy(ws, "my-aci-service-4", [model], inference, configuration)
    aci_service.wait_for_deployment(show_output=True)
    assert aci_service.run(SAMPLE) == PREDICTION
    assert "Application Insights" in aci_service.get_logs()
    aci_service.delete()
    target = ComputeTarget.create(
        workspace=ws, name="my-aks-test3", provisioning_configuration=AksCompute.provisioning_configuration()
    )
    target.wait_for_completion(show_output=True)
    configuration = AksWebservice.deploy_configuration(enable_app_insights=True)
    service = Model.deploy(ws, "aks-w-dc5", [model], inference, configuration, deployment_target=target)
    service.wait_for_deployment(show_output=True)
    assert service.run(SAMPLE) == PREDICTION
    service.update(enable_app_insights=False)
    service.delete()
