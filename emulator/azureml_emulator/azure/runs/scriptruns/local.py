"""
Runs with `compute_target="local"`, the default of SDK v1: on Azure the client runs them itself.

The client sends the definition, gets a zip with `azureml-setup/Invocation.sh`, unpacks it into a copy of the source
folder below its temporary folder, and starts it (azureml/_execution/_commands.py, _start_internal_local_cloud). Here
that script only says where it was started and with which variables; the workspace, which is on the same machine, runs
a copy of that folder as it runs any other run: with log, files, data, metrics and cancellation.
"""

import asyncio
import io
import json
import shlex
import sys
from collections.abc import Callable
from dataclasses import replace
from email.parser import BytesParser
from pathlib import Path
from zipfile import ZipFile

from starlette.requests import Request

from azureml_emulator.azure.runs.data.paths import DataError, run_folder
from azureml_emulator.azure.runs.scriptruns.shapes import Submission
from azureml_emulator.errors import BadRequest
from azureml_emulator.execution.job import Job
from azureml_emulator.execution.variables import of_a_client
from azureml_emulator.server.requests.body import LIMIT, parse_json
from azureml_emulator.server.requests.shapes import checked
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

_HERE = Path(__file__).with_name("local_client.py")
_SAID = "client.json"
_DEFINITION = "definition.json"
_MOST_PARTS = 1000
_CLIENT_SECONDS = 120.0
_POLL_SECONDS = 0.05


async def read_definition(request: Request) -> Document:
    """The part definition.json, a `Submission`, of what the SDK sends as multipart/form-data. Raises BadRequest."""
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= LIMIT:
            chunks.append(chunk)
    if size > LIMIT:
        raise BadRequest(f"the configuration of a local run has {size} bytes: at most {LIMIT} are read")
    text = _file(request.headers.get("Content-Type", ""), b"".join(chunks))
    if text is None:
        raise BadRequest(f"a local run needs multipart/form-data with a file {_DEFINITION}")
    definition: Document = checked(Submission, parse_json(text, _DEFINITION), _DEFINITION)
    return definition


def _file(content_type: str, body: bytes) -> str | None:
    """None where there is none. The library, one for e-mail, raises what it comes upon: nested parts, odd charsets."""
    if body.count(b"\n--") > _MOST_PARTS:
        return None
    try:
        head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1")
        for part in BytesParser().parsebytes(head + body).walk():
            if part.get_filename() == _DEFINITION and not part.is_multipart():
                return bytes(part.get_payload(decode=True)).decode(errors="replace")
    except (RecursionError, ValueError, LookupError):
        return None
    return None


def invocation(workspace: LocalWorkspace, run_id: str) -> bytes:
    """The zip that the client unpacks and starts. It holds no secret: it is unpacked where others may read."""
    said = run_folder(workspace, run_id) / _SAID
    said.parent.mkdir(parents=True, exist_ok=True)
    command = shlex.join([sys.executable, "-I", str(_HERE), str(said)])
    archive = io.BytesIO()
    with ZipFile(archive, "w") as files:
        files.writestr("azureml-setup/Invocation.sh", f"#!/bin/bash\nexec {command}\n")
    return archive.getvalue()


async def at_the_client(workspace: LocalWorkspace, job: Job, unless: Callable[[], bool]) -> Job:
    """The job with the client's folder and variables, once it has said them, or as it is when `unless` turns true.

    Raises DataError where the client never does.
    """
    file = run_folder(workspace, job.run_id) / _SAID
    deadline = asyncio.get_running_loop().time() + _CLIENT_SECONDS
    while not file.exists():
        if unless():
            return job
        if asyncio.get_running_loop().time() > deadline:
            raise DataError(f"the client did not start azureml-setup/Invocation.sh within {_CLIENT_SECONDS:g} s")
        await asyncio.sleep(_POLL_SECONDS)
    said = json.loads(file.read_text())
    file.unlink()
    own = of_a_client(workspace, said["environment"])
    return replace(job, source=Path(said["folder"]), variables=own | job.variables)
