"""Data assets. They are not the datasets of SDK v1, which are definitions of what is done to files."""

from typing import Literal

from typing_extensions import Required, TypedDict

from azureml_emulator.azure.arm.assets.addresses import file_at
from azureml_emulator.azure.arm.assets.versions import Versions
from azureml_emulator.errors import ApiError, BadRequest, NotSupported
from azureml_emulator.server.shapes import Items, Reference, shortened
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document


class DataVersion(TypedDict, total=False):
    dataType: Required[Literal["uri_file", "uri_folder", "mltable"]]
    dataUri: Required[Reference]
    referencedUris: Items[Reference] | None


class Data(Versions):
    plural, shape, fixed = "data", DataVersion, ("dataType", "dataUri")

    def completed(self, workspace: LocalWorkspace, name: str, version: str, given: Document) -> Document:
        check_stored(workspace, given["dataUri"], "dataUri")
        return super().completed(workspace, name, version, given)


DATA = Data()


def check_stored(workspace: LocalWorkspace, uri: str, key: str) -> None:
    """Raises NotSupported for an address outside of the workspace's storage, BadRequest for one that can't be in it."""
    try:
        file = file_at(workspace, uri)
    except ApiError as error:
        raise BadRequest(f"the {key} {shortened(uri)}: {error.message}") from None
    if file is None:
        raise NotSupported(f"the {key} {shortened(uri)}, and reaches no storage but its own")
