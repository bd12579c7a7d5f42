"""Bring a step or script its inputs before it starts, and keep its outputs after it has succeeded."""

import asyncio
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from azureml_emulator.azure.runs.data.inputs import Input
from azureml_emulator.azure.runs.data.outputs import Output, prepare, upload
from azureml_emulator.azure.runs.data.paths import DataError, make_link, remove_link, run_folder
from azureml_emulator.azure.runs.data.ports import Place, SavedDataset
from azureml_emulator.execution.job import Host, Job
from azureml_emulator.execution.logtail import log_tail
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

_HOST = Path(__file__).parents[2] / "assets" / "datasets" / "host.py"
_LOG_TAIL = 2000


class RunData:
    """The inputs and outputs of a run, as the executor of its job needs them."""

    def __init__(
        self, workspace: LocalWorkspace, run_id: str, inputs: Mapping[str, Input], outputs: Mapping[str, Output]
    ) -> None:
        self._workspace = workspace
        self._run_id = run_id
        self._inputs = inputs
        self._outputs = outputs

    async def deliver(self, job: Job, host: Host) -> Job:
        """The job with its inputs in place. Raises DataError."""
        for output in self._outputs.values():
            prepare(self._workspace, output)
        for name, wanted in self._inputs.items():
            _check_there(name, wanted)
            if wanted.mode != "direct":
                await asyncio.to_thread(_bring, wanted)
                if wanted.at:
                    make_link(self._workspace, wanted.at, wanted.folder)
        datasets = [_request(name, wanted) for name, wanted in self._inputs.items() if _needs_host(wanted)]
        if not datasets:
            return job
        found = await _ask_host(host, run_folder(self._workspace, self._run_id), "deliver", datasets)
        return _with_values(job, {str(self._inputs[name].local): value for name, value in found.items()})

    async def keep(self, host: Host) -> None:
        """Upload what waits for it, then register what is to be registered. Raises DataError."""
        store = self._workspace.store
        try:
            for name, output in self._outputs.items():
                await asyncio.to_thread(upload, name, output)
        except OSError as error:
            raise DataError(str(error)) from None
        entries = [
            _where(output.place) | {"name": name, "registration": output.registration}
            for name, output in self._outputs.items()
            if output.registration
        ]
        if entries:
            saved = await _ask_host(host, run_folder(self._workspace, self._run_id), "register", entries)
            run = store.get("run", self._run_id)
            store.put("run", self._run_id, run | {"outputDatasets": _lineage(self._outputs, saved)})

    def release(self) -> None:
        for path in [*(port.at for port in self._inputs.values()), *(port.at for port in self._outputs.values())]:
            if path:
                remove_link(self._workspace, self._run_id, path)


def _lineage(outputs: Mapping[str, Output], saved: Mapping[str, str]) -> list[Document]:
    """What was registered, as run history lists it."""
    return [
        {
            "identifier": {"savedId": identifier},
            "outputType": "RunOutput",
            "outputDetails": {"outputName": name, "mechanism": outputs[name].mode.capitalize()},
        }
        for name, identifier in saved.items()
    ]


def _needs_host(wanted: Input) -> bool:
    return (isinstance(wanted.source, SavedDataset) and wanted.mode != "direct") or _is_to_be_saved(wanted)


def _is_to_be_saved(wanted: Input) -> bool:
    """A dataset that is handed over as such is saved already, unless something changes it or it is a mere place."""
    return wanted.mode == "direct" and (isinstance(wanted.source, Place) or bool(wanted.transformations))


def _request(name: str, wanted: Input) -> Document:
    where = _where(wanted.source)
    where["transformations"] += wanted.transformations
    return where | {"name": name, "mode": wanted.mode, "target": str(wanted.local)}


def _where(source: Place | SavedDataset) -> Document:
    if isinstance(source, SavedDataset):
        return {"dataset": source.id, "transformations": []}
    return {"datastore": source.datastore, "path": source.path, "transformations": list(source.transformations)}


def _check_there(name: str, wanted: Input) -> None:
    source = wanted.source
    if wanted.must_exist and isinstance(source, Place) and not source.folder.exists():
        raise DataError(f"input '{name}': there is nothing at '{source.path}' on datastore '{source.datastore}'")


def _bring(wanted: Input) -> None:
    """A copy for mode download; for mode mount, which shows the place itself, a link. Of a dataset, an empty folder.

    An empty folder, too, for a place that holds nothing yet; one that is read where it is just isn't there then.
    """
    source, target = wanted.source, wanted.folder
    if wanted.stays:
        return
    if isinstance(source, SavedDataset) or not source.folder.exists():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.folder.is_file():
        target.mkdir()
        target = target / source.folder.name
    if wanted.mode == "mount":
        target.symlink_to(source.folder)
    elif source.folder.is_dir():
        shutil.copytree(source.folder, target)
    else:
        shutil.copyfile(source.folder, target)


async def _ask_host(host: Host, folder: Path, verb: str, entries: list[Document]) -> dict[str, str]:
    request, answer, log = (folder / f"{verb}.{suffix}" for suffix in ("request.json", "answer.json", "log"))
    request.write_text(json.dumps(entries))
    if await host([str(_HOST), verb, str(request), str(answer)], folder, log) != 0:
        names = ", ".join(entry["name"] for entry in entries)
        why = answer.read_text() if answer.exists() else log_tail(log, _LOG_TAIL)
        raise DataError(f"the local workspace could not {verb} {names}:\n{why}")
    values: dict[str, str] = json.loads(answer.read_text())
    return values


def _with_values(job: Job, values: Mapping[str, str]) -> Job:
    """The job with stand-ins replaced in what it runs and in its variables."""

    def actual(text: str) -> str:
        for planned, value in values.items():
            text = value.join(re.split(re.escape(planned) + r"(?!\w)", text))
        return text

    return replace(
        job,
        arguments=[actual(argument) for argument in job.arguments],
        command=actual(job.command),
        variables={key: actual(value) for key, value in job.variables.items()},
    )
