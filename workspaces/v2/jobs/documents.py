"""A pipeline of the project as a document of Azure ML's own schema for pipelines, which the SDK loads.

https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-pipeline
"""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workspaces.jobs.pipelines import Definition, Parameter, Step
from workspaces.opening import SDK_VARIABLE

Document = dict[str, Any]


def nodes(definition: Definition, components: Mapping[str, str]) -> dict[str, Document]:
    """The steps by name; ``components`` are the addresses of what component() describes, registered."""
    makers = {step.output: step.name for step in definition.steps}
    return {step.name: _node(step, definition, components[step.name], makers) for step in definition.steps}


def _node(step: Step, definition: Definition, component: str, makers: Mapping[str, str]) -> Document:
    inputs = {name: f"${{{{parent.jobs.{makers[name]}.outputs.{name}}}}}" for name in step.inputs}
    inputs |= {name: f"${{{{parent.inputs.{name}}}}}" for name in step.parameters}
    return {
        "type": "command",
        "component": component,
        "inputs": inputs,
        "outputs": {step.output: {"type": "uri_folder", "mode": "upload"}},
        "compute": f"azureml:{definition.compute}",
        "environment_variables": variables(definition),
    }


def component(step: Step, definition: Definition, environment: str) -> Document:
    """The step by itself, registered under its name: of a run, Azure ML tells nothing else that nobody can change.

    It is never reused from an earlier run: it isn't deterministic. Its version is its content, the code's too.
    """
    described = _described(step, definition, environment)
    content = json.dumps([described | {"code": source_digest(definition.source)}], sort_keys=True)
    return described | {"version": hashlib.sha256(content.encode()).hexdigest()[:24]}


def _described(step: Step, definition: Definition, environment: str) -> Document:
    inputs: Document = {name: {"type": "uri_folder"} for name in step.inputs}
    inputs |= {name: {"type": "string"} for name in step.parameters}
    return {
        "type": "command",
        "name": step.name,
        "display_name": step.name,
        "is_deterministic": False,
        "code": str(definition.source),
        "environment": environment,
        "inputs": inputs,
        "outputs": {step.output: {"type": "uri_folder", "mode": "upload"}},
        "command": command(step),
    }


def variables(definition: Definition) -> dict[str, str]:
    """Of every step: those of the environment too, which SDK v2 doesn't keep with it; and which SDK reaches its run."""
    return {**definition.environment.variables, **definition.variables, SDK_VARIABLE: "v2"}


def command(step: Step) -> str:
    """A line for a shell, which Azure ML puts the values into as they are: in quotes, out of which shell_text() keeps
    them."""
    words = [f"--{_option(name)} ${{{{inputs.{name}}}}}" for name in step.inputs]
    words += [f"--{_option(step.output)} ${{{{outputs.{step.output}}}}}"]
    words += [f"--{_option(name)} '${{{{inputs.{name}}}}}'" for name in step.parameters]
    return " ".join(["python", step.script, *words])


def inputs(parameters: Mapping[str, Parameter]) -> dict[str, Document]:
    """The pipeline's own, with their defaults. All are text: Azure ML hands every literal on as text."""
    return {name: {"type": "string", "default": shell_text(value)} for name, value in parameters.items()}


def shell_text(value: Parameter) -> str:
    """A value as it stands between single quotes of a shell; SDK v2 sends no empty one, so that is a pair of quotes."""
    return str(value).replace("'", "'\\''") or "''"


def component_name(name: str) -> str:
    """A name of lower-case letters, digits and underscores that begins with a letter, as SDK v2 takes them."""
    plain = re.sub(r"[^a-z0-9_]", "_", name.lower())
    return plain if plain[:1].isalpha() else f"p{plain}"


def source_digest(source: Path) -> str:
    """Of the names and contents of all files in a folder."""
    whole = hashlib.sha256()
    for path in sorted(one for one in source.rglob("*") if one.is_file()):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        whole.update(f"{path.relative_to(source).as_posix()}\0{content}\0".encode())
    return whole.hexdigest()


def _option(name: str) -> str:
    return name.replace("_", "-")
