"""Commands with all that they need, of jobs and of components."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError

from azureml_emulator.azure.arm.assets.codes import code_folder
from azureml_emulator.azure.arm.assets.environments import definition_of
from azureml_emulator.azure.arm.assets.specifications import KEYS
from azureml_emulator.azure.arm.jobs.keys import COMMAND_JOB, LIMITS
from azureml_emulator.azure.arm.jobs.ports import source, target
from azureml_emulator.azure.arm.jobs.refusals import refuse_ignored, runs_as_user
from azureml_emulator.azure.arm.strictness import refuse_unknown
from azureml_emulator.azure.computes.nodes import node_count
from azureml_emulator.azure.runs.commands.definition import Definition, Source, Target
from azureml_emulator.azure.runs.commands.text import check_references, without_optional
from azureml_emulator.errors import BadRequest, NotSupported
from azureml_emulator.server.requests.shapes import shortened
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

_DURATION = TypeAdapter(timedelta)
_NO_COMPUTE = (None, "", "serverless", "local")


def of_job(workspace: LocalWorkspace, name: str, properties: Document) -> Definition:
    """Of a command job. Raises an ApiError that names what the local workspace lacks, or cannot do."""
    refuse_ignored(properties, COMMAND_JOB, "the job")
    inputs = {
        key: source(workspace, sent, f"inputs.{key}") for key, sent in (properties.get("inputs") or {}).items() if sent
    }
    outputs = {
        key: target(workspace, sent or {"jobOutputType": "uri_folder"}, f"outputs.{key}")
        for key, sent in (properties.get("outputs") or {}).items()
    }
    code, variables = properties.get("codeId"), properties.get("environmentVariables")
    found = Definition(
        name=properties.get("displayName") or name,
        component=str(properties.get("componentId") or ""),
        command=properties["command"],
        code=str(code_folder(workspace, code)) if code else "",
        environment=definition_of(workspace, properties["environmentId"]),
        target=compute_name(workspace, properties.get("computeId"), "the job"),
        variables={},
        inputs=inputs,
        outputs=outputs,
        optional=[key for key, sent in (properties.get("inputs") or {}).items() if not sent],
        max_seconds=seconds(properties.get("limits"), "limits.timeout"),
        as_user=runs_as_user(properties.get("identity"), "the job"),
        reused=False,
        properties=properties.get("properties") or {},
    )
    return _with_variables(found, [variables], "command")


def of_component(
    workspace: LocalWorkspace, spec: Document, node: Document, inputs: dict[str, Source], outputs: dict[str, Target]
) -> Definition:
    """Of a node and its command component. `node` has `name`, `component`, `compute` and what else it says itself."""
    where = str(node["where"])
    refuse_ignored(spec, KEYS, f"the component of {where}")
    declared, code = spec.get("inputs") or {}, spec.get("code")
    limits = node.get("limits") or spec.get("limits")
    found = Definition(
        name=str(node.get("display_name") or node["name"]),
        component=str(node["component"]),
        command=spec["command"],
        code=str(code_folder(workspace, code)) if code else "",
        environment=definition_of(workspace, spec["environment"]),
        target=compute_name(workspace, node["compute"], where),
        variables={},
        inputs=inputs,
        outputs=outputs,
        optional=[key for key in declared if key not in inputs],
        max_seconds=seconds(limits, f"limits.timeout of {where}"),
        as_user=runs_as_user(node.get("identity"), where),
        reused=spec.get("is_deterministic") is not False and not node["force_rerun"],
        properties={"azureml.moduleName": spec["name"]} if spec.get("name") else {},
    )
    given = [spec.get("environment_variables"), node.get("environment_variables")]
    return _with_variables(found, given, f"the command of {where}")


def compute_name(workspace: LocalWorkspace, reference: str | None, where: str) -> str:
    """Raises NotFound for a compute that is not there, BadRequest for one that runs no jobs."""
    name = str(reference or "").removeprefix("azureml:").rpartition("/")[2]
    if name in _NO_COMPUTE:
        raise NotSupported(f"{name or 'serverless'} compute: name an AmlCompute of this workspace for {where}")
    node_count(workspace.store, name)
    return name


def seconds(limits: Mapping[str, Any] | None, where: str) -> float | None:
    """Of a duration, or of a number of seconds. Raises BadRequest."""
    refuse_unknown(limits or {}, LIMITS, where.replace("limits.timeout", "limits"))
    timeout = (limits or {}).get("timeout")
    if timeout in (None, ""):
        return None
    try:
        found = 0.0 if isinstance(timeout, bool) else _DURATION.validate_python(timeout).total_seconds()
    except ValidationError:
        found = 0.0
    if found <= 0:
        raise BadRequest(f"{where} must be a duration as PT1H or a number of seconds, not {shortened(timeout)}")
    return found


def _with_variables(found: Definition, given: list[Document | None], where: str) -> Definition:
    """With the variables of its environment and its own, once all that they and the command name is there."""
    variables: Document = dict(found["environment"].get("environmentVariables") or {})
    for one in given:
        variables |= one or {}
    names = [f"inputs.{name}" for name in (*found["inputs"], *found["optional"])]
    names += [f"outputs.{name}" for name in found["outputs"]]
    # A job doesn't declare the inputs that it leaves out; a component does.
    line = found["command"] if found["component"] else without_optional(found["command"])
    check_references(line, names, where)
    texts = {name: str(value) for name, value in variables.items() if value is not None}
    for name, text in texts.items():
        check_references(text, names, f"the variable {name} ({where})")
    found["variables"] = texts
    return found
