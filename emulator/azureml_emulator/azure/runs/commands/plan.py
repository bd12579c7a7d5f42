"""What a command reads, writes and runs, worked out without running it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from azureml_emulator.azure.runs.commands.definition import Definition, Source, Target
from azureml_emulator.azure.runs.commands.text import as_script, expand, word
from azureml_emulator.azure.runs.data.inputs import Input
from azureml_emulator.azure.runs.data.outputs import Output
from azureml_emulator.azure.runs.data.paths import data_folder
from azureml_emulator.azure.runs.data.ports import Place, place
from azureml_emulator.azure.storage.datastores.registry import default_name, uri_of
from azureml_emulator.state.redirect.redirect import client_variables
from azureml_emulator.state.workspace import LocalWorkspace

_OWN_PATH = "azureml/{run}/{name}"
_FILE = "uri_file"
_DIRECT = "direct"


@dataclass(frozen=True)
class Plan:
    inputs: dict[str, Input]
    outputs: dict[str, Output]
    script: list[str]
    """With its arguments; empty where a shell runs the command."""
    command: str
    """Empty where there is a script."""
    variables: dict[str, str]


def plan(
    workspace: LocalWorkspace,
    run_id: str,
    definition: Definition,
    outputs_of_nodes: Mapping[str, Mapping[str, Output]] | None = None,
) -> Plan:
    """`outputs_of_nodes` are those of the nodes that ran before it in its pipeline. Raises NotFound and BadRequest."""
    inputs = {
        name: _input(workspace, run_id, name, source, outputs_of_nodes or {})
        for name, source in definition["inputs"].items()
        if "literal" not in source
    }
    outputs = {name: _output(workspace, run_id, name, one) for name, one in definition["outputs"].items()}
    literals = {f"inputs.{name}": one["literal"] for name, one in definition["inputs"].items() if "literal" in one}
    texts = {f"inputs.{name}": _text(one) for name, one in inputs.items()}
    texts |= {f"outputs.{name}": _text(one) for name, one in outputs.items()}
    words = {name: word(text, _variable(name)) for name, text in texts.items()}
    command = expand(definition["command"], literals | words)
    script = as_script(command, definition["code"])
    own = {name: expand(text, literals | texts) for name, text in definition["variables"].items()}
    identity = {"OBO_ENDPOINT": client_variables(workspace)["MSI_ENDPOINT"]} if definition["as_user"] else {}
    return Plan(
        inputs=inputs,
        outputs=outputs,
        script=script,
        command="" if script else command,
        variables={_variable(name): text for name, text in (literals | texts).items()} | identity | own,
    )


def _input(
    workspace: LocalWorkspace,
    run_id: str,
    name: str,
    source: Source,
    outputs_of_nodes: Mapping[str, Mapping[str, Output]],
) -> Input:
    found: Place
    if "node" in source:
        found = outputs_of_nodes[source["node"]][source["output"]].place
    else:
        found = place(workspace, source["datastore"], source["path"])
    folder = data_folder(workspace, run_id, "inputs", name)
    must_exist = "node" not in source and source["mode"] != _DIRECT
    return Input(source=found, mode=source["mode"], folder=folder, at=None, is_dataset=False, must_exist=must_exist)


def _output(workspace: LocalWorkspace, run_id: str, name: str, target: Target) -> Output:
    path = target.get("path") or _OWN_PATH
    path = path.replace("{run}", run_id).replace("{name}", name)
    there = place(workspace, target.get("datastore") or default_name(workspace), path.rstrip("/"))
    mode = target["mode"]
    upload = mode == "upload"
    return Output(
        place=there,
        folder=data_folder(workspace, run_id, "outputs", name) if upload else there.folder,
        mode=mode,
        overwrite=True,
        may_be_file=target["type"] == _FILE and not upload,
        type=target["type"],
    )


def _text(port: Input | Output) -> str:
    """What stands for it in the command: its path, or in mode direct its address."""
    where = port.place if isinstance(port, Output) else port.source
    if port.mode == _DIRECT and isinstance(where, Place):
        return uri_of(where.datastore, where.path)
    return str(port.local)


def _variable(name: str) -> str:
    """`AZURE_ML_INPUT_NAME` of `inputs.NAME`, as Azure's runtime names them."""
    kind, _, rest = re.sub(r"[^\w.]", "_", name).partition(".")
    return f"AZURE_ML_{kind.removesuffix('s').upper()}_{rest.replace('.', '_')}"
