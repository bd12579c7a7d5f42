"""Images that cost more than they say, or hold more than they are, sent to the real server."""

import zlib

import pytest

from steps.querying.client import ScoringClient
from steps.validation.measurement import bad_requests
from tests.hostile_images import (
    MIB,
    chunk,
    empty_scans,
    more_scans,
    motion_photo,
    pixel_bomb,
    png,
    profile,
    segment,
    text_bomb,
    with_segments,
)
from tests.integration.scoring.client.load import ask_all
from tests.integration.scoring.client.pictures import kinds
from tests.integration.scoring.client.wire import Wire, post
from tests.integration.scoring.server.running import Running

JPEG, PROGRESSIVE = kinds()["JPEG"], kinds()["progressive JPEG"]
MOST = 10 * MIB  # bytes of a body
NOTHING = zlib.compress(bytes(72))  # of a PNG of 8 x 8 pixels

SOUND = {
    "a motion photo": (motion_photo(JPEG), JPEG),
    "a motion photo of 9 MiB": (motion_photo(JPEG, 18_000), JPEG),
    "a profile of 600 kB": (with_segments(JPEG, 0xE2, profile(600_000)), JPEG),
    "a thumbnail of 9 MB": (with_segments(PROGRESSIVE, 0xE1, profile(9_000_000)), PROGRESSIVE),
    "a PNG with a video": (kinds()["PNG"] + bytes(9 * MIB), kinds()["PNG"]),
    "a thousand texts": (text_bomb(1000), png(8, 8, NOTHING)),
    "a thousand international texts": (text_bomb(1000, b"iTXt"), png(8, 8, NOTHING)),
}
HOSTILE = {
    "pixels of 9.5 GB": (pixel_bomb(9500), 400, "BrokenImage"),
    "pixels of 110 MB": (pixel_bomb(110), 400, "BrokenImage"),
    "600,000 chunks": (png(8, 8, NOTHING, before=600_000 * chunk(b"tIME", b"")), 400, "BrokenImage"),
    "2 million segments": (JPEG[:2] + 2_000_000 * segment(0xFE, b"") + JPEG[2:], 400, "BrokenImage"),
    "9 MiB of nothing": (JPEG[:2] + 9 * MIB * b"\xff" + JPEG[2:], 400, "BrokenImage"),
    "a scan of restarts": (JPEG[:-2] + 4 * MIB * b"\xff\xd0", 400, "BrokenImage"),
    "arithmetic coding": (empty_scans(5000, 5000, 19, 0xCA), 415, "UnsupportedImage"),
    "a PNG that is too wide": (png(25_000_000, 1, NOTHING), 413, "ImageTooLarge"),
    "1,000 scans": (more_scans(PROGRESSIVE, 1000), 422, "TooManyScans"),
}


@pytest.mark.parametrize("name", SOUND)
def test_what_is_sound_is_answered_as_the_image_alone(service: Running, name: str) -> None:
    odd, plain = SOUND[name]
    assert len(odd) <= MOST
    one, other = ask_all(service.port, [odd, plain], concurrency=1)
    assert (one.status, other.status) == (200, 200)
    assert one.json["probabilities"] == pytest.approx(other.json["probabilities"], abs=1e-5)


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_hostile_is_told_and_harms_nobody(service: Running, digits: list[bytes], name: str) -> None:
    body, status, code = HOSTILE[name]
    assert len(body) <= MOST
    with Wire(service.port) as wire:
        answer = wire.ask(post(body))
        assert (answer.status, answer.error) == (status, code)
        assert wire.ask(post(digits[0])).status == 200


def test_a_motion_photo_as_the_first_sample_passes_the_check_of_robustness(
    service: Running, digits: list[bytes]
) -> None:
    with ScoringClient(f"{service.url}/score", None, timeout=60) as client:
        assert bad_requests(client, motion_photo(digits[0], scans=1000), None) == ()
