"""Bodies that nobody should send, and what no answer to them may be."""

import io
import struct
import zlib
from collections import Counter
from collections.abc import Callable, Sequence

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from PIL import Image

from tests.integration.scoring.client.pictures import kinds
from tests.integration.scoring.client.wire import Answer, Wire, post

ALLOWED = {200, 400, 405, 413, 415, 422, 503}
MAGIC = (b"\xff\xd8\xff", b"\xff\xd8\xff\xe0\x00\x10JFIF\0", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF", b"BM", b"{", b"")
SIDES = st.sampled_from([0, 1, 2, 255, 256, 5000, 5001, 60_000, 65_535]) | st.integers(0, 65_535)
JPEG_FRAMES = (b"\xff\xc0", b"\xff\xc1", b"\xff\xc2")
HUGE = 2**31 - 1


def bodies() -> st.SearchStrategy[bytes]:
    """Noise, text, and files of every kind: cut, flipped, spliced, overwritten, and with other sizes in their heads."""
    file = st.sampled_from(list(kinds().values()))
    noise = st.binary(max_size=500)
    return st.one_of(
        st.builds(bytes.__add__, st.sampled_from(MAGIC), noise),
        st.text(max_size=200).map(str.encode),
        file,
        st.builds(_cut, file, st.floats(0, 1)),
        st.builds(_flip, file, st.lists(st.tuples(st.floats(0, 1), st.integers(0, 7)), min_size=1, max_size=20)),
        st.builds(_splice, file, file, st.floats(0, 1), st.floats(0, 1)),
        st.builds(_overwrite, file, st.floats(0, 1), noise),
        st.builds(_resize, file, SIDES | st.just(HUGE), SIDES | st.just(HUGE)),
        st.builds(bytes.__add__, file, noise),
    )


def run(case: Callable[[bytes], None], count: int, number: int | None) -> None:
    """Try `count` bodies: those of seed `number`, or with None the same ones each time."""
    options = settings(
        max_examples=count,
        derandomize=number is None,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    test = options(given(bodies())(case))
    (test if number is None else seed(number)(test))()


def fuzz(port: int, count: int, number: int | None = None) -> Counter[int]:
    """Score `count` bodies as `run` chooses them; how many got each status. AssertionError with a bad answer's body."""
    statuses: Counter[int] = Counter()
    with Wire(port) as wire:

        def case(body: bytes) -> None:
            answer = wire.ask(post(body))
            check(answer)
            statuses[answer.status] += 1

        run(case, count, number)
    return statuses


def check(answer: Answer) -> None:
    """Whether a body of any kind may be answered like this."""
    assert answer.status in ALLOWED, answer
    if answer.status == 200:
        assert len(answer.json["probabilities"]) > answer.json["class"]
    else:
        assert answer.error


def _cut(file: bytes, where: float) -> bytes:
    return file[: int(len(file) * where)]


def _flip(file: bytes, bits: Sequence[tuple[float, int]]) -> bytes:
    flipped = bytearray(file)
    for where, bit in bits:
        flipped[int((len(file) - 1) * where)] ^= 1 << bit
    return bytes(flipped)


def _splice(file: bytes, other: bytes, end: float, start: float) -> bytes:
    return _cut(file, end) + other[int(len(other) * start) :]


def _overwrite(file: bytes, where: float, noise: bytes) -> bytes:
    start = int(len(file) * where)
    return file[:start] + noise + file[start + len(noise) :]


def _resize(file: bytes, width: int, height: int) -> bytes:
    """`file` with another size in its head; not a JPEG or PNG: unchanged."""
    if file.startswith(b"\x89PNG"):
        header = b"IHDR" + struct.pack(">II", width, height) + file[24:29]
        return file[:12] + header + struct.pack(">I", zlib.crc32(header)) + file[33:]
    frame = max(file.find(marker) for marker in JPEG_FRAMES) if file.startswith(b"\xff\xd8") else -1
    if frame < 0:
        return file
    return file[: frame + 5] + struct.pack(">HH", height & 0xFFFF, width & 0xFFFF) + file[frame + 9 :]


def huge_header(image_format: str) -> bytes:
    """A small file that claims 60,000 x 60,000 pixels."""
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, image_format)
    return _resize(file.getvalue(), 60_000, 60_000)
