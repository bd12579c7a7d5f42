"""A node of a pipeline that SDK v2 has sent: a command component with the data that it gets there."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from azureml_emulator.azure.pipelines.runs.reuse import Origins
from azureml_emulator.azure.pipelines.runs.step import Step
from azureml_emulator.azure.runs.commands.definition import Definition
from azureml_emulator.azure.runs.commands.plan import plan
from azureml_emulator.azure.runs.data.outputs import Output
from azureml_emulator.state.workspace import LocalWorkspace

LOG = "user_logs/std_log.txt"
"""The one that SDK v2 shows of a step."""
_NOT_OF_ITS_RESULT = ("name", "target", "properties", "inputs", "reused")


def plan_component(
    workspace: LocalWorkspace, run_id: str, definition: Definition, outputs_of_nodes: Mapping[str, Mapping[str, Output]]
) -> Step:
    """Raises NotFound for data that is not there."""
    planned = plan(workspace, run_id, definition, outputs_of_nodes)
    script, *arguments = planned.script or [""]
    return Step(
        run_id=run_id,
        name=definition["name"],
        module_id=definition["component"],
        snapshot_id="",
        properties=definition["properties"],
        script=script,
        arguments=arguments,
        target=definition["target"],
        variables=planned.variables,
        inputs=planned.inputs,
        outputs=planned.outputs,
        run_config={"environment": definition["environment"]},
        kind="CommandComponent",
        command=planned.command,
        source=Path(definition["code"]) if definition["code"] else None,
        log=LOG,
        max_seconds=definition["max_seconds"],
    )


def component_key(definition: Definition, origins: Origins) -> str | None:
    """What has to be equal for a node to be reused; None for one that is always run."""
    if not definition["reused"]:
        return None
    facts = {key: value for key, value in definition.items() if key not in _NOT_OF_ITS_RESULT}
    facts["inputs"] = {
        name: dict(source) | ({"node": origins[source["node"]]} if "node" in source else {})
        for name, source in definition["inputs"].items()
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
