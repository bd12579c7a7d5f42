"""A pipeline run whose steps are called one by one, each as the run that it would be."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from config.settings import Settings
from steps.script import publish
from tests.integration.steps.releasing import step_of

if TYPE_CHECKING:
    from azureml.core import Run

    from steps.artifacts.artifact import Artifact
    from workspaces.v1.runs import V1Run


@dataclass
class Pipeline:
    run: Run
    work: Path
    patch: pytest.MonkeyPatch
    steps: dict[str, V1Run] = field(default_factory=dict)

    def begin(self, name: str) -> V1Run:
        if name not in self.steps:
            self.steps[name] = step_of(self.run, name)
        return self.steps[name]

    def write(self, artifact: Artifact, step: str) -> Path:
        """The step's run writes the artifact; the file."""
        publish(self.begin(step), artifact, self.work / step)
        return self.work / step / artifact.file_name

    def deploy(self) -> None:
        from steps import deploy_service

        run = self.begin("deploy_service")
        self.patch.setattr(deploy_service, "current_run", lambda: run)
        inputs = {"candidate": "register_model", "verdict": "validate_model", "deployment": "deploy_service"}
        given = [text for name, step in inputs.items() for text in (f"--{name}", str(self.work / step))]
        self.patch.setattr(sys, "argv", ["deploy_service", *given, "--service-name", "changed", "--force-reason", "-"])
        deploy_service.main()

    def smoke_test(self, settings: Settings) -> None:
        from steps import smoke_test

        run = self.begin("smoke_test")
        self.patch.setattr(smoke_test, "current_run", lambda: run)
        self.patch.setattr(smoke_test, "load_settings", lambda: settings)
        folders = {"candidate": "register_model", "deployment": "deploy_service", "release": "smoke_test"}
        given = [text for name, step in folders.items() for text in (f"--{name}", str(self.work / step))]
        self.patch.setattr(sys, "argv", ["smoke_test", *given])
        smoke_test.main()


def change(file: Path, **values: Any) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | values))
