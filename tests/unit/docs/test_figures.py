"""The tables of docs/scoring.md show what is in the files of results that they cite; sizes.md's is tested elsewhere."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from benchmarks.recording import RECORDED
from benchmarks.serving import ROOT
from docs.commands.places import PAGES

PAGE = (ROOT / "docs" / "scoring.md").read_text(encoding="utf-8")
SERVICES = {
    "**this service**": "ours",
    "**in bfloat16**": "ours, bfloat16",
    "the classic score.py, one request at a time": "seed",
    "the same with 32 threads": "seed, 32 threads",
    "FastAPI + uvicorn, own batcher": "FastAPI",
    **{name: name for name in ("MLServer", "PyTriton", "LitServe", "BentoML", "Ray Serve")},
}
ON_A_GPU = {
    "**this service, float16**": "ours, float16",
    "**this service, float32 (TF32)**": "ours, float32 (TF32)",
    "the classic score.py": "seed",
}
KNOBS = {
    "`server`": ("server: plain", "server: plain, 32 threads"),
    "`max_batch`": ("max_batch: 1", "max_batch: 4", "max_batch: 32"),
    "`lanes`": ("lanes: 1", "lanes: 4"),
    "`xla`": ("XLA",),
}


def read(name: str) -> Any:
    return json.loads((RECORDED / name).read_text(encoding="utf-8"))


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def number(value: float) -> str:
    return f"{value:,.1f}" if value < 99.95 else f"{value:,.0f}"


def serving() -> Iterator[str]:
    medians = read("serving.json")["medians"]
    models = [medians[name] for name in ("resnet50", "tiny")]
    for shown, name in SERVICES.items():
        cells = [one[name]["concurrency"][count] for one in models for count in ("1", "32")]
        starts = [f"{one[name]['startup_seconds']:.1f}" for one in models]
        loads = [f"{number(cell['rate'])}, {number(cell['p99_ms'])}" for cell in cells]
        yield row(shown, *loads, ", ".join(starts))
    alone = [number(one["model alone"]) for one in models]
    yield f"| the model alone, without a server | | {alone[0]} | | {alone[1]} | |"


def interpreter() -> Iterator[str]:
    results = read("interpreter.json")["results"]
    for count, now in results["this checkout"].items():
        before = results["the other"][count]
        costs = [f"{one[part]:.2f}" for part in ("cpu_ms", "loop_ms") for one in (now, before)]
        yield row(count, *costs, *(f"{one['batch']:.1f}" for one in (now, before)))


def gpu() -> Iterator[str]:
    found = read("gpu/gpu.json")
    for shown, name in ON_A_GPU.items():
        loads = [cell["load"] for cell in found["cells"] if cell["service"] == name]
        start = next(one["seconds"] for one in found["starts"] if one["service"] == name)
        texts = [f"{one['rate']:,.0f}, {number(one['p50_ms'])} / {number(one['p99_ms'])}" for one in loads]
        yield row(shown, *texts, f"{start:.1f}")
    for precision, name in (("float16", "float16"), ("float32", "TF32")):
        points = [one for one in found["limits"]["resnet50"] if one["precision"] == precision and not one["xla"]]
        most, alone = (pick(one[key] for one in points if key in one) for pick, key in ((max, "rate"), (min, "p50_ms")))
        yield f"| the limit without HTTP and XLA, {name} | {alone:.1f} ms | | | {most:,.0f} | |"


@pytest.mark.parametrize("rows", [serving, interpreter, gpu])
def test_a_table_shows_what_was_measured(rows: Any) -> None:
    assert [one for one in rows() if f"\n{one}\n" not in PAGE] == []


@pytest.mark.parametrize("knob", KNOBS)
def test_a_knobs_ratios_are_those_measured(knob: str) -> None:
    rates: Mapping[str, Mapping[str, float]] = read("knobs.json")["results"]["tiny"]
    shown = next(line for line in PAGE.splitlines() if line.startswith(f"| {knob} |"))
    ratios = [f"{rates[name]['rate'] / rates['defaults']['rate']:.2f}" for name in KNOBS[knob]]
    assert [ratio for ratio in ratios if ratio not in re.findall(r"\d\.\d\d", shown)] == []


def test_each_file_of_results_that_a_page_cites_is_there() -> None:
    cited = [
        (page, name)
        for page in PAGES
        for name in re.findall(r"\]\(([^)\s]*benchmarks/results/[^)\s]+)\)", page.read_text())
    ]
    assert len(cited) > 5
    assert [name for page, name in cited if not (page.parent / name).is_file()] == []
