"""Bodies that are no sound image: an error of the client's, told in JSON, and a server that goes on as before."""

from contextlib import suppress

import pytest

from scoring.errors import ImageError
from scoring.inputs.image import check_image
from tests.integration.scoring.client import fuzz
from tests.integration.scoring.client.load import ask_all
from tests.integration.scoring.client.pictures import kinds
from tests.integration.scoring.client.wire import CHUNKED, Wire, chunk, head, post
from tests.integration.scoring.server.running import Running, size

MIB = 2**20
BODY_MIB = 10  # the largest body that is taken
HTTP_CASES = 300
PURE_CASES = 2000
UNSUPPORTED = {"GIF", "animated GIF", "WebP", "BMP", "TIFF", "ICO"}


@pytest.mark.parametrize("kind", kinds())
def test_every_kind_of_file(service: Running, kind: str) -> None:
    with Wire(service.port) as wire:
        answer = wire.ask(post(kinds()[kind]))
    if kind in UNSUPPORTED:
        assert (answer.status, answer.error) == (415, "UnsupportedImage")
    elif kind == "CMYK JPEG":
        assert (answer.status, answer.error) == (422, "UnsupportedColors")
    else:
        assert answer.status == 200


@pytest.mark.parametrize("kind", [kind for kind in kinds() if kind not in UNSUPPORTED])
def test_a_file_cut_anywhere(service: Running, kind: str) -> None:
    file = kinds()[kind]
    ends = [*range(min(len(file), 60)), *range(60, len(file), max(1, len(file) // 40))]
    for answer in ask_all(service.port, [file[:end] for end in ends], concurrency=4):
        fuzz.check(answer)


@pytest.mark.parametrize("image_format", ["JPEG", "PNG"])
def test_a_header_of_60000_x_60000_pixels(service: Running, image_format: str) -> None:
    with Wire(service.port) as wire:
        answer = wire.ask(post(fuzz.huge_header(image_format)))
    assert (answer.status, answer.error) == (413, "ImageTooLarge")


@pytest.mark.parametrize("chunked", [False, True])
def test_100_mib_are_never_held(service: Running, digits: list[bytes], chunked: bool) -> None:
    with Wire(service.port) as wire:
        before = size(service)
        wire.send(CHUNKED if chunked else head(f"Content-Length: {100 * MIB}"))
        for _ in range(100):
            wire.send(chunk(bytes(MIB)) if chunked else bytes(MIB))
            assert size(service).rss_mib < before.rss_mib + 3 * BODY_MIB
        answer = wire.ask(chunk(b"") if chunked else b"")
        assert (answer.status, answer.error) == (413, "ImageTooLarge")
        assert wire.ask(post(digits[0])).status == 200


def test_any_body_over_http(service: Running, digits: list[bytes]) -> None:
    before = size(service)
    statuses = fuzz.fuzz(service.port, HTTP_CASES)
    assert sum(statuses.values()) >= HTTP_CASES
    assert set(statuses) >= {200, 400, 413, 415, 422}
    assert size(service).rss_mib < before.rss_mib * 1.05 + 100
    assert {answer.status for answer in ask_all(service.port, digits, concurrency=4)} == {200}
    assert "Traceback" not in service.log.read_text(encoding="utf-8")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_any_body_to_the_check_alone() -> None:
    def case(body: bytes) -> None:
        with suppress(ImageError):
            check_image(body, 25_000_000)

    fuzz.run(case, PURE_CASES, None)
