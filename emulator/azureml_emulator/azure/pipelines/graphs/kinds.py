"""The kinds of steps that can be run here, told by what the SDK says of their modules."""

from azureml_emulator.errors import NotSupported
from azureml_emulator.execution.configuration import refuse_distributed, with_parameters
from azureml_emulator.server.body import a_text, an_object, parse_json
from azureml_emulator.state.store import Store
from azureml_emulator.wire import Document

_SCRIPTS_AND_COMMANDS = ("escloud", None)


def refuse_other_kinds(module: Document) -> None:
    """Raises NotSupported, which names the kind of step, for all but Python scripts and commands."""
    parallel = module.get("ModuleType") not in (None, "None")
    if parallel or module.get("ModuleExecutionType") not in _SCRIPTS_AND_COMMANDS:
        kind = module.get("StepType") or module.get("ModuleExecutionType")
        raise NotSupported(f"steps of the kind {kind}: it runs Python scripts and commands, each as one process")


def refuse_unknown_nodes(store: Store, graph: Document) -> None:
    """Raises NotSupported for a step of the graph that cannot run as it is configured."""
    for node in graph["ModuleNodes"]:
        module = store.get("module", node["ModuleId"])
        refuse_other_kinds(module)
        text = a_text(node.get("Runconfig") or module.get("Runconfig") or "{}", "Runconfig")
        run_config = an_object(parse_json(text, "Runconfig") or {}, "Runconfig")
        given = node.get("ModuleParameters") or []
        literal = {entry["Name"]: entry.get("Value") for entry in given if str(entry.get("ValueType")) == "0"}
        refuse_distributed(with_parameters(run_config, literal))
