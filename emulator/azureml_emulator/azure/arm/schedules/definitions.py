"""The definition of the job that a schedule starts."""

import re

from azureml_emulator.azure.arm.jobs.submission import KIND
from azureml_emulator.errors import BadRequest, NotSupported
from azureml_emulator.server.requests.shapes import shortened
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

_JOB = re.compile(r"(?:azureml:)?(?:/subscriptions/.*/jobs/)?([^/:]+)", re.IGNORECASE)
_EXPRESSION = re.compile(r"\$\{\{\s*creation_context\.\w*\s*\}\}")
_SOURCE = "sourceJobId"
_ANSWERED = ("services", "status")
"""What a client that was answered a job sends along with it."""


def definition_of(workspace: LocalWorkspace, sent: Document) -> Document:
    """The whole definition, also where only the job is named that it is taken from. Raises BadRequest or NotSupported.

    SDK v2 names the job beside its definition, where that was read from the workspace.
    """
    given = {key: value for key, value in sent.items() if value is not None}
    if found := _expression(given):
        raise NotSupported(f"expressions that a schedule fills in, as {found}: give the value itself")
    source = given.pop(_SOURCE, None)
    if source is None:
        return given
    given = {key: value for key, value in given.items() if key not in _ANSWERED}
    if given.get("jobs") or given.get("command"):
        return given
    said = {key: value for key, value in given.items() if key != "jobType" and value not in ("", {}, [], False)}
    return _kept(workspace, source) | said


def _kept(workspace: LocalWorkspace, source: object) -> Document:
    match = _JOB.fullmatch(source) if isinstance(source, str) else None
    known = workspace.store.find(KIND, match[1]) if match else None
    if known is None:
        raise BadRequest(f"{_SOURCE} {shortened(source)} is the id of no job of this workspace")
    properties: Document = known["properties"]
    return properties


def _expression(value: object) -> str | None:
    """The first one anywhere in the definition."""
    if isinstance(value, str):
        match = _EXPRESSION.search(value)
        return match[0] if match else None
    held = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for one in held if (found := _expression(one))), None)
