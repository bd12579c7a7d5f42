"""A local workspace that starts when somebody needs it: a fixture, or the import of SDK v2."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from azureml_emulator.command import daemon

SDK_V2 = "azure.ai.ml"
"""Asks for its clouds when it is imported: a default argument of its is the address of the login."""


class LazyWorkspace(MetaPathFinder):
    """A workspace on a state folder that was prepared. As a finder of modules it finds none."""

    def __init__(self, state: Path, *, enforce_capacity: bool, share_gpus: bool) -> None:
        self.state = state
        self._enforce_capacity, self._share_gpus = enforce_capacity, share_gpus
        self._runs = False

    def start(self) -> None:
        """It runs when this returns. Raises EmulatorError or RuntimeError where it can't."""
        if self._runs:
            return
        address = daemon.start(
            self.state, enforce_capacity=self._enforce_capacity, share_gpus=self._share_gpus, outlives_us=False
        )
        self._runs = True
        if address["environment"]["MSI_ENDPOINT"] != os.environ["MSI_ENDPOINT"]:
            raise RuntimeError(
                f"the port of the local workspace was taken by another program; it is at {address['http']}"
            )

    def start_on_import(self) -> None:
        """Before SDK v2 is imported for the first time, wherever that is."""
        sys.meta_path.insert(0, self)

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> Any:  # ModuleSpec or None
        if fullname == SDK_V2:
            self.start()
            self._leave_imports()

    def end(self) -> None:
        """Stop it and delete its folder, whatever of that was done before."""
        self._leave_imports()
        if self._runs:
            daemon.stop(self.state)
            self._runs = False
        shutil.rmtree(self.state, ignore_errors=True)

    def _leave_imports(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)
