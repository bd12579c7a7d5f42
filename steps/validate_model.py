"""Step 2: serve the candidate with the real inference server, ask it about validation data, write verdict.json.

The step succeeds whatever the verdict is: a refusal is a result. deploy_service acts on it.
"""

import argparse
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

from config.errors import ModelError, TamperedError
from config.settings import Settings, load_settings
from scoring.hashing.version_hash import version_hash
from steps.artifacts.candidate import Candidate
from steps.artifacts.recorded import receive, record
from steps.artifacts.verdict import Check, Production, Verdict
from steps.registration.lineage import shown
from steps.registration.saved_model import content_hash, frozen_hash
from steps.registration.versions import contract_in, download_version, find_version, mark, saved_model_in
from steps.scoring_environment import ROOT, scoring_environment, scoring_variables
from steps.scoring_source import scoring_hash
from steps.script import TAG_CHARACTERS, keep, publish, run_script
from steps.validation.checks import judge, parity_check
from steps.validation.evidence import Evidence
from steps.validation.measured import Measured
from steps.validation.measurement import Questions, measure
from steps.validation.production import bring, is_candidate, live_state, why_incomparable
from steps.validation.report.page import Origin, write_report
from steps.validation.samples.bringing import bring_samples
from steps.validation.tasks.task import Task
from workspaces.opening import current_run, open_workspace
from workspaces.workspace import Workspace

LOGS = "inference-server*.log"
REPORT = "report.*"
NOT_INTACT = Measured(startup_seconds=None, startup_error="not started")


@dataclass(frozen=True)
class Bench:
    """What every measurement of one validation shares."""

    questions: Questions
    work: Path
    """Folder for the servers' logs, by LOGS."""

    @property
    def settings(self) -> Settings:
        return self.questions.settings

    @property
    def task(self) -> Task:
        return self.questions.task

    def measure(
        self, name: str, model_dir: Path, precision: str | None, root: Path = ROOT, *, parity: bool = True
    ) -> Measured:
        variables = scoring_variables(self.settings, precision)
        log = self.work / f"inference-server{name}.log"
        return measure(root, model_dir, variables, self.questions, log, parity=parity)


def is_intact(candidate: Candidate, model_dir: Path) -> bool:
    """Whether the files are those that were registered."""
    saved_model = saved_model_in(model_dir)
    hashes = content_hash(saved_model), frozen_hash(saved_model)
    return hashes == (candidate.content_hash, candidate.frozen_hash) and _has_contract_of(candidate, model_dir)


def _has_contract_of(candidate: Candidate, model_dir: Path) -> bool:
    try:
        return candidate.contract in (None, contract_in(model_dir))
    except ModelError as error:
        print(error)
        return False


def measure_precisions(bench: Bench, model_dir: Path) -> tuple[Measured, tuple[Check, ...]]:
    """Measure the candidate, and again in float32 where ``auto`` chose a precision without parity with the original.

    The checks are those that refused the first precision.
    """
    settings = bench.settings
    measured = bench.measure("", model_dir, None)
    check = parity_check(measured, settings.validation)
    if settings.scoring.precision != "auto" or check.outcome == "pass" or measured.precision == "float32":
        return measured, ()
    print(f"{measured.precision or 'auto'} is refused: {check}: measuring in float32")
    return bench.measure("-float32", model_dir, "float32"), (check,)


@dataclass(frozen=True)
class Rival:
    """What the candidate is compared with: production, or the reason why there is nothing."""

    model: str | None = None
    measured: Measured | None = None
    reason: str = ""
    lost: bool = False
    """Something is served that can't be measured."""

    def production(self, task: Task) -> Production | None:
        metrics = self.measured.metrics(task) if self.measured else {}
        return Production(model=self.model, metrics=metrics, detail=self.reason) if self.model else None


def measure_rival(workspace: Workspace, service_name: str, candidate: Candidate, bench: Bench) -> Rival:
    """Measure what the service runs now, with the code that it was released with."""
    state = live_state(workspace, service_name)
    if state is None:
        return Rival(reason=f"first release: nothing is served by {service_name}, the task's threshold alone decides")
    environment = scoring_environment(bench.settings, state.tags.get("precision"))
    if is_candidate(state, candidate, environment.name, scoring_hash(ROOT)):
        return Rival(candidate.model, reason=f"{service_name} serves {candidate.model} itself")
    try:
        live = bring(workspace, service_name, state, ROOT, bench.work)
    except (ModelError, TamperedError) as error:
        return Rival(state.models[0], reason=f"production can't be measured: {error}", lost=True)
    if reason := why_incomparable(candidate.contract, live.contract):
        return Rival(live.model, reason=f"{reason}: they can't be compared", lost=True)
    return Rival(live.model, bench.measure("-production", live.model_dir, live.precision, live.root, parity=False))


def validate(
    workspace: Workspace,
    candidate: Candidate,
    settings: Settings,
    sample_count: int,
    service_name: str,
    run_id: str,
    work: Path,
) -> Verdict:
    """Measure the registered version, and production beside it, and judge; logs and report stay in ``work``."""
    version = find_version(workspace, candidate.model_name, candidate.model_version)
    model_dir = download_version(workspace, version, work)
    path, contract = candidate.validation_data, candidate.contract
    contents, samples = bring_samples(workspace, path, work / "validation", contract, sample_count)
    bench = Bench(Questions(samples, contract, settings), work)
    rival = measure_rival(workspace, service_name, candidate, bench)
    intact = is_intact(candidate, model_dir)
    measured, refused = measure_precisions(bench, model_dir) if intact else (NOT_INTACT, ())
    precision = measured.precision or settings.scoring.precision
    signature, task = str(candidate.signature), bench.task
    evidence = Evidence(signature, intact, measured, rival.measured, rival.reason, rival.lost, task)
    status, checks = judge(evidence, settings.validation)
    verdict = Verdict(
        status=status,
        model_name=candidate.model_name,
        model_version=candidate.model_version,
        content_hash=candidate.content_hash,
        version_hash=version_hash(model_dir),
        environment=scoring_environment(settings, precision).name,
        precision=precision,
        refused=refused,
        checks=checks,
        metrics=measured.metrics(task),
        production=rival.production(task),
        answers=measured.answers,
        run_id=run_id,
    )
    promoted = shown(candidate.promoted_from)
    origin = Origin(service_name, candidate.git_commit, datetime.now(timezone.utc), contents, promoted)
    write_report(verdict, contract, evidence, origin, work)
    mark(workspace, candidate.model_name, candidate.model_version, _tags(verdict))
    return verdict


def _tags(verdict: Verdict) -> dict[str, str]:
    """What the version's tags say of its validation: what was measured is one, which the next replaces as a whole."""
    measured = ", ".join(f"{name} {value:.4g}" for name, value in verdict.metrics.items())
    said = measured[:TAG_CHARACTERS] or "nothing"
    return {"verdict": verdict.status, "verdict_by": verdict.run_id, "measured": said}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candidate", required=True, type=Path)
    parser.add_argument("--sample-count", required=True, type=int)
    parser.add_argument("--service-name", required=True)
    parser.add_argument("--verdict", required=True, type=Path)
    arguments = parser.parse_args()
    settings, run = load_settings(), current_run()
    candidate = receive(run, Candidate, arguments.candidate)
    # Not by the run's own token: no record shows that Azure ML answers it about services on AKS.
    workspace = open_workspace(settings)
    with TemporaryDirectory() as work:
        verdict = validate(
            workspace,
            candidate,
            settings,
            arguments.sample_count,
            arguments.service_name,
            run.pipeline_run_id,
            Path(work),
        )
        for name, value in verdict.metrics.items():
            run.log_metric(name, value)  # before the files, so that they are sent meanwhile
        pages = [*Path(work).glob(REPORT)]
        record(run, {page.name: page.read_bytes() for page in pages})
        keep(run, {f"outputs/{file.name}": file for file in (*pages, *Path(work).glob(LOGS))})
    run.tag({"model": candidate.model, "service": arguments.service_name, "verdict": verdict.status})
    publish(run, verdict, arguments.verdict)
    print(f"{candidate.model} is {verdict.status}")
    for check in verdict.causes_first:
        print(f"  {check.outcome:11} {check}")


if __name__ == "__main__":
    run_script(main)
