"""SDK v2 is sent to the local workspace by the variables that the verb `env` prints, and by nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests

from azureml_emulator.command import verbs
from azureml_emulator.command.preparation import prepare
from azureml_emulator.server.middleware.requestlog import FILE
from azureml_emulator.state.redirect import clouds
from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION
from tests.integration.emulator.coverage.driven import DIRECT_AGENT
from tests.integration.emulator.waiting import Emulator

PROGRAM = f"""
import json
from azure.ai.ml import MLClient
from azure.ai.ml._azure_environments import _get_aml_resource_id_from_metadata, _get_cloud_details
from azure.identity import DefaultAzureCredential, ManagedIdentityCredential

client = MLClient(DefaultAzureCredential(), "{SUBSCRIPTION}", "{RESOURCE_GROUP}", "{NAME}")
audience = _get_aml_resource_id_from_metadata()
scopes = [*client._kwargs["credential_scopes"], audience + "/.default"]
told = {{"id": client.workspaces.get().id, "base": client._base_url, "audience": audience}}
told["storage"] = _get_cloud_details()["storage_endpoint"]
told["tokens"] = [client._credential.get_token(scope).token for scope in scopes]
told["identity"] = ManagedIdentityCredential().get_token(scopes[0]).token
print(json.dumps(told))
"""
ML_AUDIENCE = "https://ml.azure.com"
"""Of the public cloud: what clients ask for that don't look at the local one's name."""


def run(program: str, variables: dict[str, str], home: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(home)} | variables
    command = [sys.executable, "-W", "ignore", "-c", program]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def aud(token: str) -> str:
    """As the SDK reads it before it sends a pipeline: without a look at the signature."""
    return str(jwt.decode(token, options={"verify_signature": False})["aud"])


@pytest.fixture(scope="module")
def told(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a program says that has nothing but the variables of `env`."""
    with redirect_stdout(StringIO()) as printed, pytest.raises(SystemExit):
        verbs.main(["env", "--state", str(emulator.folder), "--json"])
    variables = {name: value for name, value in json.loads(printed.getvalue()).items() if value}
    done = run(PROGRAM, variables, tmp_path_factory.mktemp("home"))
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_variables_alone_lead_to_the_workspace(told: dict[str, Any], emulator: Emulator) -> None:
    assert told["id"] == emulator.scope
    assert told["base"].rstrip("/") == emulator.address["tls"]
    assert told["storage"] == clouds.storage_suffix(emulator.address["tls"])


def test_each_token_is_for_the_resource_that_was_asked_for(told: dict[str, Any], emulator: Emulator) -> None:
    arm, azure_ml = map(aud, told["tokens"])
    assert arm == aud(told["identity"]) == emulator.address["tls"]
    assert azure_ml == told["audience"]
    assert azure_ml.startswith("https://ml.azure.")


@pytest.mark.parametrize("service", ["/mferp/managementfrontend", "/modelregistry/v1.0", "/history/v1.0", "/batch"])
def test_services_of_the_workspace_take_a_token_for_azure_ml(
    told: dict[str, Any], emulator: Emulator, service: str
) -> None:
    public = requests.post(emulator.environment["MSI_ENDPOINT"], {"resource": ML_AUDIENCE}, timeout=10).json()
    for token in (*told["tokens"], public["access_token"]):
        assert _status(emulator, f"{service}{emulator.scope}/nothing", token) == 400  # no such operation


def test_azure_resource_manager_takes_its_own_only(told: dict[str, Any], emulator: Emulator) -> None:
    arm, azure_ml = told["tokens"]
    assert _status(emulator, emulator.scope, arm) == 200
    assert _status(emulator, emulator.scope, azure_ml) == 401


def _status(emulator: Emulator, path: str, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}", "User-Agent": DIRECT_AGENT}
    return requests.get(emulator.http + path, headers=headers, timeout=10).status_code


def test_asking_for_clouds_is_not_logged(told: dict[str, Any], emulator: Emulator) -> None:
    assert told
    assert clouds.PATH not in (emulator.folder / FILE).read_text()


def test_nothing_leaves_the_machine_while_nobody_listens(tmp_path: Path) -> None:
    """The import fails, before there is a client that could go to the public cloud."""
    done = run("import azure.ai.ml", prepare(tmp_path / "state"), tmp_path)
    assert done.returncode == 1
    assert "Unknown cloud environment" in done.stderr
