"""A real workspace in this process, on a state folder: started, asked, stopped and started again."""

from __future__ import annotations

import asyncio
import gc
import traceback
from pathlib import Path
from typing import Any

from azureml_emulator.azure.arm.jobs.submission import Hosts
from azureml_emulator.azure.arm.schedules.scheduler import JobSchedules
from azureml_emulator.azure.pipelines.runs.engine import Engine
from azureml_emulator.azure.pipelines.schedules.scheduler import Scheduler
from azureml_emulator.azure.runs.scriptruns.runs import ScriptRuns
from azureml_emulator.azure.services.host import ServiceHost
from azureml_emulator.execution.executor import Executor
from azureml_emulator.execution.interpreters.mode import Mode
from azureml_emulator.server.app import build_app, with_scoring
from azureml_emulator.server.middleware.audiences import ARM
from azureml_emulator.server.process import _recover
from azureml_emulator.state.redirect.redirect import write_address
from azureml_emulator.state.workspace import Address, LocalWorkspace
from azureml_emulator.studio.access.session import _SESSION, SESSION_SECONDS, cookie_name
from tests.integration.emulator.fuzzing.asgi import Answer, Sent, ask

PORT = 9


class Life:
    """Strict about environments, which none of the requests' is right for: so runs and services start no process."""

    def __init__(self, folder: Path) -> None:
        self.workspace = LocalWorkspace(folder, Address(PORT, PORT), Mode.STRICT)
        self.broken: list[str] = []
        """What went wrong in the background."""
        asyncio.get_running_loop().set_exception_handler(self._note)
        self._executor = Executor(self.workspace)
        self._engine, self._host = Engine(self.workspace, self._executor), ServiceHost(self.workspace)
        self._scripts = ScriptRuns(self.workspace, self._executor)
        job_schedules = JobSchedules(Hosts(self.workspace, self._engine, self._scripts))
        scheduler = Scheduler(self.workspace, self._engine, [job_schedules])
        _recover(self.workspace, self._engine, self._scripts, scheduler, self._host)
        app = build_app(self.workspace, self._engine, scheduler, self._host)
        app.state.script_runs = self._scripts
        self._app = with_scoring(app)
        self._scheduling = asyncio.create_task(scheduler.run())
        write_address(self.workspace)
        self._session = self.workspace.tokens.issue(_SESSION, SESSION_SECONDS)

    async def ask(self, sent: Sent) -> Answer:
        return await ask(self._app, PORT, sent)

    def _note(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        lines = traceback.format_exception(error) if error else []
        self.broken.append("".join([context["message"], "\n", *lines[-4:]]))

    async def close(self) -> None:
        if self._scheduling.done():
            self.broken.append(f"the scheduler has ended: {self._scheduling.exception()!r}")
        self._scheduling.cancel()
        await asyncio.gather(self._scheduling, return_exceptions=True)
        await self._engine.close()
        await self._scripts.close()
        await self._executor.close()
        await self._host.close()
        self.workspace.close()
        gc.collect()  # a task that failed is told when it is thrown away

    def credentials(self, sent: Sent) -> dict[str, str]:
        """The headers of somebody who may ask."""
        if sent.path.startswith("/studio"):
            cookie = f"{cookie_name(self.workspace)}={self._session}"
            return {"cookie": cookie, "origin": f"http://127.0.0.1:{PORT}"}
        return {"authorization": f"Bearer {self.workspace.tokens.bearer('fuzzer', ARM[0])}"}

    @property
    def _form_token(self) -> str:
        return self.workspace.tokens.form_token(self.workspace.tokens.check(self._session, _SESSION))

    @property
    def names(self) -> dict[str, Any]:
        """What is known before anything was asked."""
        snapshot = "11111111-2222-3333-4444-555555555555"
        subscription = self.workspace.scope.split("/")[2]
        known = {"snapshot": snapshot, "subscription": subscription, "form_token": self._form_token}
        return known | {"identity": self.workspace.tokens.identity_secret}
