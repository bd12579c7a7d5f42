"""How much is scored together."""

import zlib

import pytest
import tensorflow as tf

from scoring.errors import BrokenImageError
from scoring.inputs.examples import Examples
from scoring.inputs.image import TOGETHER
from scoring.scorer import Scorer, batch_sizes
from scoring.settings import ServiceSettings
from tests.hostile_images import empty_scans, png, zeros
from tests.unit.scoring.conftest import Save, brightness, classify, encode


@pytest.mark.parametrize(("largest", "sizes"), [(1, (1,)), (2, (1, 2)), (6, (1, 2, 4, 6)), (16, (1, 2, 4, 8, 16))])
def test_batch_sizes(largest: int, sizes: tuple[int, ...]) -> None:
    assert batch_sizes(largest) == sizes


def test_a_batch_holds_as_many_images_as_memory_allows(save: Save) -> None:
    scorer = Scorer(
        save(brightness, tf.TensorSpec([None, 8, 6, 3], tf.uint8, name="image")),
        settings=ServiceSettings(max_pixels=500),
    )
    bodies = [encode("white", size=(25, 20))] * (TOGETHER + 1)
    parts = [[place for place, _ in part] for part in scorer.answer(bodies)]
    assert parts == [[*range(TOGETHER)]]
    assert [answer.label for answer in classify(scorer, bodies)] == [1] * len(bodies)


@pytest.mark.parametrize(
    ("heavy", "sizes"),
    [
        (empty_scans(2500, 2500, 20), [3, 3, 3]),
        (png(3000, 3000, zlib.compress(bytes(1000)), depth=16, color=6, interlaced=1), [1] * 3),  # refused by libpng
        (png(5000, 4000, zeros(118), depth=16, color=2), [1] * 3),  # refused by us, once inflated
        (encode("white"), [9]),
    ],
)
def test_a_batch_holds_what_is_decoded_in_the_time_of_a_few_ordinary_images(
    scorer: Scorer, heavy: bytes, sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = 0
    read = scorer.reader.read

    def counted(body: bytes) -> Examples:
        nonlocal reads
        reads += 1
        return read(body)

    monkeypatch.setattr(scorer.reader, "read", counted)
    bodies, taken = [heavy] * sum(sizes), []
    while bodies:
        before, reads = len(bodies), 0
        del bodies[: sum(len(part) for part in scorer.answer(bodies))]
        assert reads == before - len(bodies)
        taken.append(reads)
    assert taken == sizes


def test_the_bytes_that_are_read_for_a_batch_are_bounded(scorer: Scorer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused ones, too: whatever is found out about them takes time that the others wait."""
    asked: list[int] = []

    def refuse(body: bytes) -> Examples:
        asked.append(len(body))
        raise BrokenImageError

    monkeypatch.setattr(scorer.reader, "read", refuse)
    (part,) = scorer.answer([bytes(10 * 2**20)] * 9)
    assert len(part) == len(asked) == 4
