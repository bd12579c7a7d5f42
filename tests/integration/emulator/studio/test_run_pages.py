"""The pages of runs over HTTP: graph, logs, metrics, images."""

from __future__ import annotations

import base64
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
import requests

from tests.integration.emulator.studio.studio_client import ATTACK, ESCAPED, LISTS, Studio
from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azureml.core import Experiment
    from azureml.pipeline.core import PipelineRun, StepRun

Step = Callable[..., Any]
Submit = Callable[..., "PipelineRun"]
Finish = Callable[["PipelineRun"], "dict[str, StepRun]"]
Rest = Callable[..., requests.Response]
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


def test_every_page_of_a_run(studio: Studio, make_step: Step, submit: Submit, finish: Finish) -> None:
    first, second = make_step("first", "print('hello')"), make_step("second", f"print('{ATTACK}'); raise SystemExit(7)")
    second.run_after(first)
    run = submit(first, second, tags={ATTACK: ATTACK})
    steps = finish(run)
    pages = {
        path: studio.text(path) for path in [*LISTS, f"/runs/{run.id}", *(f"/runs/{one.id}" for one in steps.values())]
    }
    whole, failed = pages[f"/runs/{run.id}"], pages[f"/runs/{steps['second'].id}"]
    assert run.id in pages[""]
    assert run.id in pages["/runs"]
    assert "Failed</span> 1 of 2 steps completed" in whole
    assert f'href="/studio/runs/{steps["first"].id}" aria-label="first: Completed"' in whole
    assert "first: Completed</title>" in whole
    assert "second: Failed</title>" in whole
    assert "User program failed with exit code 7" in failed
    assert ESCAPED in whole
    assert ESCAPED in failed
    assert "hello" in pages[f"/runs/{steps['first'].id}"]
    for page in pages.values():
        assert ATTACK not in page
        assert re.findall("<script[^>]*>", page) == ['<script src="/studio/static/live.js" defer>']
        assert not re.search(r"<[^>]* (?:on\w+|style)=", page)


def test_runs_are_listed_by_experiment(studio: Studio, make_step: Step, submit: Submit, experiment: Experiment) -> None:
    run = submit(make_step("quick", "print()"))
    assert run.id in studio.text(f"/runs?experiment={experiment.name}")
    assert run.id not in studio.text("/runs?experiment=other")


def test_log_in_parts(studio: Studio, make_step: Step, submit: Submit, finish: Finish) -> None:
    step = finish(submit(make_step("says", "print('one'); print('€')")))["says"]
    first = studio.get(f"/runs/{step.id}/log?from=0")
    assert (first.text, first.headers["Log-End"]) == ("one\n€\n", "8")
    assert first.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert studio.get(f"/runs/{step.id}/log?from=4").text == "€\n"
    assert studio.get(f"/runs/{step.id}/log?from=8").text == ""
    assert studio.get(f"/runs/{step.id}/log").text == studio.get(f"/runs/{step.id}/log?from=-1").text == "one\n€\n"
    assert studio.get(f"/runs/{step.id}/log").headers["Content-Type"] == "text/plain; charset=utf-8"
    assert studio.get(f"/runs/{step.id}/log?from={'9' * 5000}").status_code == 200


def test_long_log_costs_little_memory(studio: Studio, emulator: Emulator, rest: Rest) -> None:
    rest("PATCH", "/history/v1.0", "/experiments/long/runs/long", json={"displayName": "long"})
    logs = emulator.folder / "blobs" / "azureml" / "ExperimentRun" / "dcid.long" / "azureml-logs"
    logs.mkdir(parents=True)
    with (logs / "70_driver_log.txt").open("w") as log:
        for number in range(100):
            log.write(f"{number:09}\n" * 100_000)
    process, size = psutil.Process(emulator.address["pid"]), 0
    before = peak = process.memory_info().rss
    with studio.get("/runs/long/log", stream=True) as answer:
        for part in answer.iter_content(1024 * 1024):
            size, peak = size + len(part), max(peak, process.memory_info().rss)
    assert (size, peak - before < 40_000_000) == (100_000_000, True), peak - before
    shutil.rmtree(logs)


def test_metrics_and_images(
    studio: Studio, experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "point.png").write_bytes(PNG)
    (tmp_path / "notes.txt").write_text("no image")
    run = experiment.start_logging(snapshot_directory=None, outputs=False)
    assert "Metrics" not in studio.text(f"/runs/{run.id}")  # nothing says that there will be any
    run.log("accuracy", 0.97)
    run.log_list("loss", [3.0, 2.0, 1.0])
    run.log_row(f"table {ATTACK}", x=1, y=ATTACK)
    run.log_image("point", path="point.png")
    run.upload_file("notes.txt", "notes.txt")
    run.complete()
    html = studio.text(f"/runs/{run.id}")
    assert '<h2 id="metrics-title">Metrics</h2>' in html
    assert '<th scope="row">accuracy</th><td class="number">0.97</td>' in html
    assert 'aria-label="loss: 3 values: last 1, lowest 1, highest 3"' in html
    assert ESCAPED in html
    assert ATTACK not in html
    (source,) = re.findall(r'<img src="/studio([^"]+)"', html)
    image = studio.get(source)
    assert (image.status_code, image.headers["Content-Type"], image.content) == (200, "image/png", PNG)
    for path in ("notes.txt", "none.png", "..%2F..%2F..%2F..%2Fsecrets.json", "%2e%2e/%2e%2e/x.png"):
        assert studio.get(f"/runs/{run.id}/images/{path}").status_code in (400, 404)
