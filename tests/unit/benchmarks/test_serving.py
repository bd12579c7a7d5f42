"""The rest of the serving benchmark: its command line, images, machine, peers, rounds, processes and plot."""

import io
import sys
from pathlib import Path

import psutil
import pytest
from PIL import Image

from benchmarks.machine import read_cpuinfo
from benchmarks.serving.__main__ import main, parse
from benchmarks.serving.overload import pause
from benchmarks.serving.report.plot import plot
from benchmarks.serving.report.results import Results
from benchmarks.serving.rounds import rotated
from benchmarks.serving.samples import COUNT, FEATURES, SIDE, images, rows
from benchmarks.serving.servers.peers import FOLDER, last_line, pins
from benchmarks.serving.servers.processes import running, usage
from benchmarks.serving.servers.services import SERVICES
from tests.unit.benchmarks.conftest import Measure


def test_the_whole_run_is_the_default() -> None:
    options = parse([])

    assert list(options.only) == [service.name for service in SERVICES]
    assert (options.model, options.rounds, options.overload) == (["resnet50", "tiny", "tabular", "tabular32"], 2, 60)


def test_quick_is_the_tiny_model_and_three_services() -> None:
    options = parse(["--quick"])

    assert list(options.only) == ["ours", "seed", "FastAPI"]
    assert (options.model, options.rounds, options.overload) == (["tiny"], 1, 0)


def test_services_can_be_chosen() -> None:
    options = parse(["--only", "ours", "BentoML", "--seconds", "2", "--overload", "0"])

    assert (options.only, options.seconds, options.overload) == (["ours", "BentoML"], 2, 0)


def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("benchmarks.serving.__main__.PACKAGES", ("no-such-package", "pip"))

    assert main(["--quick"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: no-such-package isn't installed: pip install -e '.[bench]'")
    assert said.count("\n") == 1


def test_the_images_differ_and_stay_the_same() -> None:
    found = images()

    assert len(set(found)) == COUNT
    assert found == images()
    assert all(15_000 <= len(image) <= 40_000 for image in found)
    assert Image.open(io.BytesIO(found[-1])).size == (SIDE, SIDE)


@pytest.mark.parametrize("count", [1, 32])
def test_the_rows_differ_and_stay_the_same(count: int) -> None:
    found = rows(count)

    assert {one.shape for one in found} == {(count, FEATURES)}
    assert len({one.tobytes() for one in found}) == COUNT
    assert [one.tolist() for one in found] == [one.tolist() for one in rows(count)]


def test_the_processor_is_read_from_its_first_core() -> None:
    text = "processor : 0\nmodel name\t: One\nflags\t\t: fpu avx2 amx_bf16\n\nprocessor : 1\nmodel name\t: Two\n"

    assert read_cpuinfo(text) == ("One", ["avx2", "amx_bf16"])


@pytest.mark.parametrize("peer", sorted(path.parent.name for path in FOLDER.glob("*/requirements.txt")))
def test_every_peer_has_a_server_and_only_exact_versions(peer: str) -> None:
    lines = (FOLDER / peer / "requirements.txt").read_text(encoding="utf-8").split()

    assert (FOLDER / peer / "serve.py").is_file()
    assert len(pins(peer)) == len(lines)
    assert pins(peer)["tensorflow-cpu"] == "2.21.0"


@pytest.mark.parametrize("program", ["serve.py", "tensors.py"])
def test_every_peer_has_a_program_for_each_form(program: str) -> None:
    peers = {path.parent for path in FOLDER.glob("*/requirements.txt")}

    assert {path.parent for path in FOLDER.glob(f"*/{program}")} == peers
    assert {service.name for service in SERVICES if "json" not in service.wires} == {"ours, bfloat16"}


@pytest.mark.parametrize(
    ("log", "line"), [("one\n two \n\n", "two"), ("\n", "it said nothing"), ("x" * 300, "…" + "x" * 199)]
)
def test_the_last_line_of_a_log_is_the_reason(log: str, line: str) -> None:
    assert last_line(log) == line


def test_each_round_begins_with_another_service() -> None:
    assert [rotated("abc", number) for number in (0, 1, 4)] == [["a", "b", "c"], ["b", "c", "a"], ["b", "c", "a"]]


def test_connections_pause_as_long_as_the_demand_allows() -> None:
    assert pause(512, 128) == 4
    assert pause(512, 0) == 512  # a service that answered nothing


def test_a_service_ends_with_its_children(tmp_path: Path) -> None:
    script = "import subprocess, time; print(subprocess.Popen(['sleep', '600']).pid); time.sleep(600)"
    log = tmp_path / "log"
    with running([sys.executable, "-uc", script], {}, log, tmp_path) as process:
        while not log.read_text().endswith("\n"):
            assert process.poll() is None
        child = int(log.read_text())
        assert usage().memory_mib > 0

    assert process.poll() is not None
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_the_plot_is_a_picture_of_every_model(tmp_path: Path, results: Results, measure: Measure) -> None:
    pytest.importorskip("matplotlib")
    for model in ("resnet50", "tiny"):
        measure("ours", 200, model=model)
        measure("seed", 100, model=model)
    plot(results, tmp_path / "plot.png")

    with Image.open(tmp_path / "plot.png") as picture:
        assert picture.format == "PNG"
