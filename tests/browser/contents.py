"""An SDK program that fills a workspace with one of everything, and prints as JSON where it is.

    python contents.py FOLDER        the current folder; sources are written to it

The published pipeline's one step waits until the file that its parameter `gate` names is there.
"""

import json
import shutil
import sys
from pathlib import Path

from azureml.core import Environment, Experiment, Model, RunConfiguration, Workspace
from azureml.core.compute import AksCompute, AmlCompute, ComputeTarget
from azureml.core.model import InferenceConfig
from azureml.core.webservice import AksWebservice
from azureml.pipeline.core import (
    Pipeline,
    PipelineData,
    PipelineEndpoint,
    PipelineParameter,
    PublishedPipeline,
    Schedule,
    ScheduleRecurrence,
)
from azureml.pipeline.steps import PythonScriptStep
from PIL import Image

from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION

ATTACK = "<script>window.hacked = 1</script>"
WAIT = """
import pathlib, sys, time
print("waiting for the gate <b>", flush=True)
while not pathlib.Path(sys.argv[1]).exists():
    time.sleep(0.02)
print("n =", sys.argv[2])
"""
STEPS = {"register": [], "validate": ["register"], "deploy": ["register", "validate"], "smoke": ["register", "deploy"]}
REPORT = """
import pathlib
pathlib.Path("outputs").mkdir(exist_ok=True)
pathlib.Path("outputs/report.html").write_text("<title>a report</title><h1>as it came out</h1>")
"""
REFUSAL = """
import sys
from azureml.core import Run
run = Run.get_context()
for one in (run, run.parent):
    one.set_tags({"model": "digits:1", "service": "digits", "reason": "refused: <b>accuracy</b> 0.4 (required: 0.9)"})
sys.exit("error: refused")
"""
SCORE = Path(__file__).with_name("score.py")


def main(folder: Path) -> None:
    workspace = Workspace(SUBSCRIPTION, RESOURCE_GROUP, NAME)
    sizes = AmlCompute.provisioning_configuration(vm_size="Standard_D2_v3", max_nodes=1)
    ComputeTarget.create(workspace, "steps", sizes).wait_for_completion(show_output=False)
    published = publish(workspace, folder)
    endpoint = PipelineEndpoint.publish(workspace, "release", description="what the clock starts", pipeline=published)
    recurrence = ScheduleRecurrence("Week", 1, start_time="2099-01-01T00:00:00", hours=[4], minutes=[30])
    Schedule.create_for_pipeline_endpoint(workspace, "weekly", endpoint.id, "weekly", recurrence=recurrence)
    deploy(workspace, folder)
    run = chain(workspace, folder)
    where = {"pipeline": published.id, "endpoint": endpoint.id, "chain": run, "logged": log(workspace)}
    print(json.dumps(where))


def step(folder: Path, name: str, source: str, **options: object) -> PythonScriptStep:
    (folder / "steps").mkdir(exist_ok=True)
    (folder / "steps" / f"{name}.py").write_text(source)
    configuration = RunConfiguration()
    configuration.environment.python.user_managed_dependencies = True
    return PythonScriptStep(
        f"{name}.py",
        name=name,
        source_directory=str(folder / "steps"),
        compute_target="steps",
        runconfig=configuration,
        allow_reuse=False,
        **options,
    )


def publish(workspace: Workspace, folder: Path) -> PublishedPipeline:
    arguments = [PipelineParameter("gate", "none"), PipelineParameter("n", 1)]
    pipeline = Pipeline(workspace, steps=[step(folder, "wait", WAIT, arguments=arguments)])
    return pipeline.publish("waits", description="waits for its gate", version="1.0")


def chain(workspace: Workspace, folder: Path) -> str:
    """The graph of a release; its second step keeps a report, its last one refuses the model."""
    data = {name: PipelineData(name, is_directory=True) for name in STEPS}
    sources = dict.fromkeys(STEPS, "print('done')") | {"validate": REPORT, "smoke": REFUSAL}
    steps = [
        step(folder, name, sources[name], inputs=[data[one] for one in inputs], outputs=[data[name]])
        for name, inputs in STEPS.items()
    ]
    run = Experiment(workspace, "releases").submit(Pipeline(workspace, steps=steps), tags={"commit": ATTACK})
    run.wait_for_completion(show_output=False, raise_on_error=False)
    return str(run.id)


def log(workspace: Workspace) -> str:
    run = Experiment(workspace, "interactive").start_logging(snapshot_directory=None, outputs=False)
    run.log("accuracy", 0.97)
    run.log_list("loss", [1 / (number + 1) for number in range(50)])
    run.log_table(ATTACK, {"check": ["accuracy", "latency"], "passed": [True, False]})
    run.log_image("matrix", path=picture())
    run.complete()
    return str(run.id)


def picture() -> str:
    Image.linear_gradient("L").save("matrix.png")
    return "matrix.png"


def deploy(workspace: Workspace, folder: Path) -> None:
    (folder / "model").mkdir()
    (folder / "model" / "content.txt").write_text("one")
    tags = {"verdict": "BLESSED", "content_hash": "0123456789abcdef" * 4, "note": ATTACK}
    model = Model.register(workspace, "model", "digits", tags=tags, description=ATTACK)
    (folder / "scoring").mkdir()
    shutil.copy(SCORE, folder / "scoring")
    environment = Environment("scoring")
    scoring = InferenceConfig("score.py", environment=environment, source_directory=str(folder / "scoring"))
    cluster = ComputeTarget.create(
        workspace, "gpu", AksCompute.provisioning_configuration(vm_size="Standard_D3_v2", agent_count=3)
    )
    cluster.wait_for_completion(show_output=False)
    configuration = AksWebservice.deploy_configuration(num_replicas=1, autoscale_enabled=False, tags={"run": ATTACK})
    Model.deploy(workspace, "digits", [model], scoring, configuration, cluster).wait_for_deployment()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
