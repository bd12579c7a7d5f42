"""Model.deploy without an InferenceConfig: models of scikit-learn and TensorFlow, as Azure's page on it has it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import joblib
import pytest
import requests

if TYPE_CHECKING:
    from azureml.core import Model, Webservice, Workspace

    from pipelines.sample_model import Sample


@pytest.fixture(scope="module", autouse=True)
def clean(workspace: Workspace) -> Iterator[None]:
    from azureml.core import Webservice

    yield
    for service in Webservice.list(workspace):
        service.delete()


@pytest.fixture
def register(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Model]:
    from azureml.core import Model

    monkeypatch.chdir(tmp_path)
    return lambda path, **options: Model.register(workspace, path, path.partition(".")[0], **options)


@pytest.fixture
def deploy(workspace: Workspace) -> Callable[[str, Model], Webservice]:
    from azureml.core import Model

    def start(name: str, model: Model) -> Webservice:
        service = Model.deploy(workspace, name, [model])
        service.wait_for_deployment()
        return service

    return start


def test_scikit_learn(register: Callable[..., Model], deploy: Callable[..., Any], tmp_path: Path) -> None:
    from azureml.core import Model
    from azureml.core.resource_configuration import ResourceConfiguration
    from sklearn.linear_model import LogisticRegression

    joblib.dump(LogisticRegression().fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1]), tmp_path / "sklearn-model.pkl")
    model = register(
        "sklearn-model.pkl",
        model_framework=Model.Framework.SCIKITLEARN,
        model_framework_version="0.19.1",
        resource_configuration=ResourceConfiguration(cpu=1, memory_in_gb=0.5),
    )
    service = deploy("my-sklearn-service", model)
    assert service.state == "Healthy"
    assert service.run(json.dumps({"data": [[0.0], [3.0]], "method": "predict"})) == {"predict": [0, 1]}
    [[low, high]] = service.run(json.dumps({"data": [[3.0]]}))["predict_proba"]
    assert 0 < low < high < 1
    assert "served by an entry script of ours with scikit-learn" in service.get_logs()
    assert "0.19.1 is declared" in service.get_logs()
    for body in ("[[0.0]]", "{", '{"data": [[1, 2]]}', '{"data": [["x"]]}', '{"data": [[1]], "method": "__init__"}'):
        answer = requests.post(service.scoring_uri, body, timeout=30)
        assert answer.status_code == 400, body
        assert answer.json()["error"]

    service.update(models=[model], tags={"again": "yes"})
    service.wait_for_deployment()
    assert service.run(json.dumps({"data": [[3.0]], "method": "predict"})) == {"predict": [1]}


def test_a_saved_model(
    register: Callable[..., Model], deploy: Callable[..., Any], sample: Sample, tmp_path: Path
) -> None:
    import base64
    import shutil

    from azureml.core import Model

    shutil.copytree(sample.model, tmp_path / "flowers_model")
    model = register("flowers_model", model_framework=Model.Framework.TENSORFLOW, model_framework_version="2.0")
    service = deploy("tensorflow-flower-service", model)
    image = next(sample.validation.rglob("*.jpg")).read_bytes()
    encoded = {"b64": base64.b64encode(image).decode()}
    [answer] = service.run(json.dumps({"instances": [encoded]}))["predictions"]
    columns = service.run(json.dumps({"signature_name": "serving_default", "inputs": [encoded]}))["outputs"]
    assert columns["classes"] == [answer["classes"]]
    assert columns["probabilities"][0] == pytest.approx(answer["probabilities"])
    for body in ('{"data": []}', '{"instances": []}', '{"instances": [1]}', '{"instances": [{"b64": "?"}]}', "1"):
        response = requests.post(service.scoring_uri, body, timeout=30)
        assert response.status_code == 400, body


def test_what_is_missing_is_not_the_users_mistake(register: Callable[..., Model], tmp_path: Path) -> None:
    from azureml.core import Model

    (tmp_path / "mnist.onnx").write_text("onnx")
    model = register("mnist.onnx", model_framework=Model.Framework.ONNX, model_framework_version="1.3")
    with pytest.raises(Exception, match="local workspace does not have an entry script of its own for models of Onnx"):
        Model.deploy(model.workspace, "onnx-mnist-service", [model])


def test_a_model_that_cannot_be_served_says_why(register: Callable[..., Model], tmp_path: Path) -> None:
    from azureml.core import Model
    from azureml.exceptions import WebserviceException

    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "a.txt").write_text("no")
    (tmp_path / "two" / "b.txt").write_text("model")
    model = register("two", model_framework=Model.Framework.SCIKITLEARN)
    service = Model.deploy(model.workspace, "no-model-in-it", [model])
    with pytest.raises(WebserviceException, match=r"the model must be one file of \.pkl"):
        service.wait_for_deployment()
