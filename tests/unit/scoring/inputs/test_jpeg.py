import random
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from scoring.errors import (
    BrokenImageError,
    ImageError,
    TooManyScansError,
    UnsupportedColorsError,
    UnsupportedImageError,
)
from scoring.inputs.image import ImageReader
from scoring.inputs.jpeg import (
    AT_ONCE,
    FEW,
    LOOK,
    MAX_GAPS,
    MAX_SCANS,
    MAX_SEGMENTS,
    Extent,
    _any_frame,
    _seeming_scans,
    _usual_frame,
    read_frame,
    walk_jpeg,
)
from tests.hostile_images import (
    END,
    SCAN,
    encoded,
    grain,
    more_scans,
    motion_photo,
    profile,
    segment,
    with_segments,
)

READER = ImageReader(100_000, by_size=False)
PLAIN = encoded(grain(80, 60), "JPEG", quality=95)
PROGRESSIVE = encoded(grain(80, 60), "JPEG", quality=95, progressive=True)


def read(body: bytes) -> bytes:
    """What the decoder would be given."""
    READER.check(body)
    ((image,),) = READER.read(body).columns
    assert isinstance(image, bytes)
    return image


def decoded(image: bytes, channels: int = 3) -> Any:
    return tf.io.decode_image(image, channels=channels, expand_animations=False).numpy()


@pytest.mark.parametrize("jpeg", [PLAIN, PROGRESSIVE])
def test_a_motion_photo_is_its_photo(jpeg: bytes) -> None:
    assert read(motion_photo(jpeg)) == jpeg


def test_what_is_harmless_is_not_walked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def counted(data: bytes, pixels: int, max_pixels: int) -> Extent:
        extent = walk_jpeg(data, pixels, max_pixels)
        asked.append(extent.end)
        return extent

    monkeypatch.setattr("scoring.inputs.jpeg.walk_jpeg", counted)
    for_both_eyes = PLAIN + PROGRESSIVE
    for body in (PLAIN, PROGRESSIVE, for_both_eyes):
        assert read(body) is body
    video = motion_photo(PLAIN)[len(PLAIN) :] + END
    assert read(PLAIN + video) == PLAIN + video
    assert asked == []
    assert read(PROGRESSIVE + video) == PROGRESSIVE
    assert asked == [len(PROGRESSIVE)]
    np.testing.assert_array_equal(decoded(PLAIN + video), decoded(PLAIN))
    np.testing.assert_array_equal(decoded(for_both_eyes), decoded(PLAIN))


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}, {"subsampling": 2}])
@pytest.mark.parametrize("side", [1, 17, 300])
def test_the_end_of_any_jpeg_is_found(options: dict[str, Any], side: int) -> None:
    jpeg = encoded(grain(side, side), "JPEG", quality=100, **options)
    assert walk_jpeg(jpeg + SCAN + END, side * side, side * side).end == len(jpeg)


@pytest.mark.parametrize("size", [600_000, 8_000_000])
@pytest.mark.parametrize("code", [0xE1, 0xE2, 0xFE])
def test_a_large_profile_or_thumbnail_is_passed_over(code: int, size: int) -> None:
    jpeg = with_segments(PLAIN, code, profile(size))
    assert read(jpeg) == jpeg


def test_what_is_between_segments_is_passed_over_as_the_decoder_does() -> None:
    start = PLAIN.index(b"\xff\xdb")
    odd = PLAIN[:start] + b"odd \xff\x00\xff\xd3 bytes \xff\xff\xff" + PLAIN[start:]
    assert read(odd) == odd
    np.testing.assert_array_equal(decoded(odd), decoded(PLAIN))


@pytest.mark.parametrize("gap", [bytes(MAX_GAPS + 10), b"\xff" * (MAX_GAPS + 10), b"\xff\x00" * MAX_GAPS])
def test_no_scan_hides_behind_a_gap(gap: bytes) -> None:
    start = PLAIN.index(b"\xff\xdb")
    with pytest.raises(BrokenImageError, match="bytes that belong to nothing"):
        READER.check(PLAIN[:start] + gap + PLAIN[start:])
    with pytest.raises(BrokenImageError, match="bytes that belong to nothing"):
        read(PLAIN[:-2] + segment(0xFE, b"") + gap)


@pytest.mark.parametrize("length", [FEW - 1, FEW, FEW + 1, FEW + LOOK - 1, FEW + LOOK, FEW + LOOK + 1, 10**6])
@pytest.mark.parametrize("filling", [b"\x00", b"\xff\x00", b"\xff\xd0", b"\xff"])
def test_the_marker_behind_a_scan_is_found_wherever_it_is(length: int, filling: bytes) -> None:
    start = PLAIN.index(SCAN) + len(SCAN) + 12
    jpeg = PLAIN[:start] + (filling * length)[:length]
    assert walk_jpeg(jpeg + b"\x00" + END + SCAN, 1, 1).end == len(jpeg) + 3


def test_the_limit_of_scans_is_exact_and_the_decoder_s() -> None:
    few = PROGRESSIVE.count(SCAN)
    at_limit = more_scans(PROGRESSIVE, MAX_SCANS - few)
    assert read(at_limit) == at_limit
    assert decoded(at_limit).shape == (60, 80, 3)
    with pytest.raises(TooManyScansError, match="more than 100 scans: save it anew"):
        read(more_scans(PROGRESSIVE, MAX_SCANS - few + 1))


@pytest.mark.parametrize("code", [0xC0, 0xC1])
def test_of_codes_in_order_one_scan_with_all_inks_is_decoded(code: int) -> None:
    """So whatever else could be one needn't be counted: the decoder gives up there, and the first is all it did."""
    plain = PLAIN.replace(b"\xff\xc0", bytes((0xFF, code)), 1)
    again = more_scans(plain, 10 * MAX_SCANS)
    assert read_frame(plain).once
    assert read(again) == again
    with pytest.raises(tf.errors.InvalidArgumentError):
        decoded(again)
    np.testing.assert_array_equal(decoded(plain), decoded(PLAIN))


def test_scans_of_fewer_inks_are_counted() -> None:
    """Each of them, though its codes are in order, makes the decoder pass over all pixels once more."""
    inks, scan = PLAIN.index(b"\xff\xc0") + 9, PLAIN.index(SCAN)
    of_one_ink = PLAIN[:inks] + b"\x01" + PLAIN[inks + 1 :]
    scan_of_one = PLAIN[: scan + 4] + b"\x01" + PLAIN[scan + 5 :]
    for some in (PROGRESSIVE, of_one_ink, scan_of_one):
        assert not read_frame(some).once
        with pytest.raises(TooManyScansError):
            read(more_scans(some, MAX_SCANS))


@pytest.mark.parametrize("size", [AT_ONCE, AT_ONCE + 2])
def test_what_could_be_a_scan_is_counted_in_small_and_large_files(size: int) -> None:
    data = SCAN[:2] * 3 + b"\xff\xd8" * (size // 2 - 3)
    assert _seeming_scans(data, 5) == 3
    assert _seeming_scans(data, 2) >= 3


@pytest.mark.parametrize(("pixels", "scans"), [(10_000, 20), (5_000, 40), (1_000, 100), (1, 100)])
def test_a_large_image_may_have_fewer_scans(pixels: int, scans: int) -> None:
    few = PROGRESSIVE.count(SCAN)
    assert walk_jpeg(more_scans(PROGRESSIVE, scans - few), pixels, 10_000)
    with pytest.raises(TooManyScansError, match=f"more than {scans} scans"):
        walk_jpeg(more_scans(PROGRESSIVE, scans - few + 1), pixels, 10_000)


def test_segments_are_limited() -> None:
    jpeg = PLAIN[:2] + MAX_SEGMENTS * segment(0xFE, b"") + PLAIN[2:]
    with pytest.raises(BrokenImageError, match="more than 2000 segments"):
        READER.check(jpeg)


def test_inks_whose_meaning_is_said_are_decoded_as_pillow_does() -> None:
    """Adobe's segment says that 255 is no ink; without it, Pillow and TensorFlow take it for opposite things."""
    flat = Image.new("RGB", (16, 16), (200, 120, 40)).convert("CMYK")
    jpeg = encoded(flat, "JPEG", quality=95)
    expected = np.asarray(flat.convert("RGB"), int)
    assert np.abs(decoded(read(jpeg)) - expected).max() <= 4
    start = jpeg.index(b"\xff\xee")
    unsaid = jpeg[:start] + jpeg[start + 16 :]
    with pytest.raises(UnsupportedColorsError, match=r"CMYK, and it isn't said .* convert it to RGB or grey"):
        READER.check(unsaid)
    assert np.abs(decoded(unsaid) - expected).max() > 100


@pytest.mark.parametrize("jpeg", [PLAIN, PROGRESSIVE, motion_photo(PROGRESSIVE)])
def test_whatever_the_damage_it_is_the_client_s_fault_or_the_decoder_s_to_judge(jpeg: bytes) -> None:
    chance = random.Random(7)  # noqa: S311 -- the same damage each time
    told = 0
    for _ in range(500):
        damaged = bytearray(jpeg[: chance.randrange(4, len(jpeg))])
        for _ in range(chance.randrange(8)):
            damaged[chance.randrange(3, len(damaged))] = chance.randrange(256)
        try:
            assert damaged.startswith(read(bytes(damaged)))
        except ImageError:
            told += 1
    assert 0 < told < 500


@pytest.mark.parametrize("jpeg", [PLAIN, PROGRESSIVE])
def test_a_usual_frame_is_what_the_whole_walk_finds(jpeg: bytes) -> None:
    chance = random.Random(8)  # noqa: S311 -- the same damage each time
    usual = 0
    for _ in range(2000):
        damaged = bytearray(jpeg)
        for _ in range(chance.randrange(4)):
            damaged[chance.randrange(3, jpeg.index(SCAN) + 16)] = chance.choice((0, 1, 4, 0xC0, 0xC4, 0xD9, 0xDA, 0xFF))
        found = _usual_frame(bytes(damaged))
        usual += found is not None
        assert found is None or found[:3] == _any_frame(bytes(damaged))[:3]
    assert 0 < usual < 2000


def test_the_size_is_that_of_the_first_frame() -> None:
    assert read_frame(PLAIN) == (60, 80, 3, True)
    assert read_frame(PLAIN[: PLAIN.index(SCAN)])[:3] == (60, 80, 3)
    with pytest.raises(BrokenImageError, match="says nowhere how large it is"):
        read_frame(PLAIN[: PLAIN.index(b"\xff\xc0") + 5])


@pytest.mark.parametrize("code", [0xC3, *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)])
def test_what_no_camera_writes_is_refused_by_its_header(code: int) -> None:
    """Arithmetic coding above all (T.81, SOF9 and more), which libjpeg decodes at five times the cost."""
    at = PLAIN.index(b"\xff\xc0") + 1
    odd = PLAIN[:at] + bytes([code]) + PLAIN[at + 1 :]
    for body in (odd, PLAIN[: at - 1] + odd[at - 1 : at + 18] + PLAIN[at - 1 :]):
        with pytest.raises(
            UnsupportedImageError, match=f"JPEG of a rare kind .SOF{code - 0xC0}.: save it as a usual one"
        ):
            READER.check(body)


@pytest.mark.parametrize("code", [0xC0, 0xC1])
def test_the_usual_kinds_are_let_pass(code: int) -> None:
    at = PLAIN.index(b"\xff\xc0") + 1
    READER.check(PLAIN[:at] + bytes([code]) + PLAIN[at + 1 :])
    READER.check(PROGRESSIVE)
