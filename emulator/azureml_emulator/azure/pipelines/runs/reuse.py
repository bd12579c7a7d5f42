"""Reuse of earlier steps: the same module, arguments, inputs and configuration give the same outputs."""

import asyncio
import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass

from azureml_emulator.azure.pipelines.runs.step import Step, node_parameters
from azureml_emulator.azure.runs.data.outputs import Output, from_document, to_document
from azureml_emulator.azure.runs.metrics.values import copy as copy_metrics
from azureml_emulator.azure.storage.artifacts.content import EXPERIMENT_RUN, artifact_file, list_paths
from azureml_emulator.state.store import Store
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

_KIND = "reusable step"
_WRITER = "writer of an output"
Origins = dict[str, str]
"""The run that made the outputs of a node, by node id: of the steps of this pipeline run that are done."""


@dataclass(frozen=True)
class Earlier:
    """A completed step whose outputs are taken."""

    run_id: str
    pipeline_run: str
    node_id: str
    outputs: dict[str, Output]

    def properties(self) -> dict[str, str]:
        """By which the SDK recognises a step run that was reused."""
        return {
            "azureml.isreused": "true",
            "azureml.reusedrunid": self.run_id,
            "azureml.reusednodeid": self.node_id,
            "azureml.reusedpipeline": self.pipeline_run,
            "azureml.reusedpipelinerunid": self.pipeline_run,
        }


def reuse_key(store: Store, pipeline_run: Document, graph: Document, node: Document, origins: Origins) -> str | None:
    """What has to be equal for a step to be reused; None for one that is always run."""
    module = store.get("module", node["ModuleId"])
    if not module.get("IsDeterministic") or node.get("RegenerateOutput"):
        return None
    definition = module["StructuredInterface"]
    facts = {
        # The SDK's hash of the step's definition and of its folder: two uploads of the same have the same.
        "module": module.get("IdentifierHash") or module["Id"],
        "arguments": definition.get("Arguments"),
        "parameters": node_parameters(definition, node, pipeline_run["ParameterAssignments"]),
        "configuration": json.loads(node.get("Runconfig") or module.get("Runconfig") or "{}"),
        "inputs": [_input(pipeline_run, graph, edge, origins) for edge in graph["Edges"] if _ends_in(edge, node)],
        "settings": [node.get("ModuleInputSettings"), node.get("ModuleOutputSettings")],
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


def _ends_in(edge: Document, node: Document) -> bool:
    return bool(edge["DestinationInputPort"].get("NodeId") == node["Id"])


def _input(pipeline_run: Document, graph: Document, edge: Document, origins: Origins) -> list[object]:
    """What reaches an input: the outputs of a run, or a dataset or path by its definition, not its content."""
    source, port = edge["SourceOutputPort"], edge["DestinationInputPort"].get("PortName")
    if source.get("NodeId") in origins:
        return [port, source["PortName"], origins[source["NodeId"]]]
    given = [pipeline_run.get(key) for key in ("DataPathAssignments", "DataSetDefinitionValueAssignments")]
    nodes = [
        {key: value for key, value in dataset.items() if key != "Id"}
        for dataset in graph.get("DatasetNodes") or []
        if dataset["Id"] == source.get("NodeId")
    ]
    return [port, source.get("GraphPortName"), nodes, given]


def find_earlier(store: Store, key: str) -> Earlier | None:
    """The last completed step with this key, if its outputs are there as it left them."""
    found = store.find(_KIND, key)
    if found is None:
        return None
    outputs = {name: from_document(document) for name, document in found["outputs"].items()}
    intact = all(_is_intact(store, output, found["run_id"]) for output in outputs.values())
    return Earlier(**found | {"outputs": outputs}) if intact else None


def _is_intact(store: Store, output: Output, run_id: str) -> bool:
    folder = output.place.folder
    writer = store.find(_WRITER, str(folder))
    return folder.exists() and writer == {"run_id": run_id}


def note_writer(store: Store, run_id: str, outputs: Mapping[str, Output]) -> None:
    """Called before a run starts: an output with a fixed path is from now on no longer what another run made."""
    for output in outputs.values():
        store.put(_WRITER, str(output.place.folder), {"run_id": run_id})


def remember(store: Store, key: str, step: Step, pipeline_run: str, node_id: str) -> None:
    """Called when a step has completed."""
    outputs = {name: to_document(output) for name, output in step.outputs.items()}
    store.put(
        _KIND,
        key,
        {"run_id": step.run_id, "pipeline_run": pipeline_run, "node_id": node_id, "outputs": outputs},
    )


async def copy_results(workspace: LocalWorkspace, earlier: str, run_id: str) -> None:
    """Give a run the log, the files and the metrics of the one that it reuses."""
    paths = list_paths(workspace, EXPERIMENT_RUN, f"dcid.{earlier}")
    await asyncio.to_thread(_copy_artifacts, workspace, paths, earlier, run_id)
    copy_metrics(workspace.store, earlier, run_id)


def _copy_artifacts(workspace: LocalWorkspace, paths: list[str], earlier: str, run_id: str) -> None:
    for path in paths:
        target = artifact_file(workspace, EXPERIMENT_RUN, f"dcid.{run_id}", path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(artifact_file(workspace, EXPERIMENT_RUN, f"dcid.{earlier}", path), target)
