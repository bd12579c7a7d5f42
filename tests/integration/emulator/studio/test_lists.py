"""The studio's lists over HTTP, and what is in none of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.emulator.studio.studio_client import ATTACK, ESCAPED, LISTS, Studio
from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azureml.core import Model, Workspace
    from azureml.core.compute import AksCompute
    from azureml.core.model import InferenceConfig
    from azureml.pipeline.core import PublishedPipeline


@pytest.fixture(scope="module")
def service(
    workspace: Workspace, cluster: AksCompute, scoring: InferenceConfig, model: Callable[[str], Model]
) -> Iterator[Any]:
    from azureml.core import Model
    from azureml.core.webservice import AksWebservice

    options = {"num_replicas": 1, "autoscale_enabled": False, "cpu_cores": 0.1, "memory_gb": 0.5}
    configuration = AksWebservice.deploy_configuration(**options, description=ATTACK)
    service = Model.deploy(workspace, "studio-echo", [model("one")], scoring, configuration, cluster)
    service.wait_for_deployment()
    yield service
    service.delete()


@pytest.mark.parametrize(
    "path",
    [
        *("/none", "/runs/none", "/runs/none/log", "/runs/none/images/a.png", "/pipelines/none", "/endpoints/none"),
        *("/models/none", "/runs/none/cancel"),
    ],
)
def test_what_is_not_there(studio: Studio, path: str) -> None:
    answer = studio.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "none" in answer.text
    assert "<h1>Not found</h1>" in answer.text


def test_models(studio: Studio, model: Callable[[str], Model]) -> None:
    registered = model("tagged")
    registered.add_tags({"verdict": "BLESSED", "name": ATTACK})
    html = studio.text("/models")
    assert f'id="{registered.id}"' in html
    assert "<dt>Verdict</dt><dd>BLESSED</dd>" in html
    assert ESCAPED in html
    assert ATTACK not in html


def test_service_without_its_secrets(studio: Studio, service: Any, emulator: Emulator) -> None:
    html = studio.text("/services")
    assert service.scoring_uri in html
    assert "1 of 1 ready" in html
    assert "Healthy" in html
    assert ESCAPED in html
    own = {int(emulator.address[kind].rpartition(":")[2]) for kind in ("http", "tls")}
    listening = [
        connection.laddr.port
        for process in emulator.children()
        for connection in process.net_connections("inet")
        if connection.status == "LISTEN"
        and connection.laddr.port not in own  # a child that was forked this moment still holds these
    ]
    assert listening
    secrets = [*service.get_keys(), *json.loads((emulator.folder / "secrets.json").read_text()).values()]
    secrets += [emulator.environment["MSI_ENDPOINT"], *(f":{port}" for port in listening)]
    for page in LISTS:
        text = studio.text(page)
        assert not [secret for secret in secrets if secret in text]


def test_schedules(studio: Studio, publish: Callable[..., PublishedPipeline], workspace: Workspace) -> None:
    from azureml.pipeline.core import Schedule, ScheduleRecurrence

    recurrence = ScheduleRecurrence(
        "Week", 1, start_time="2099-01-01T00:00:00", hours=[6], minutes=[30], week_days=["Monday"]
    )
    schedule = Schedule.create(
        workspace, f"weekly {ATTACK}", pipeline_id=publish("weekly").id, experiment_name="weekly", recurrence=recurrence
    )
    html = studio.text("/schedules")
    assert "every Week on Monday at 06:30" in html
    assert f"weekly {ESCAPED}" in html
    schedule.disable()
    assert "Disabled" in studio.text("/schedules")
