"""Components by SDK v2, with their code and environment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

Rest = Callable[..., requests.Response]


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("components") / "source"
    folder.mkdir()
    (folder / "train.py").write_text("print('components')\n")
    return folder


@pytest.fixture(scope="module")
def make(client: MLClient, code: Path) -> Callable[..., Any]:
    from azure.ai.ml import Input, Output, command

    def component(name: str, **options: Any) -> Any:
        words: dict[str, Any] = {"command": "python train.py ${{inputs.rate}}", "code": str(code)}
        words["inputs"] = {"rate": Input(type="number", default=0.5)}
        words["outputs"] = {"model": Output(type="uri_folder")}
        made = command(name=name, environment="AzureML-sklearn-1.0-ubuntu20.04-py38-cpu@latest", **(words | options))
        return made.component

    return component


def test_there_and_back(client: MLClient, make: Callable[..., Any]) -> None:
    made = client.components.create_or_update(make("components_back", display_name="Back", description="x"))
    found = client.components.get("components_back", version=made.version)
    assert (found.version, found.name, found.display_name) == ("1", "components_back", "Back")
    assert found.command == "python train.py ${{inputs.rate}}"
    assert (found.inputs["rate"].default, found.outputs["model"].type) == (0.5, "uri_folder")
    assert "/codes/" in found.code
    assert client.components.get("components_back").version == "1"  # the default version


def test_versions(client: MLClient, make: Callable[..., Any]) -> None:
    from azure.core.exceptions import ResourceExistsError

    client.components.create_or_update(make("components_versions"))
    client.components.create_or_update(make("components_versions", command="python train.py"))
    assert client.components.get("components_versions").version == "2"
    assert client.components.get("components_versions", label="latest").command == "python train.py"
    with pytest.raises(ResourceExistsError, match="another componentSpec, which never changes"):
        client.components.create_or_update(make("components_versions"), version="2")
    renamed = client.components.create_or_update(make("components_versions", display_name="New"), version="1")
    assert renamed.display_name == "New"
    client.components.archive("components_versions", version="1")
    assert [one.version for one in client.components.list(name="components_versions")] == ["2"]
    client.components.archive("components_versions")
    assert "components_versions" not in [one.name for one in client.components.list()]


def test_anonymous_ones_are_sent_again(client: MLClient, make: Callable[..., Any]) -> None:
    made = [client.components.create_or_update(make("components_once"), is_anonymous=True) for _ in range(2)]
    assert made[0].id == made[1].id
    assert "/components/azureml_anonymous/versions/" in made[0].id


@pytest.mark.parametrize(
    ("specification", "said"),
    [
        ({}, "lacks 'type'"),
        ({"type": "command", "code": "azureml:nothing:1"}, "'azureml:nothing:1' is not among the codes"),
        ({"type": "command", "environment": "azureml:nothing:1"}, "'azureml:nothing:1' is not among the environments"),
        ({"type": "command", "code": "azureml:/x"}, "is no reference to one of codes"),
    ],
)
def test_refused(rest: Rest, specification: dict[str, Any], said: str) -> None:
    body = {"properties": {"componentSpec": specification}}
    answer = rest("PUT", "", "/components/components_refused/versions/1", json=body)
    assert (answer.status_code, said in answer.json()["error"]["message"]) == (400, True), answer.text


def test_the_default_is_no_version_of_its_own(rest: Rest) -> None:
    body = {"properties": {"componentSpec": {"type": "command"}}}
    answer = rest("PUT", "", "/components/components_default/versions/azureml_default", json=body)
    assert (answer.status_code, "stands for the newest version" in answer.text) == (400, True)
    assert rest("GET", "", "/components/components_default/versions/azureml_default").status_code == 404
