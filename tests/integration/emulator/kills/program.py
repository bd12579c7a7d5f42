"""An SDK program that sets the workspace up and then goes on writing, through one kill after the other.

Usage: python program.py FOLDER, with the variables of `env`; prints a JSON document a line, ends with its input.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import uuid
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from azureml.core import Environment, Experiment, Model, Run, RunConfiguration, Workspace
from azureml.core.compute import AksCompute, AmlCompute, ComputeTarget
from azureml.core.model import InferenceConfig
from azureml.core.webservice import AksWebservice
from azureml.pipeline.core import Pipeline, PipelineParameter, Schedule, ScheduleRecurrence
from azureml.pipeline.steps import PythonScriptStep

from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION
from tests.integration.emulator.kills.wire import scoped

SERVICE = "echo"
_STEPS = Path(__file__).with_name("steps")
_PAUSE_SECONDS = 0.1


def say(**document: Any) -> None:
    print(json.dumps(document), file=sys.__stdout__, flush=True)


def say_fact(name: str, service: str, path: str, expected: object, body: object = None) -> None:
    fact = {"name": name, "method": "POST" if body else "GET", "path": scoped(service, path), "expected": expected}
    say(fact=fact | {"body": body})


def main() -> None:
    os.chdir(sys.argv[1])
    sys.stdout = sys.stderr  # the SDK prints what it does
    workspace = Workspace(SUBSCRIPTION, RESOURCE_GROUP, NAME)
    say(setup=set_up(workspace))
    ended = threading.Event()
    threading.Thread(target=wait_for_end, args=(ended,), daemon=True).start()
    while not ended.wait(_PAUSE_SECONDS):
        write(workspace)


def wait_for_end(ended: threading.Event) -> None:
    sys.stdin.read()
    ended.set()


def write(workspace: Workspace) -> None:
    try:
        write_run(workspace)
        write_model(workspace)
        write_environment(workspace)
        update_service(workspace)
    except Exception as error:  # noqa: BLE001 - killed in the middle: nothing was said of it
        print(f"not answered: {type(error).__name__}", file=sys.stderr, flush=True)


def set_up(workspace: Workspace) -> dict[str, Any]:
    sizes = AksCompute.provisioning_configuration(vm_size="Standard_NC4as_T4_v3", agent_count=4)
    cluster = ComputeTarget.create(workspace, "gpu", sizes)
    nodes = AmlCompute.provisioning_configuration(vm_size="Standard_D2_v3", max_nodes=4)
    ComputeTarget.create(workspace, "steps", nodes)
    deployment = AksWebservice.deploy_configuration(
        num_replicas=2, autoscale_enabled=False, max_request_wait_time=20000, scoring_timeout_ms=20000
    )
    first = register(workspace, "first")
    service = Model.deploy(workspace, SERVICE, [first], inference(), deployment, cluster)
    service.wait_for_deployment()
    pipeline = work(workspace).publish("work", "steps with children", "1")
    others = [work(workspace).publish(f"other {number}", "", "1") for number in range(2)]
    tick = Pipeline(workspace, steps=[step("idle", 0.0)]).publish("tick", "", "1")
    hourly = ScheduleRecurrence("Hour", 1, start_time=datetime.now(timezone.utc).replace(tzinfo=None))
    schedule = Schedule.create(workspace, "hourly", tick.id, "ticks", hourly, wait_for_provisioning=True)
    return {
        "service": SERVICE,
        "uri": service.scoring_uri,
        "pipeline": pipeline.id,
        "other pipelines": [other.id for other in others],
        "schedule": schedule.id,
        "sas": str(workspace.get_default_datastore().sas_token).lstrip("?"),
    }


def work(workspace: Workspace) -> Pipeline:
    seconds = PipelineParameter("seconds", 1.0)
    first, second = step("parent", seconds), step("idle", seconds)
    second.run_after(first)
    return Pipeline(workspace, steps=[first, second, step("idle", seconds, "beside")])


def step(script: str, seconds: Any, name: str | None = None) -> PythonScriptStep:
    configuration = RunConfiguration()
    configuration.environment.python.user_managed_dependencies = True
    return PythonScriptStep(
        f"{script}.py",
        name=name or script,
        arguments=[seconds],
        compute_target="steps",
        source_directory=str(_STEPS),
        runconfig=configuration,
        allow_reuse=False,
    )


def inference() -> InferenceConfig:
    folder = Path("scoring")
    folder.mkdir(exist_ok=True)
    shutil.copy(Path(__file__).parents[2] / "echo_score.py", folder / "score.py")
    environment = Environment("echo")
    environment.environment_variables = {"ECHO_GREETING": "hello"}
    return InferenceConfig("score.py", environment=environment, source_directory=str(folder))


def register(workspace: Workspace, content: str) -> Model:
    folder = Path("model")
    folder.mkdir(exist_ok=True)
    (folder / "content.txt").write_text(content)
    return Model.register(workspace, "model", "echo", tags={"content": content})


def write_run(workspace: Workspace) -> None:
    run: Run = Experiment(workspace, "sdk").start_logging(snapshot_directory=None, outputs=False)
    say_fact(f"run {run.id}", "/history/v1.0", f"/runs/{run.id}", {"runId": run.id})
    tags = {"of": "the SDK"}
    run.set_tags(tags)
    say_fact(f"tags of {run.id}", "/history/v1.0", f"/runs/{run.id}", {"tags": tags})
    text = uuid.uuid4().hex * 100
    Path("upload.txt").write_text(text)
    run.upload_file("deep/upload.txt", "upload.txt")
    path = f"/content/ExperimentRun/dcid.{run.id}/deep/upload.txt"
    say_fact(f"file of {run.id}", "/artifact/v2.0/artifacts", path, text)
    run.log("score", 0.25)
    run.flush()
    wanted = {"value": [{"data": {"score": 0.25}}]}
    say_fact(f"metric of {run.id}", "/metric/v2.0", f"/runs/{run.id}/full", wanted, {"metricName": "score"})
    run.complete()
    say_fact(f"end of {run.id}", "/history/v1.0", f"/runs/{run.id}", {"status": "Completed"})


def write_model(workspace: Workspace) -> Model:
    content = uuid.uuid4().hex
    model = register(workspace, content)
    wanted = {"kvTags": {"content": content}, "url": model.url}
    say_fact(f"model {model.id}", "/modelmanagement/v1.0", f"/models/{model.id}", wanted)
    return model


def write_environment(workspace: Workspace) -> None:
    environment = Environment("sdk")
    environment.environment_variables = {"KEY": uuid.uuid4().hex}
    version = environment.register(workspace).version
    wanted = {"environmentVariables": environment.environment_variables}
    say_fact(f"sdk environment {version}", "/environment/v1.0", f"/environments/sdk/versions/{version}", wanted)


def update_service(workspace: Workspace) -> None:
    """Refused while the update before it goes on."""
    service = AksWebservice(workspace, SERVICE)
    if service.state == "Healthy":
        model = write_model(workspace)
        say(update=model.tags["content"])
        service.update(models=[model], inference_config=inference())


if __name__ == "__main__":
    main()
