"""An environment as SDK v2 has it, by an image and a file for conda, and as SDK v1 defines it."""

import json
from functools import lru_cache
from typing import Any

import yaml

from azureml_emulator.azure.assets.environments.shapes import CondaDependencies
from azureml_emulator.errors import BadRequest
from azureml_emulator.server.requests.shapes import checked
from azureml_emulator.wire import Document

LONGEST_CONDA = 64 * 1024
"""Characters: PyYAML reads about so many in a second."""
_NO_PACKAGES = {"name": "project_environment", "dependencies": ["python=3.8", {"pip": ["azureml-defaults"]}]}
"""What SDK v1 keeps beside an image that has its own Python: without effect, but programs add packages to it."""


class _Plain(yaml.SafeLoader):
    """Without references to what was written before: a few lines of those can stand for gigabytes."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("references to anchors (*name) are not read")
        return super().compose_node(parent, index)


def conda_of(text: str) -> Document:
    """What a conda file declares. Raises BadRequest for what is no such file."""
    conda: Document = json.loads(_read(text))
    return conda


@lru_cache(maxsize=256)
def _read(text: str) -> str:
    """As JSON. Kept, because PyYAML takes a millisecond for a few lines, and each list reads them all."""
    try:
        found = yaml.load(text, _Plain)  # noqa: S506 - a SafeLoader
        conda = json.dumps(found, allow_nan=False)
    except (yaml.YAMLError, TypeError, ValueError, RecursionError) as error:
        raise BadRequest(f"the condaFile is no YAML of texts, numbers, lists and objects: {error}") from None
    checked(CondaDependencies, found, "condaFile")
    return conda


@lru_cache(maxsize=256)
def _write(conda: str) -> str:
    """YAML of JSON."""
    return str(yaml.safe_dump(json.loads(conda), sort_keys=False))


def as_v1(name: str, version: str, properties: Document) -> Document:
    """The definition of an environment with an `image` or a `build`, and a `condaFile` or none."""
    conda, build = properties.get("condaFile"), properties.get("build")
    python = {"interpreterPath": "python", "userManagedDependencies": conda is None, "baseCondaEnvironment": None}
    python |= {"condaDependencies": conda_of(conda) if conda else _NO_PACKAGES, "condaDependenciesFile": None}
    docker: Document = {"enabled": False, "baseImage": properties.get("image"), "baseDockerfile": None}
    docker["buildContext"] = build and {
        "locationType": "storageAccount",
        "location": build["contextUri"],
        "dockerfilePath": build.get("dockerfilePath") or "Dockerfile",
    }
    identity = {"name": name, "version": version, "environmentVariables": {}}
    return identity | {"python": python, "docker": docker, "inferencingStackVersion": None}


def as_v2(definition: Document) -> Document | None:
    """`image` or `build`, and `condaFile` if there is one.

    None for what v2 does not know, a Dockerfile as a text, and for a list of packages too long for a `condaFile`.
    """
    docker, python = _object(definition.get("docker")), _object(definition.get("python"))
    context, image = _object(docker.get("buildContext")), docker.get("baseImage")
    found: Document = {"image": image} if image and isinstance(image, str) else {}
    if context.get("location"):
        found = {"build": {"contextUri": context["location"], "dockerfilePath": context.get("dockerfilePath")}}
    if not python.get("userManagedDependencies") and python.get("condaDependencies"):
        conda = json.dumps(python["condaDependencies"])
        if len(conda) > LONGEST_CONDA:
            return None
        found["condaFile"] = _write(conda)
    return found if "image" in found or "build" in found else None


def same(key: str, one: Any, other: Any) -> bool:
    """Whether two values of `image`, `build` or `condaFile` mean the same, however they are written."""
    if key == "condaFile" and one and other:
        return conda_of(one) == conda_of(other)
    if key == "build" and one and other:
        return _build(one) == _build(other)
    return bool(one == other)


def _object(value: object) -> Document:
    """SDK v1's definitions are kept as they come, but for what runs read of them."""
    return value if isinstance(value, dict) else {}


def _build(build: Document) -> tuple[Any, str]:
    return build.get("contextUri"), build.get("dockerfilePath") or "Dockerfile"
