"""Environments of SDK v2: an image and a conda specification, or a build context where the image needs more."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from azure.ai.ml.entities import BuildContext
from azure.ai.ml.entities import Environment as SdkEnvironment

from workspaces.azure.errors import translates
from workspaces.azure.files import BlobFiles
from workspaces.environments import Environment
from workspaces.errors import RequestError
from workspaces.v2.connection import Connection, part
from workspaces.v2.datastore import place_of, uri_of

FOLDER = "amlgpu/environments"
PLAIN = re.compile(r"FROM (\S+)\n")
"""A Dockerfile that says no more than an image."""
DOCKERFILE, BASE, CONDA = "Dockerfile", "base.Dockerfile", "conda.yml"
"""Files of a build context: what is built, and the two parts that it is made of."""
WITH_PACKAGES = """\
ENV AZUREML_CONDA_ENVIRONMENT_PATH=/azureml-envs/scoring
COPY conda.yml .
RUN conda env create -p $AZUREML_CONDA_ENVIRONMENT_PATH -f conda.yml -q && conda clean -a -y
ENV PATH=$AZUREML_CONDA_ENVIRONMENT_PATH/bin:$PATH
ENV LD_LIBRARY_PATH=$AZUREML_CONDA_ENVIRONMENT_PATH/lib:$LD_LIBRARY_PATH
"""
"""As Azure ML's curated environments install theirs: SDK v2 takes a conda specification beside an image alone."""


@translates
class V2Environments:
    def __init__(self, connection: Connection, files: BlobFiles) -> None:
        self._connection, self._files = connection, files

    def register(self, environment: Environment) -> Environment:
        plain = PLAIN.fullmatch(environment.dockerfile)
        wanted: dict[str, Any] = (
            {"image": plain[1], "conda_file": yaml.safe_load(environment.conda)}
            if plain
            else {"build": BuildContext(path=self._context(environment), dockerfile_path=DOCKERFILE)}
        )
        made = self._connection.ml.environments.create_or_update(SdkEnvironment(name=environment.name, **wanted))
        return replace(environment, version=str(made.version))

    def find(self, name: str, version: str | None) -> Environment:
        if version is None:
            version = str(self._connection.ml.environments.get(name, label="latest").version)
        what = f"Reading the environment {name}:{version}"
        found = self._connection.read(f"environments/{part(name)}/versions/{part(version)}", what)["properties"]
        if build := found.get("build"):
            context = place_of(build["contextUri"], what).path
            dockerfile, conda = self._text(f"{context}/{BASE}"), self._text(f"{context}/{CONDA}")
        else:
            dockerfile, conda = f"FROM {found.get('image')}\n", found.get("condaFile") or "{}\n"
        return Environment(name, dockerfile, conda, {}, version)

    def _context(self, environment: Environment) -> str:
        """The address of a build context on the datastore, by its content: the same is the same environment."""
        contents = {
            DOCKERFILE: environment.dockerfile + WITH_PACKAGES,
            BASE: environment.dockerfile,
            CONDA: environment.conda,
        }
        folder = f"{FOLDER}/{hashlib.sha256(repr(contents).encode()).hexdigest()[:24]}"
        with TemporaryDirectory() as work:
            for name, text in contents.items():
                (Path(work) / name).write_text(text, encoding="utf-8")
            self._files.upload({f"{folder}/{name}": Path(work) / name for name in contents})
        return uri_of(self._files.datastore, f"{folder}/")

    def _text(self, path: str) -> str:
        stored = self._files.read(path)
        if stored is None:
            raise RequestError(f"the environment's build context has no {path}: it was made by somebody else")
        return stored.content.decode()
