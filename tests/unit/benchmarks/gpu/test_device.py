import stat
from pathlib import Path

import pytest

from benchmarks.gpu.device import gpus, summarise, watched

SMI = """#!/bin/sh
case "$*" in
*--loop-ms*) while :; do echo "57, 1980, 248.16, 1643"; sleep 0.05; done;;
*) echo "NVIDIA H100 80GB HBM3, 580.159.04, 81559 MiB, 700.00 W, 1980 MHz, 2619 MHz, 9.0";;
esac
"""


@pytest.fixture
def smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that answers as nvidia-smi did on an H100."""
    program = tmp_path / "nvidia-smi"
    program.write_text(SMI, encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return program


@pytest.mark.usefixtures("smi")
def test_facts_of_a_gpu() -> None:
    (gpu,) = gpus()
    assert (gpu["name"], gpu["driver_version"], gpu["compute_cap"]) == ("NVIDIA H100 80GB HBM3", "580.159.04", "9.0")


def test_a_driver_that_does_not_answer_is_no_gpu(smi: Path) -> None:
    smi.write_text("#!/bin/sh\nexit 9\n", encoding="utf-8")
    assert gpus() == []
    with watched() as figures:
        assert figures() == {}


@pytest.mark.usefixtures("smi")
def test_what_a_gpu_does_while_a_block_lasts() -> None:
    with watched() as figures:
        assert figures() == {"utilization.gpu": 57, "clocks.sm": 1980, "power.draw": 248.16, "memory.used": 1643}


def test_medians_and_what_the_driver_can_not_tell() -> None:
    lines = ["10, 1000, [N/A], 5", "30, 1200, [N/A], 7", "20, 1100, [N/A], 6", "cut off"]
    assert summarise(lines) == {"utilization.gpu": 20, "clocks.sm": 1100, "memory.used": 6}
