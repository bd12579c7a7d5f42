"""The kinds of steps that can be run here, told by what the SDK says of their modules."""

from azureml_emulator.errors import NotSupported
from azureml_emulator.execution.configuration import refuse_distributed, with_parameters
from azureml_emulator.execution.shapes import RunConfiguration
from azureml_emulator.server.body import parse_json
from azureml_emulator.server.shapes import checked
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
    for number, node in enumerate(graph["ModuleNodes"]):
        name, module = f"ModuleNodes[{number}]", store.get("module", node["ModuleId"])
        refuse_other_kinds(module)
        run_config = run_configuration(node.get("Runconfig") or module.get("Runconfig"), f"{name}.Runconfig")
        given = node.get("ModuleParameters") or []
        literal = {entry["Name"]: entry.get("Value") for entry in given if str(entry.get("ValueType")) == "0"}
        refuse_distributed(checked(RunConfiguration, with_parameters(run_config, literal), f"{name}.ModuleParameters"))


def run_configuration(text: str | None, name: str) -> Document:
    """The configuration in a text of a step. Raises BadRequest, which calls it by `name`."""
    found: Document = checked(RunConfiguration, parse_json(text or "{}", name) or {}, name)
    return found
