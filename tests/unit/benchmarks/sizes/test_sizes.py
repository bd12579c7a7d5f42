import io
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.recording import RECORDED
from benchmarks.sizes.inputs import padded, write_images
from benchmarks.sizes.processes import CLIENT, peaks_of
from benchmarks.sizes.release import PARTS, Part
from benchmarks.sizes.table import FILE, markdown, read
from steps.validation.samples.loading import load

HOLD = "import sys; held = bytearray(b'x') * int(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
HELD = 150_000_000
PAGE = Path(__file__).parents[4] / "docs" / "sizes.md"


def jpeg(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(out, "JPEG")
    return out.getvalue()


@pytest.mark.parametrize("size", [1_000, 65_533, 120_000, 200_000])
def test_a_padded_image_is_as_great_as_wanted_and_shows_the_same(size: int) -> None:
    image = jpeg("#ff8800")
    made = padded(image, 7, size)

    assert size <= len(made) <= size + 32
    assert made != padded(image, 8, size)
    assert Image.open(io.BytesIO(made)).tobytes() == Image.open(io.BytesIO(image)).tobytes()


def test_the_images_are_validation_data(tmp_path: Path) -> None:
    (tmp_path / "sample").mkdir()
    for number, colour in enumerate(("#000000", "#ffffff")):
        (tmp_path / "sample" / f"{number}.jpg").write_bytes(jpeg(colour))
    (tmp_path / "sample" / "labels.csv").write_text("file,label\n0.jpg,0\n1.jpg,1\n")

    write_images(tmp_path / "sample", tmp_path / "many", 5, 2_000)

    samples = load(tmp_path / "many", None, 0)
    assert [sample.truth for sample in samples] == [0, 1, 0, 1, 0]
    assert len({sample.body for sample in samples}) == 5


def test_the_peak_of_a_client_counts_what_it_starts(tmp_path: Path) -> None:
    starts = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLD!r}, sys.argv[1]])"
    command = [sys.executable, "-c", starts, str(HELD)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        with peaks_of(process.pid, tmp_path) as peaks:
            process.stdout.readline()
            while not peaks:
                pass
            while peaks[CLIENT] < HELD:
                pass
            process.communicate()
    assert HELD < peaks[CLIENT] < 2 * HELD


def test_a_page_shows_each_part_of_each_size() -> None:
    parts = {name: Part(1.5, 2_000.0) for name in PARTS} | {"service": Part(None, 300.0)}

    lines = markdown({"10 images": parts, "20 images": parts}).splitlines()

    assert lines[:2] == ["| seconds, MB | 10 images | 20 images |", "| --- | ---: | ---: |"]
    assert "| service | 300 MB | 300 MB |" in lines
    assert "| validate_model | 1.5 s, 2,000 MB | 1.5 s, 2,000 MB |" in lines
    assert len(lines) == 2 + len(PARTS)


def test_the_page_shows_what_was_measured() -> None:
    assert markdown(read(RECORDED / FILE)) in PAGE.read_text(encoding="utf-8")
