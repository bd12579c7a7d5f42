"""A scoring script without a model to load, and deployments of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import ManagedOnlineDeployment

SECONDS = 30
SCRIPT = """
import json
import os
import time
from pathlib import Path

from shared import GREETING


def init():
    print("starts as", os.environ["COLOUR"])
    if os.environ["COLOUR"] == "broken":
        raise RuntimeError("the weights are broken")


def run(data):
    asked = json.loads(data)
    time.sleep(asked.get("sleep", 0))
    if asked.get("fail"):
        raise ValueError("it was asked to fail")
    if asked.get("die"):
        os._exit(3)
    folder = Path(os.environ["AZUREML_MODEL_DIR"])
    files = {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}
    asked = {name: os.environ.get(name) for name in ("COLOUR", "CUDA_VISIBLE_DEVICES", "OF_ENVIRONMENT")}
    folders = "/".join(folder.parts[-3:])
    return {**asked, "greeting": GREETING, "pid": os.getpid(), "folder": folders, "files": files}
"""


@dataclass(frozen=True)
class Caller:
    """Posts to an endpoint. `invoke` of SDK v2 remembers the deployment of one call for all that follow."""

    uri: str
    key: str
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, client: MLClient, endpoint: str) -> Caller:
        uri = client.online_endpoints.get(endpoint).scoring_uri
        return cls(uri, client.online_endpoints.get_keys(endpoint).primary_key)

    def post(self, deployment: str | None = None, **asked: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"} | self.headers
        headers |= {"azureml-model-deployment": deployment} if deployment else {}
        return requests.post(self.uri, json=asked, headers=headers, timeout=SECONDS)

    def answer(self, deployment: str | None = None, **asked: Any) -> dict[str, Any]:
        response = self.post(deployment, **asked)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer


@dataclass(frozen=True)
class Assets:
    """The ids of what deployments are made of."""

    model: str
    environment: str
    code: str


def assets(client: MLClient, folder: Path, prefix: str) -> Assets:
    """Registers a model, an environment and code; they have names with this prefix."""
    from azure.ai.ml.entities import Environment, Model
    from azure.ai.ml.entities._assets import Code

    model, code = folder / "weights", folder / "scoring"
    model.mkdir()
    (model / "weights.txt").write_text("one")
    code.mkdir()
    (code / "score.py").write_text(SCRIPT)
    (code / "shared.py").write_text("GREETING = 'hello'\n")
    registered = client.models.create_or_update(Model(name=f"{prefix}-model", path=str(model)))
    conda = {"name": "x", "dependencies": ["python", {"pip": ["azureml-inference-server-http"]}]}
    environment = client.environments.create_or_update(
        Environment(name=f"{prefix}-environment", image="mcr.microsoft.com/azureml/x:1", conda_file=conda)
    )
    uploaded = client._code.create_or_update(Code(path=str(code)))
    return Assets(registered.id, environment.id, uploaded.id)


def managed(endpoint: str, name: str, made_of: Assets, colour: str = "", **options: Any) -> ManagedOnlineDeployment:
    from azure.ai.ml.entities import CodeConfiguration, ManagedOnlineDeployment, OnlineRequestSettings

    common: dict[str, Any] = {
        "model": made_of.model,
        "environment": made_of.environment,
        "code_configuration": CodeConfiguration(code=made_of.code, scoring_script="score.py"),
        "environment_variables": {"COLOUR": colour or name},
        "instance_type": "Standard_DS3_v2",
        "instance_count": 1,
        "request_settings": OnlineRequestSettings(max_concurrent_requests_per_instance=4, max_queue_wait_ms=10000),
    }
    return ManagedOnlineDeployment(name=name, endpoint_name=endpoint, **common | options)


def colours(caller: Caller, count: int) -> dict[str, int]:
    """How many of so many requests each deployment answered, by the header of the answer."""
    found: dict[str, int] = {}
    for _ in range(count):
        answer = caller.post()
        assert answer.status_code == 200, answer.text
        assert json.loads(answer.text)["COLOUR"] == answer.headers["azureml-model-deployment"]
        name = answer.headers["azureml-model-deployment"]
        found[name] = found.get(name, 0) + 1
    return found
