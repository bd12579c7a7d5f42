"""One replica: a real azmlinfsrv process group with the service's models, code and environment variables."""

import asyncio
import socket
from collections.abc import Mapping
from pathlib import Path

import httpx

from azureml_emulator.azure.computes.gpus import gpu_note, gpus_of_replica
from azureml_emulator.azure.services.insights import insights_note
from azureml_emulator.azure.services.no_code import NO_CODE_SCRIPT, no_code_note, script_of
from azureml_emulator.azure.services.replicas.image import MODELS, version_folder
from azureml_emulator.azure.services.replicas.servers import ALWAYS, Servers
from azureml_emulator.azure.services.routing.paths import scoring_path
from azureml_emulator.azure.services.routing.upstream import Upstream
from azureml_emulator.azure.services.scheduling.scheduler import Pod
from azureml_emulator.errors import BadRequest
from azureml_emulator.execution.job import Running
from azureml_emulator.execution.variables import inherited_environment
from azureml_emulator.state.gpus import Lease
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

_POLL_SECONDS = 0.1


class Replica:
    def __init__(self, child: Running, port: int, log: Path, *, http_1_0: bool = False) -> None:
        self._child = child
        self.port = port
        self.upstream = Upstream(port, http_1_0=http_1_0)
        self.log = log
        self.pod: Pod | None = None
        """Its place on the cluster."""
        self.in_flight = 0
        self.ready = True
        """By its readiness probe, where it has one: the router sends it no requests meanwhile."""
        self.retired = False

    @property
    def running(self) -> bool:
        return self._child.running

    @property
    def serving(self) -> bool:
        """Whether it may be sent requests: it runs, and nobody has told it to stop."""
        return self.running and not self.retired

    def note(self, lines: str) -> None:
        """Say something in its log."""
        with self.log.open("a") as log:
            log.write(lines)

    async def wait(self) -> int:
        return await self._child.wait()

    async def stop(self) -> None:
        self.retired = True
        self.upstream.close()
        await self._child.stop()

    async def drain(self) -> None:
        """Return when it has no request any more; the router gives every request an end."""
        while self.in_flight and self.running:
            await asyncio.sleep(_POLL_SECONDS)

    async def healthy_within(self, seconds: float) -> bool:
        """Whether the server answers its health probe, which it does only after init(), before the time is up."""
        end = asyncio.get_running_loop().time() + seconds
        async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
            while self.running and asyncio.get_running_loop().time() < end:
                if await answers(client, f"http://127.0.0.1:{self.port}/"):
                    return True
                await asyncio.sleep(_POLL_SECONDS)
        return False


async def answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).status_code == 200
    except httpx.HTTPError:
        return False


async def start_replica(
    workspace: LocalWorkspace, servers: Servers, service: Document, folder: Path, log: Path
) -> Replica:
    """Start the inference server on a loopback port of its own. `folder` is what stage_image laid out.

    Raises BadRequest for an environment without the server, and where too few GPUs are free.
    """
    gpus = gpus_of_replica(service)
    lease = workspace.gpus.for_replica(service["name"], log.stem, gpus) if gpus else None
    try:
        replica = await _start(workspace, servers, service, folder, log, lease)
    except BaseException:
        if lease:
            lease.end()
        raise
    if lease:
        lease.running = lambda: replica.running
    return replica


async def _start(
    workspace: LocalWorkspace, servers: Servers, service: Document, folder: Path, log: Path, lease: Lease | None
) -> Replica:
    variables = workspace.gpus.visible(replica_environment(service, folder), lease)
    entry_script = variables["AZUREML_ENTRY_SCRIPT"]
    interpreter = await workspace.interpreters.prepare(service["environmentImageRequest"].get("environment"))
    server = Path(interpreter.python).with_name("azmlinfsrv")
    if not server.exists():
        raise BadRequest("the environment declares no azureml-defaults and no azureml-inference-server-http")
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(
        interpreter.note + gpu_note(workspace, service, lease) + insights_note(service) + no_code_note(service)
    )
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        port = listener.getsockname()[1]
        command = [str(server), "--entry_script", str(Path(variables["AML_APP_ROOT"]) / entry_script)]
        command += ["--model_dir", variables["AZUREML_MODEL_DIR"], "--port", str(port)]
        child = await servers.start(
            interpreter.python, command, folder=folder, environment=variables, log=log, listen=listener
        )
    return Replica(child, port, log, http_1_0=workspace.http_1_0)


def replica_environment(service: Document, folder: Path) -> dict[str, str]:
    image = service["environmentImageRequest"]
    own: Mapping[str, object] = (image.get("environment") or {}).get("environmentVariables") or {}
    models = service["models"]
    # As on AKS: the version's folder for one model, their common folder for several.
    model_folder = version_folder(folder, models[0]) if len(models) == 1 else folder / MODELS
    variables = inherited_environment() | {key: str(value) for key, value in own.items()}
    variables |= {
        "AZUREML_MODEL_DIR": str(model_folder),
        "AML_APP_ROOT": str(folder / service.get("codeFolder", "")),
        "SERVICE_NAME": service["name"],
        "SERVICE_PATH_PREFIX": scoring_path(service),  # which paths begin with in /swagger.json
        "WORKER_COUNT": variables.get("WORKER_COUNT", "1"),
        "AML_APP_INSIGHTS_ENABLED": "false",
        # gunicorn's control socket has one fixed path a user: two replicas would fight for it.
        "GUNICORN_CMD_ARGS": f"{variables.get('GUNICORN_CMD_ARGS', '')} --no-control-socket".strip(),
        **ALWAYS,
    }
    if script_of(service):
        variables["AZUREML_ENTRY_SCRIPT"] = NO_CODE_SCRIPT
    return variables
