"""Runs a workflow's jobs from its file as a runner would: their steps in order, in a clean checkout each.

What stands for GitHub: contexts and conditions, the files of GITHUB_OUTPUT and GITHUB_STEP_SUMMARY, artifacts, and the
few actions that are used. A sign-in to Azure is the variables that lead to the local workspace: without it, or without
the permission and the identity that it needs, a step reaches nothing.
"""

import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import yaml

from tests.e2e.support.environments import ROOT
from tests.e2e.workflows import actions
from tests.e2e.workflows.checkout import Checkout
from tests.e2e.workflows.expressions import Contexts, as_text, condition, evaluate, render

WORKFLOWS = ROOT / ".github" / "workflows"
NOBODY = "http://127.0.0.1:9"
SHELLS = {None: ["bash", "-e"], "bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"]}
"""https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell"""
STEP_SECONDS = 580


@dataclass
class Job:
    """What came of a job; of one that calls a workflow, of all in there."""

    result: str = "success"
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    log: str = ""
    environment: str = ""
    """Whose identity it had, and whose approval it needed."""


@dataclass
class Repository:
    """A repository on GitHub, with its settings, and the machines that its jobs run on."""

    checkout: Checkout
    variables: dict[str, str]
    environments: dict[str, dict[str, str]]
    """Variables of each environment."""
    signed_in: dict[str, str]
    """Variables that lead the SDK to the workspace; an empty one is taken away."""
    steps: dict[str, str] = field(default_factory=dict)
    """More variables of every step."""
    artifacts: dict[tuple[str, str], Path] = field(default_factory=dict)
    """By the number of the workflow's run, and their names."""
    runs: int = 0

    def dispatch(self, workflow: str, **inputs: str) -> dict[str, Job]:
        """By hand, with these inputs; the jobs by their ids."""
        declared = read(workflow)["on"]["workflow_dispatch"]["inputs"]
        assert inputs.keys() <= declared.keys()
        given = {name: inputs.get(name, as_text(one.get("default"))) for name, one in declared.items()}
        assert all(given[name] in one.get("options", [given[name]]) for name, one in declared.items())
        return self.start(workflow, "workflow_dispatch", given)

    def start(
        self,
        workflow: str,
        event: str,
        inputs: Mapping[str, str] | None = None,
        payload: Mapping[str, Any] | None = None,
        *,
        without: str = "",
    ) -> dict[str, Job]:
        """By an event, whose payload is ``payload``; ``without`` a job, which is as if it had been skipped."""
        assert event in read(workflow)["on"]
        self.runs += 1
        github = {"event_name": event, "event": payload or {}, "repository": "octo/models", "token": "a token"}
        contexts = {"inputs": inputs or {}, "vars": self.variables, "github": github | {"run_id": str(self.runs)}}
        return run_jobs(self, workflow, contexts, without)

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """Of a step that has these variables. Nothing of the machine that the tests run on, and no way out of it."""
        path = f"{self.checkout.commands}:{os.environ['PATH']}"
        proxies = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY"), NOBODY)
        known = {"HOME": str(self.checkout.folder), "PATH": path, "LANG": "C.UTF-8", "GITHUB_ACTIONS": "true"}
        given = known | proxies | self.steps | dict(variables)
        return {name: value for name, value in given.items() if value or name not in self.signed_in}


def read(workflow: str) -> dict[str, Any]:
    # YAML 1.1 takes the key `on` for a boolean.
    content = yaml.safe_load((WORKFLOWS / workflow).read_text(encoding="utf-8"))
    return {("on" if key is True else key): value for key, value in content.items()}


def run_jobs(repository: Repository, workflow: str, contexts: Contexts, without: str = "") -> dict[str, Job]:
    """Each job after those that it needs, which stand before it in the file."""
    done: dict[str, Job] = {}
    for name, job in read(workflow)["jobs"].items():
        needs = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
        known = {one: {"result": done[one].result, "outputs": done[one].outputs} for one in needs}
        own = {**contexts, "needs": known}
        if name == without or not condition(
            job.get("if"), own, failed=any(done[one].result != "success" for one in needs)
        ):
            done[name] = Job("skipped")
        elif "uses" in job:
            done[name] = _call(repository, job, own)
        else:
            done[name] = _run(repository, job, own)
    return done


def _call(repository: Repository, job: Mapping[str, Any], contexts: Contexts) -> Job:
    called = str(job["uses"]).removeprefix("$/.github/workflows/")
    if called == "ci.yml":  # these tests are what it runs
        return Job()
    inputs = {name: render(value, contexts) for name, value in job.get("with", {}).items()}
    (done,) = run_jobs(repository, called, {**contexts, "inputs": inputs}).values()
    asked = read(called)["jobs"]["follow"]["permissions"]
    assert asked.items() <= job["permissions"].items(), "a called workflow gets no more than its caller"
    return done


def _run(repository: Repository, job: Mapping[str, Any], contexts: Contexts) -> Job:
    done = Job(environment=render(job.get("environment"), contexts))
    variables = repository.variables | repository.environments.get(done.environment, {})
    steps: dict[str, Any] = {}
    own = {**contexts, "vars": variables, "steps": steps}
    running = Running(repository, job, done, own, {})
    running.variables = {name: render(value, own) for name, value in job.get("env", {}).items()}
    repository.checkout.clean()
    for number, step in enumerate(job["steps"]):
        if condition(step.get("if"), own, failed=done.result != "success"):
            ended, outputs = running.step(step, f"{repository.runs}-{number}")
            steps[step.get("id", number)] = {"outputs": outputs}
            done.result = "success" if ended and done.result == "success" else "failure"
    done.outputs = {name: render(value, own) for name, value in job.get("outputs", {}).items()}
    return done


@dataclass
class Running:
    """A job while its steps run."""

    repository: Repository
    job: Mapping[str, Any]
    done: Job
    contexts: Contexts
    variables: dict[str, str]

    def step(self, step: Mapping[str, Any], name: str) -> tuple[bool, dict[str, str]]:
        """Whether it succeeded, and its outputs."""
        if "uses" in step:
            given = {key: render(value, self.contexts) for key, value in step.get("with", {}).items()}
            return actions.run(str(step["uses"]), given, self), {}
        own = {key: render(value, self.contexts) for key, value in step.get("env", {}).items()}
        return self._script(step, own, Path(mkdtemp(prefix=f"step-{name}-", dir=self.repository.checkout.folder)))

    def _script(self, step: Mapping[str, Any], own: dict[str, str], files: Path) -> tuple[bool, dict[str, str]]:
        script, output, summary = files / "script.sh", files / "output", files / "summary.md"
        assert "${{" not in step["run"], "an expression in a script is code that somebody else may write"
        script.write_text(step["run"])
        output.touch()
        given = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}
        ended = subprocess.run(
            [*SHELLS[step.get("shell")], str(script)],
            cwd=self.repository.checkout.source,
            env=self.repository.environment(self.variables) | own | given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=STEP_SECONDS,
            check=False,
        )
        self.done.log += f"## {step.get('name')}\n{ended.stdout}"
        self.done.summary += summary.read_text() if summary.exists() else ""
        return ended.returncode == 0, dict(_lines(output.read_text()))

    def evaluate(self, source: str) -> Any:
        return evaluate(source, self.contexts)


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, _, value = line.partition("=")
        yield name, value
