"""A pipeline run in the store, as submitting one writes it."""

from collections.abc import Callable, Mapping, Sequence

import pytest

from azureml_emulator.azure.pipelines.graphs.documents import create_pipeline_run, save_graph
from azureml_emulator.azure.runs.history.runs import create_run
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

Submit = Callable[..., Document]


@pytest.fixture
def submit(workspace: LocalWorkspace) -> Submit:
    """`submit(["a", "b"], [("a", "b")], {"n": "1"})`: a run of steps with these names, and its edges and parameters."""

    def make(
        steps: Sequence[str], edges: Sequence[tuple[str, str]] = (), parameters: Mapping[str, str] | None = None
    ) -> Document:
        store = workspace.store
        for name in steps:
            store.put("module", f"module-{name}", {"Id": f"module-{name}", "Name": name})
        graph = {
            "ModuleNodes": [{"Id": name, "ModuleId": f"module-{name}"} for name in steps],
            "Edges": [
                {"SourceOutputPort": {"NodeId": source}, "DestinationInputPort": {"NodeId": target}}
                for source, target in edges
            ],
        }
        defaults = [{"Name": name, "DefaultValue": value} for name, value in (parameters or {}).items()]
        graph_id = save_graph(store, graph, {"Parameters": defaults})
        run = create_pipeline_run(workspace, experiment="tests", graph_id=graph_id, submission={})
        create_run(store, "tests", run["Id"], runType="azureml.PipelineRun", status="Running")
        return run

    return make
