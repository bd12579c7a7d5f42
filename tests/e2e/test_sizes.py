"""The short form of `python -m benchmarks.sizes`: one release, measured part by part, and nothing of it left."""

from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from benchmarks.sizes.inputs import SERVICE, write_images
from benchmarks.sizes.release import PARTS, STEPS, release
from pipelines.sample_model import Sample

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1200)]


def test_each_part_of_a_release_is_measured(sample: Sample, tmp_path: Path) -> None:
    write_images(sample.validation, tmp_path / "validation", 110, 5_000)
    options: list[str | Path] = ["--target", "local", "--service", SERVICE, "--model", sample.model]

    parts = release(tmp_path, [*options, "--validation-data", tmp_path / "validation"])

    assert list(parts) == list(PARTS)
    assert all(part.megabytes > 10 for part in parts.values())
    assert all(parts[name].seconds is not None for name in (PARTS[0], *STEPS))
    assert not (tmp_path / "state").exists()
    assert not [one for one in psutil.process_iter() if str(tmp_path) in _command(one)]


def _command(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""
