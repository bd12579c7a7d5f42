"""aml-pipelines-how-to-use-modulestep.ipynb: a module with two versions, three steps of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azureml.core import Workspace
    from azureml.core.compute import AmlCompute

CALCULATE = """
import argparse, os
parser = argparse.ArgumentParser()
for name in ("file_num1", "file_num2", "output_sum", "output_product"):
    parser.add_argument("--" + name)
parser.add_argument("--arg_num1", type=int)
parser.add_argument("--arg_num2", type=int)
args = parser.parse_args()
read = lambda file, given: int(open(file).read()) if file else given
first, second = read(args.file_num1, args.arg_num1), read(args.file_num2, args.arg_num2)
for file, value in ((args.output_sum, first + second), (args.output_product, first * second)):
    os.makedirs(os.path.dirname(file), exist_ok=True)
    with open(file, "w") as opened:
        opened.write(str(value))
print("sum", first + second, "product", first * second)
"""


def test_modulestep(ws: Workspace, aml_compute: AmlCompute, notebook: Callable[..., Path]) -> None:
    from azureml.core import Datastore, Experiment, RunConfiguration
    from azureml.pipeline.core import Pipeline, PipelineData, PipelineParameter
    from azureml.pipeline.core.graph import InputPortDef, OutputPortDef
    from azureml.pipeline.core.module import Module
    from azureml.pipeline.steps import ModuleStep

    datastore = Datastore(workspace=ws, name="workspaceblobstore")
    notebook("calc/calculate.py", CALCULATE)
    module = Module.create(ws, name="AddAndMultiply", description="A module that adds and multiplies")

    def outputs() -> list[OutputPortDef]:
        return [
            OutputPortDef(
                name=name, default_datastore_name=datastore.name, default_datastore_mode="mount", label="A number"
            )
            for name in ("out_sum", "out_prod")
        ]

    entry = module.publish_python_script(
        "calculate.py",
        "initial",
        inputs=[],
        outputs=outputs(),
        params={"initialNum": 12},
        version="1",
        source_directory="./calc",
    )
    inputs = [
        InputPortDef(
            name=name,
            default_datastore_mode="mount",
            default_data_reference_name=datastore.name,
            label="A number",
        )
        for name in ("in1", "in2")
    ]
    module.publish_python_script(
        "calculate.py",
        "middle",
        inputs=inputs,
        outputs=outputs(),
        version="2",
        is_default=True,
        source_directory="./calc",
    )

    def numbers(prefix: str) -> tuple[PipelineData, PipelineData]:
        total = PipelineData(f"{prefix}_sum", datastore=datastore, output_mode="mount", is_directory=False)
        return total, PipelineData(f"{prefix}_prod", datastore=datastore, output_mode="mount", is_directory=False)

    def use(results: tuple[PipelineData, PipelineData], inputs: dict[str, PipelineData], **options: Any) -> ModuleStep:
        options["arguments"] = ["--output_sum", results[0], "--output_product", results[1], *options["arguments"]]
        return ModuleStep(
            inputs_map=inputs,
            outputs_map={"out_sum": results[0], "out_prod": results[1]},
            runconfig=RunConfiguration(),
            compute_target=aml_compute,
            **options,
        )

    first, middle, end = numbers("first"), numbers("middle"), numbers("end")
    number = PipelineParameter(name="initialNum", default_value=17)
    steps = [
        use(first, {}, module_version=entry, arguments=["--arg_num1", number, "--arg_num2", "2"]),
        use(
            middle,
            {"in1": first[0], "in2": first[1]},
            module=module,
            arguments=["--file_num1", first[0], "--file_num2", first[1]],
        ),
        use(
            end,
            {"in1": middle[0], "in2": middle[1]},
            module=module,
            version="2",
            arguments=["--file_num1", middle[0], "--file_num2", middle[1]],
        ),
    ]
    pipeline = Pipeline(workspace=ws, steps=steps)
    run = Experiment(ws, "testmodulestep").submit(pipeline)
    assert run.wait_for_completion(show_output=False) == "Finished"
    printed = {step.get_stdout_log().splitlines()[-1] for step in run.get_steps()}
    assert printed == {"sum 19 product 34", "sum 53 product 646", f"sum {53 + 646} product {53 * 646}"}
