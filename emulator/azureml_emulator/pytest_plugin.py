"""A pytest plugin: a fresh, empty local workspace for each test that asks for one.

    # pytest.ini (or --aml-workspace on the command line)
    [pytest]
    aml_workspace = true

    def test_registers(aml_workspace):                  # an azureml.core.Workspace that holds nothing
        Model.register(aml_workspace, "model.pkl", "digits")

    def test_creates(ml_client):                        # the same for SDK v2: an azure.ai.ml.MLClient
        ml_client.models.create_or_update(Model(name="digits", path="model.pkl"))

Without the option nothing is imported or started and no variable is set: the SDKs read their variables when they are
imported, so they must be there before the first conftest.py or test module is. SDK v2 asks the workspace for its clouds
at that moment, too: whoever is the first to import azure.ai.ml, be it at the top of a module, starts the workspace.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from azure.ai.ml import MLClient
    from azureml.core import Workspace

    from azureml_emulator.testing.lazy import LazyWorkspace

_OPTION = "aml_workspace"
_CAPACITY = "aml_enforce_capacity"
_SHARE = "aml_share_gpus"
_HOW = f"set `{_OPTION} = true` in pytest's configuration, or give --aml-workspace"
_WORKSPACE: pytest.StashKey[LazyWorkspace] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("local Azure ML workspace")
    help_ = "Send the Azure ML SDK to a local workspace."
    group.addoption("--aml-workspace", action="store_true", help=help_)
    parser.addini(_OPTION, help_, type="bool", default=False)  # type: ignore[maybe-unrecognized-str-typeform]
    counts = "Let nodes of its clusters have no more CPU, memory and GPUs than theirs, as on Azure."
    parser.addini(_CAPACITY, counts, type="bool", default=False)  # type: ignore[maybe-unrecognized-str-typeform]
    shares = "Let replicas share the GPUs of this machine."
    parser.addini(_SHARE, shares, type="bool", default=False)  # type: ignore[maybe-unrecognized-str-typeform]


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Send the SDK to a workspace that is yet to be started. Raises UsageError when an SDK is imported already."""
    if not (early_config.known_args_namespace.aml_workspace or early_config.getini(_OPTION)):
        return
    if imported := {"azureml.core", "azure.ai.ml"} & set(sys.modules):
        raise pytest.UsageError(
            f"{min(imported)} was imported before the plugin of the local workspace could redirect it"
        )
    from azureml_emulator.command.preparation import prepare  # only now: other people's tests don't wait for it
    from azureml_emulator.state.redirect.elsewhere import leading_elsewhere, with_home
    from azureml_emulator.testing.lazy import LazyWorkspace

    state = Path(tempfile.mkdtemp(prefix="aml-workspace-"))
    capacity, share = bool(early_config.getini(_CAPACITY)), bool(early_config.getini(_SHARE))
    workspace = LazyWorkspace(state, enforce_capacity=capacity, share_gpus=share)
    early_config.stash[_WORKSPACE] = workspace
    early_config.add_cleanup(workspace.end)
    patch = pytest.MonkeyPatch()
    early_config.add_cleanup(patch.undo)
    for name in leading_elsewhere(os.environ):
        patch.delenv(name)
    for name, value in (prepare(state) | with_home(os.environ)).items():
        patch.setenv(name, value)
    workspace.start_on_import()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Here, because pytest-xdist doesn't wait for what its workers do after their tests."""
    if workspace := session.config.stash.get(_WORKSPACE, None):
        workspace.end()


@pytest.fixture(scope="session")
def _aml_state(pytestconfig: pytest.Config) -> Path:
    """State folder of the one local workspace of this process, which runs from now on."""
    workspace = pytestconfig.stash.get(_WORKSPACE, None)
    if workspace is None:
        raise pytest.UsageError(f"the fixture aml_workspace is off: {_HOW}")
    workspace.start()
    return workspace.state


@pytest.fixture
def _aml_empty(_aml_state: Path) -> Path:
    """The state folder once the workspace is another, empty one."""
    from azureml_emulator.command.client import ask

    ask(_aml_state, "POST", "/own/reset")
    return _aml_state


@pytest.fixture
def aml_workspace(_aml_empty: Path) -> Workspace:
    """An empty workspace with an id of its own. Runs and services of the test before, and faults, have been ended."""
    from azureml_emulator.errors import INSTALL_SDK_V1
    from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION

    try:
        from azureml.core import Workspace
    except ModuleNotFoundError as missing:
        raise pytest.UsageError(f"the fixture aml_workspace needs SDK v1 ({missing}): {INSTALL_SDK_V1}") from None
    return Workspace(SUBSCRIPTION, RESOURCE_GROUP, NAME)


@pytest.fixture
def ml_client(_aml_empty: Path) -> MLClient:
    """SDK v2's client of an empty workspace: of the same one as `aml_workspace` in a test that has both."""
    from azureml_emulator.errors import INSTALL_SDK_V2
    from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION

    try:
        from azure.ai.ml import MLClient
        from azure.identity import DefaultAzureCredential
    except ModuleNotFoundError as missing:
        raise pytest.UsageError(f"the fixture ml_client needs SDK v2 ({missing}): {INSTALL_SDK_V2}") from None
    return MLClient(DefaultAzureCredential(), SUBSCRIPTION, RESOURCE_GROUP, NAME)


@pytest.fixture
def aml_faults(_aml_empty: Path) -> Callable[..., None]:
    """Makes an operation fail, conflict or stall until the test ends.

    `aml_faults("GET /modelmanagement/v1.0/models", status=503, times=2)`; `seconds=5.0` to stall, `times=None` for all
    requests. `aml_faults("POST /modelmanagement/v1.0/services", routing_lag=30.0)`: scoring answers 502, or `status`,
    for so long after the service is Healthy. `fail_later="no nodes"`: a deployment is accepted and turns out Failed.
    docs/coverage.md lists the operations.
    """
    from azureml_emulator.command.client import ask

    def put_in_force(
        operation: str,
        *,
        status: int | None = None,
        seconds: float = 0.0,
        times: int | None = 1,
        fail_later: str | None = None,
        routing_lag: float = 0.0,
    ) -> None:
        wanted = {"operation": operation, "status": status, "seconds": seconds, "times": times}
        wanted |= {"fail_later": fail_later, "routing_lag": routing_lag}
        ask(_aml_empty, "POST", "/own/faults", wanted)

    return put_in_force


@pytest.fixture
def aml_clock(_aml_empty: Path) -> Callable[[timedelta], datetime]:
    """Moves the clock of schedules forward, `aml_clock(timedelta(days=7))`; what is due by then has been submitted."""
    from azureml_emulator.command.client import ask

    def advance(by: timedelta) -> datetime:
        return datetime.fromisoformat(ask(_aml_empty, "POST", "/own/clock", {"advance": by.total_seconds()})["now"])

    return advance
