import json
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import pytest

from config.errors import ConfigError
from pipelines.monitoring.request_samples import parse_samples, read_samples
from scoring.monitoring.sampling import Taken
from scoring.tasks.classification import Classification

TAKEN = Taken(
    datetime(2026, 11, 24, tzinfo=timezone.utc), b"image", Classification("b", np.array([0.25, 0.75], np.float32)), 5
)
LINE = TAKEN.line("digits:3", keep_image=True)


def test_what_the_service_writes_is_read() -> None:
    (sample,) = parse_samples([LINE])
    assert (sample.time, sample.noted.label, sample.class_index, sample.model) == (TAKEN.time, "b", 1, "digits:3")
    assert sample.noted.probability == 0.75


def test_samples_are_found_among_the_lines_of_a_log() -> None:
    log = [
        "2026-11-24 09:40:01,123 I [57] azmlinfsrv.load - {}",
        f"2026-11-24 09:40:01,123 I [57] azmlinfsrv.samples - {LINE}",
        f"[pod/digits-1/digits] {LINE}\n",
        LINE[: len(LINE) // 2],
        '{"image_sha256": 1}',
        "image_sha256 without JSON",
        f"{LINE}{LINE}",
    ]
    assert len(list(parse_samples(log))) == 2


def test_a_time_without_a_zone_is_utc() -> None:
    (sample,) = parse_samples([json.dumps(json.loads(LINE) | {"time": "2026-11-24T00:00:00"})])
    assert sample.time == TAKEN.time


def test_a_folder_is_all_its_sample_files_and_a_file_may_have_any_name(tmp_path: Path) -> None:
    for name in ("samples-0.jsonl", "samples-0.jsonl.1", "samples-1.jsonl", "samples-0.lock", "kubectl.log"):
        (tmp_path / name).write_text(f"{LINE}\n")
    assert len(read_samples([tmp_path])) == 3
    assert len(read_samples([tmp_path / "kubectl.log", tmp_path])) == 4


def test_a_folder_without_samples_says_what_may_be_wrong(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no file \*\.jsonl\* in it: is monitoring\.share above 0\?"):
        read_samples([tmp_path])


def test_a_file_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "requests-1.jsonl").symlink_to("gone")
    with pytest.raises(ConfigError, match=r"requests-1\.jsonl: can't be read: No such file or directory"):
        read_samples([tmp_path / "requests-1.jsonl"])
