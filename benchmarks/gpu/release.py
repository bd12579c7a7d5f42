"""A whole release of the sample, `amlgpu run` on a local workspace of its own, whose steps and replica use the GPU."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.serving import CACHE, ROOT
from benchmarks.serving.servers.peers import UnavailableError, last_line
from benchmarks.serving.servers.processes import running

SAMPLE = ("--model", "sample/model", "--validation-data", "sample/validation")
# One replica: an update would need one GPU more than the service has, and this machine may have no other.
ON_GPU = ("service.gpu_cores=1", "service.replicas=1", "validation.require_gpu=true", "scoring.precision=auto")
ARTIFACTS = ("candidate.json", "verdict.json", "deployment.json", "release.json")


def release(folder: Path, *, gpu: bool, timeout: float) -> dict[str, Any]:
    """How it ended and how long its parts took; its artifacts lie in `folder` then, as far as there are any.

    UnavailableError where it comes to no end within `timeout` seconds, or to none that it reports.
    """
    command = [str(Path(sys.executable).with_name("amlgpu"))]
    if not (ROOT / "sample" / "model" / "saved_model.pb").is_file():
        on_cpu = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}  # a GPU would take longer to get ready than to train it
        subprocess.run([*command, "sample"], cwd=ROOT, env=on_cpu, check=True, capture_output=True, text=True)
    command += ["run", "--target", "local", "--service", "digits", *SAMPLE, "--json"]
    for setting in ON_GPU if gpu else ():
        command += ["--set", setting]
    log = CACHE / "logs" / "release" / "release.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        begun = time.monotonic()
        with running(command, {"AMLGPU_HOME": home}, log, ROOT) as process:
            try:
                code = process.wait(timeout)
            except subprocess.TimeoutExpired:
                raise UnavailableError(f"ended after {timeout:.0f} s") from None
        seconds = time.monotonic() - begun
        report = read_report(log.read_text(encoding="utf-8", errors="replace"))
        _keep(Path(report["report"]), folder)
    if code and not report["reason"]:
        raise UnavailableError(f"amlgpu run ended with {code}")
    steps = {step["name"]: step["seconds"] for step in report["steps"]}
    return {"status": report["status"], "reason": report["reason"], "seconds": round(seconds, 1), "steps": steps}


def read_report(text: str) -> dict[str, Any]:
    """The object of JSON in what was written; around it stand lines that tell of progress. UnavailableError if none."""
    start = text.find("\n{") + 1
    try:
        found: dict[str, Any] = json.JSONDecoder().raw_decode(text[start:])[0]
    except ValueError:
        raise UnavailableError(f"amlgpu run ended without a report: {last_line(text)}") from None
    return found


def _keep(report: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in ARTIFACTS:
        if (report / name).is_file():
            shutil.copyfile(report / name, folder / name)
