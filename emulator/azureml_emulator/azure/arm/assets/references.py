"""Versions of assets, as other resources refer to them."""

import re

from azureml_emulator.azure.arm.assets.codes import CODES
from azureml_emulator.azure.arm.assets.components import COMPONENTS
from azureml_emulator.azure.arm.assets.data import DATA
from azureml_emulator.azure.arm.assets.environments import ENVIRONMENTS
from azureml_emulator.azure.arm.assets.models import MODELS
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

KINDS = {kind.plural: kind for kind in (CODES, MODELS, DATA, ENVIRONMENTS, COMPONENTS)}
_PLURAL = re.compile(r"/workspaces/[^/]+/(\w+)/[^/]+/(?:versions|labels)/", re.IGNORECASE)


def asset_of(workspace: LocalWorkspace, plural: str, reference: str) -> Document:
    """The resource of a version, by its ARM id, `azureml:ARM_ID`, `azureml:NAME:VERSION` or `azureml:NAME@latest`.

    `plural` is codes, models, data, environments or components. Raises BadRequest, which names the reference.
    """
    return KINDS[plural].of(workspace, reference)


def plural_of(reference: str, default: str) -> str:
    """Which kind an ARM id is one of."""
    match = _PLURAL.search(reference)
    return match[1] if match else default
