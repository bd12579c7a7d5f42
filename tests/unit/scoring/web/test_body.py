import io

import pytest

from scoring.errors import ImageTooLargeError
from scoring.inputs.image import ImageReader
from scoring.web.body import CHUNK_BYTES, DRAIN_BYTES, read_body

TOO_LARGE = ImageReader(1, by_size=False).too_large


class Zeros:
    """A body of `size` zero bytes that never lies in memory whole."""

    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, size: int, /) -> bytes:
        count = min(size, self.left)
        self.left -= count
        return bytes(count)


class Trickle(io.BytesIO):
    """Gives fewer bytes than asked for, as a socket does."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, 7))


def test_body_is_read_whole_from_short_reads() -> None:
    assert read_body(Trickle(bytes(range(100))), 100, TOO_LARGE) == bytes(range(100))


def test_body_over_the_limit_is_drained() -> None:
    stream = Zeros(3 * CHUNK_BYTES)
    with pytest.raises(ImageTooLargeError, match="more than 1000 bytes"):
        read_body(stream, 1000, TOO_LARGE)
    assert stream.left == 0


def test_endless_body_is_not_read_for_ever() -> None:
    stream = Zeros(2 * DRAIN_BYTES)
    with pytest.raises(ImageTooLargeError):
        read_body(stream, 1000, TOO_LARGE)
    assert stream.left == DRAIN_BYTES


@pytest.mark.parametrize(("size", "fits"), [(1000, True), (1001, False)])
def test_body_limit_is_exact(size: int, fits: bool) -> None:
    if fits:
        assert len(read_body(Zeros(size), 1000, TOO_LARGE)) == size
    else:
        with pytest.raises(ImageTooLargeError):
            read_body(Zeros(size), 1000, TOO_LARGE)
