"""Measures what it is given, one after the other, within a budget of time; what fails is named and the rest goes on."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from benchmarks.gpu.deadline import OverdueError, at_most
from benchmarks.gpu.device import Figures, watched
from benchmarks.gpu.limit import measure
from benchmarks.gpu.memory import measure_memory
from benchmarks.gpu.order import MEMORY, RELEASE, Limit, Measurement, Whole
from benchmarks.gpu.release import release
from benchmarks.gpu.report.results import CONCURRENCIES, HIGHEST, Cell, Results, Start
from benchmarks.gpu.services import Candidate, Ours, held_to
from benchmarks.gpu.starts import measure_starts
from benchmarks.serving.client.load import run_load
from benchmarks.serving.models import BenchmarkModel, benchmark_model
from benchmarks.serving.servers.peers import UnavailableError, install, last_line
from benchmarks.serving.servers.processes import usage
from benchmarks.serving.servers.services import Running, check_answers, serve

LIMIT_SHARE = 1 / 3  # of the seconds of each concurrency, for each combination of batch and threads
MOST_SECONDS = 150.0  # of one service or limit, beside what its loads take
WHOLE_SECONDS = 400.0  # of what is measured once
NO_TIME = "no time was left"
NO_MORE_CORES = "this machine has no more"
NEEDS_GPU = {
    "memory": "without a GPU there is none to be held, or to be full",
    "starts": "without a GPU only XLA compiles anything that could be kept",
}
IDLE = "the GPU did nothing while it was asked: these are the processor's figures"


@dataclass(frozen=True)
class Plan:
    measurements: Sequence[Measurement]
    models: Sequence[str]
    ours: Ours
    seconds: float
    """Of each concurrency."""

    rounds: int
    budget: float
    """Seconds for all."""

    quick: bool = False


class Measuring:
    """Fills `results`, and writes them to gpu.json in `folder` after each measurement.

    `tell` hears what goes on; `model` makes the model of a name, once it is needed.
    """

    def __init__(
        self,
        plan: Plan,
        results: Results,
        folder: Path,
        tell: Callable[[str], None],
        model: Callable[[str], BenchmarkModel],
    ) -> None:
        self._plan, self._folder, self._tell, self._model = plan, folder, tell, model
        self._begun = time.monotonic()
        self._installing = 0.0
        self.results = results

    def run(self) -> None:
        for number in range(1, self._plan.rounds + 1):
            for one in self._plan.measurements:
                if one.repeated or number == 1:
                    self._bounded(one, number)
                    self.save()

    def save(self) -> None:
        """Whole or not at all, whenever this process is ended."""
        self.results.seconds, self.results.installing = self._used(), self._installing
        text = json.dumps(self.results.to_json(), indent=1) + "\n"
        part = self._folder / "gpu.json.part"
        part.write_text(text, encoding="utf-8")
        part.replace(self._folder / "gpu.json")

    def _left(self) -> float:
        return self._plan.budget - self._used()

    def _bounded(self, one: Measurement, number: int) -> None:
        left = self._left()
        if left < one.seconds(self._plan.seconds):
            if number == 1:
                self.results.skipped[one.name] = NO_TIME
            return
        rounds = f", round {number} of {self._plan.rounds}" if self._plan.rounds > 1 and one.repeated else ""
        self._tell(f"{self._used():5.0f} s: {one.name}{rounds}")
        most = WHOLE_SECONDS if isinstance(one.part, Whole) else MOST_SECONDS
        reason = self._reason_of_failure(one, number, min(left, most + 10 * self._plan.seconds))
        if reason:
            self._tell(f"         {reason}")
            self.results.skipped[one.name] = reason

    def _used(self) -> float:
        return time.monotonic() - self._begun - self._installing

    def _reason_of_failure(self, one: Measurement, number: int, most: float) -> str | None:
        try:
            if isinstance(one.part, Candidate | Limit) and 0 < len(os.sched_getaffinity(0)) <= one.part.cores:
                return NO_MORE_CORES
            self._prepare(one)
            with at_most(most):
                return self._measure(one, number, most)
        except (UnavailableError, OverdueError) as error:
            return str(error)
        except subprocess.CalledProcessError as error:
            return f"{Path(error.cmd[0]).name} failed: {last_line(str(error.stderr))}"

    def _prepare(self, one: Measurement) -> None:
        """What takes long on a machine's first time: the models, and a peer's environment, which isn't the budget's."""
        for name in [one.model] if one.model else self._plan.models:
            self._model(name)
        begun = time.monotonic()
        try:
            if isinstance(one.part, Candidate) and one.part.peer:
                install(one.part.peer)
        finally:
            self._installing += time.monotonic() - begun

    def _measure(self, one: Measurement, number: int, most: float) -> str | None:
        """Why not all was measured, if so; else as `_reason_of_failure` has it."""
        if isinstance(one.part, Limit):
            return self._limit(self._model(one.model), one.part, number, most)
        if isinstance(one.part, Candidate):
            return self._service(self._model(one.model), one.part, number)
        self._whole(one.part, most)
        return None if self._plan.ours.gpu else NEEDS_GPU.get(one.part.name)

    def _service(self, model: BenchmarkModel, candidate: Candidate, number: int) -> str | None:
        with held_to(candidate.cores) as free, serve(candidate.service, model) as running:
            free()
            run_load(running.target, HIGHEST, max(1.0, self._plan.seconds / 2))
            # Also waits for the service to be done with what that load left: else it is what one request waits for.
            parity = check_answers(running, candidate.service, model)
            self.results.starts.append(
                Start(
                    model.name,
                    candidate.name,
                    candidate.group,
                    number,
                    running.startup_seconds,
                    parity.agreement,
                    parity.difference,
                )
            )
            states = self._loads(model.name, candidate.name, number, running)
        return IDLE if states and not any(state.get("utilization.gpu", 1) for state in states) else None

    def _loads(self, model: str, name: str, number: int, running: Running) -> list[Figures]:
        """What the GPU did meanwhile, by concurrency."""
        states: list[Figures] = []
        for concurrency in CONCURRENCIES:
            before = usage().cpu_seconds
            with watched() as figures:
                load = run_load(running.target, concurrency, self._plan.seconds)
                state = figures()
            cpu_ms = (usage().cpu_seconds - before) * 1e3 / max(load.answers, 1)
            self.results.cells.append(Cell(model, name, number, concurrency, load, cpu_ms, state))
            self.save()
            states.append(state)
        return states

    def _limit(self, model: BenchmarkModel, limit: Limit, number: int, most: float) -> str | None:
        seconds = self._plan.seconds * LIMIT_SHARE
        with held_to(limit.cores):
            found, reason = measure(model.name, limit, seconds, quick=self._plan.quick, timeout=most - 5)
        name = f"{model.name}, {limit.cores} cores" if limit.cores else model.name
        self.results.limits.setdefault(name, []).extend({**point, "round": number} for point in found)
        return reason

    def _whole(self, part: Whole, most: float) -> None:
        ours, models = self._plan.ours, [self._model(name) for name in self._plan.models]
        if part is RELEASE:
            self.results.release = release(self._folder / "release", gpu=ours.gpu, timeout=most - 5)
        elif part is MEMORY:
            for moment in measure_memory(ours.best, models, self._plan.seconds, gpu=ours.gpu):
                self.results.memory.append(asdict(moment))
                self.save()
        else:
            for start in measure_starts(models[0] if ours.gpu else models[-1], ours):
                self.results.kept.append(asdict(start))
                self.save()


@cache
def model_made_on_cpu(name: str) -> BenchmarkModel:
    """So that the answers it is held to are float32's."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    try:
        return benchmark_model(name)
    finally:
        if visible is None:
            del os.environ["CUDA_VISIBLE_DEVICES"]
        else:
            os.environ["CUDA_VISIBLE_DEVICES"] = visible
