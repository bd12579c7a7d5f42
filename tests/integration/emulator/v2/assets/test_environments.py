"""Environments by SDK v2: an image or a build, a conda file, and versions that never change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

Rest = Callable[..., requests.Response]
IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"
CONDA = {"name": "digits", "dependencies": ["python=3.11", {"pip": ["numpy"]}]}


@pytest.fixture(scope="module")
def register(client: MLClient) -> Callable[..., Any]:
    from azure.ai.ml.entities import Environment

    def version(name: str, **options: Any) -> Any:
        return client.environments.create_or_update(Environment(name=name, **({"image": IMAGE} | options)))

    return version


def test_there_and_back(client: MLClient, register: Callable[..., Any]) -> None:
    made = register("v2-conda", conda_file=CONDA, tags={"a": "b"}, description="digits")
    assert (made.version, made.image, made.conda_file) == ("1", IMAGE, CONDA)
    found = client.environments.get("v2-conda", version="1")
    assert (found.tags, found.description, found.os_type, found.conda_file) == ({"a": "b"}, "digits", "Linux", CONDA)
    assert "v2-conda" in [one.name for one in client.environments.list()]


def test_another_definition_is_another_version(client: MLClient, register: Callable[..., Any]) -> None:
    from azure.core.exceptions import ResourceExistsError

    assert [register("v2-versions", conda_file=CONDA).version for _ in range(2)] == ["1", "1"]
    assert register("v2-versions").version == "2"
    with pytest.raises(ResourceExistsError, match="another condaFile, which never changes"):
        register("v2-versions", version="1")
    assert client.environments.get("v2-versions", label="latest").version == "2"
    tagged = client.environments.get("v2-versions", version="1")
    tagged.tags = {"kept": "yes"}
    client.environments.create_or_update(tagged)
    assert client.environments.get("v2-versions", version="1").tags == {"kept": "yes"}
    client.environments.archive("v2-versions", version="2")
    assert [one.version for one in client.environments.list("v2-versions")] == ["1"]
    client.environments.archive("v2-versions")
    assert "v2-versions" not in [one.name for one in client.environments.list()]


def test_build_context(client: MLClient, register: Callable[..., Any], tmp_path: Path) -> None:
    from azure.ai.ml.entities import BuildContext

    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    made = register("v2-build", image=None, build=BuildContext(path=str(tmp_path)))
    found = client.environments.get("v2-build", version=made.version)
    assert (found.image, found.build.dockerfile_path) == (None, "Dockerfile")
    assert found.build.path == made.build.path
    assert register("v2-build", image=None, build=BuildContext(path=str(tmp_path))).version == made.version


def test_curated(client: MLClient) -> None:
    found = client.environments.get("AzureML-sklearn-1.0-ubuntu20.04-py38-cpu", version="3")
    assert found.image == "mcr.microsoft.com/azureml/curated/sklearn-1.0-ubuntu20.04-py38-cpu:3"
    assert "AzureML-Minimal" in [one.name for one in client.environments.list()]
    assert client.environments.get("AzureML-Minimal", label="latest").version == "1"


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({}, "has an image or a build, one of the two"),
        ({"image": IMAGE, "osType": "Windows"}, "environments for 'Windows'"),
        ({"image": IMAGE, "inferenceConfig": {"livenessRoute": {"path": "/"}}}, "environments with 'inferenceConfig'"),
        ({"image": IMAGE, "condaFile": "- a\n- b\n"}, "condaFile must be an object"),
        ({"image": IMAGE, "condaFile": "a: &x [1]\nb: *x\n"}, "references to anchors"),
        ({"image": IMAGE, "condaFile": "[" * 5000}, "the condaFile is no YAML"),
        ({"image": IMAGE, "condaFile": "dependencies: 2026-01-01\n"}, "the condaFile is no YAML"),
        ({"build": {"contextUri": "https://github.com/a/b"}}, "reaches no storage but its own"),
    ],
)
def test_refused(rest: Rest, properties: dict[str, Any], said: str) -> None:
    answer = rest("PUT", "", "/environments/v2-refused/versions/1", json={"properties": properties})
    assert (answer.status_code, said in answer.json()["error"]["message"]) == (400, True), answer.text
    assert rest("GET", "", "/environments/v2-refused/versions/1").status_code == 404


def test_names_of_azure_are_azures(register: Callable[..., Any]) -> None:
    from azure.core.exceptions import HttpResponseError

    with pytest.raises(HttpResponseError, match="names that start with AzureML are Azure's own"):
        register("AzureML-mine", version="1")


def test_anonymous_ones_are_found_by_what_they_are_made_of(client: MLClient, rest: Rest) -> None:
    path, body = "/environments/CliV2AnonymousEnvironment/versions/abc", {"image": IMAGE, "isAnonymous": True}
    answers = [rest("PUT", "", path, json={"properties": body}).status_code for _ in range(2)]
    assert answers == [201, 200]
    assert client.environments.get("CliV2AnonymousEnvironment", version="abc").image == IMAGE
    assert rest("GET", "/environment/v1.0", path).status_code == 404
    named = rest("PUT", "", path, json={"properties": body | {"isAnonymous": False}})
    assert named.json()["properties"]["isAnonymous"] is False
    listed = rest("GET", "", "/environments/CliV2AnonymousEnvironment/versions").json()["value"]
    assert [one["name"] for one in listed] == ["abc"]
    assert rest("GET", "/environment/v1.0", path).status_code == 200
