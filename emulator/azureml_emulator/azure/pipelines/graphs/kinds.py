"""The kinds of steps that can be run here, told by what the SDK says of their modules."""

from azureml_emulator.errors import NotSupported
from azureml_emulator.execution.configuration import refuse_distributed, with_parameters
from azureml_emulator.execution.shapes import RunConfiguration
from azureml_emulator.server.requests.body import parse_json
from azureml_emulator.server.requests.shapes import checked
from azureml_emulator.state.store import Store
from azureml_emulator.wire import Document

_SCRIPTS_AND_COMMANDS = ("escloud", None)
_PARALLEL = "BatchInferencing"
_MODULE_TYPES = (None, "None", _PARALLEL)
_NOT_OF_PARALLEL_RUNS = ("--rank_mini_batch_count",)


def is_parallel(module: Document) -> bool:
    """Whether it is a ParallelRunStep."""
    return module.get("ModuleType") == _PARALLEL


def refuse_other_kinds(module: Document) -> None:
    """Raises NotSupported, which names the kind of step, for all but scripts, commands and parallel runs."""
    known = module.get("ModuleType") in _MODULE_TYPES
    if not known or module.get("ModuleExecutionType") not in _SCRIPTS_AND_COMMANDS:
        kind = module.get("StepType") or module.get("ModuleExecutionType")
        raise NotSupported(f"steps of the kind {kind}: it runs Python scripts, commands and ParallelRunSteps")
    arguments = [entry.get("Value") for entry in (module.get("StructuredInterface") or {}).get("Arguments") or []]
    for name in _NOT_OF_PARALLEL_RUNS if is_parallel(module) else ():
        if name in arguments:
            raise NotSupported(f"{name.strip('-')} of a ParallelRunStep")


def refuse_unknown_nodes(store: Store, graph: Document) -> None:
    """Raises NotSupported for a step of the graph that cannot run as it is configured."""
    for number, node in enumerate(graph["ModuleNodes"]):
        name, module = f"ModuleNodes[{number}]", store.get("module", node["ModuleId"])
        refuse_other_kinds(module)
        run_config = run_configuration(node.get("Runconfig") or module.get("Runconfig"), f"{name}.Runconfig")
        given = node.get("ModuleParameters") or []
        literal = {entry["Name"]: entry.get("Value") for entry in given if str(entry.get("ValueType")) == "0"}
        shape = with_parameters(run_config, literal)
        configuration = checked(RunConfiguration, shape, f"{name}.ModuleParameters")
        # The nodes of a parallel run say how many processes there are, not what they do: one machine has them all.
        refuse_distributed(configuration | ({"nodeCount": 1} if is_parallel(module) else {}))


def run_configuration(text: str | None, name: str) -> Document:
    """The configuration in a text of a step. Raises BadRequest, which calls it by `name`."""
    found: Document = checked(RunConfiguration, parse_json(text or "{}", name) or {}, name)
    return found
