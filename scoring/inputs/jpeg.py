"""A JPEG's segments (ITU-T T.81, annex B): its size, its scans, and where it ends. No pixel is decoded.

The walk is libjpeg's, by which TensorFlow decodes: what it would pass over is passed over here, so that a scan which
it would decode is counted. Behind the end there may be anything; a phone's motion photo has a video there.
"""

import re
import struct
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np

from scoring.errors import BrokenImageError, TooManyScansError, UnsupportedColorsError, UnsupportedImageError

JPEG_MAGIC = b"\xff\xd8\xff"
END, SCAN, ADOBE = 0xD9, 0xDA, 0xEE
IN_ORDER = {0xC0, 0xC1}
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # among the headers of frames: tables, and what is reserved
DECODED = {0xC0, 0xC1, 0xC2}
"""Huffman's codes, in order or progressive: what cameras and programs write. Lossless and hierarchical frames libjpeg
refuses; arithmetic coding (0xC9, 0xCA) it decodes, but a hundred bytes of it keep a core busy for seconds."""
LAST = bytes((0xFF, END))
ALONE = {0x01, 0xD8}  # without a length
HEADER = struct.Struct(">HHB")  # height, width, components
SEGMENT = struct.Struct(">BBH")  # 0xFF, its code, its length
FOUR_INKS = 4
MAX_SCANS = 100
MAX_PASSES = 20
"""Of as many pixels as an image may have. Encoders write about ten scans; each makes the decoder pass over all pixels
again, 25 million in 25 ms and more."""
MAX_SEGMENTS = 2000  # a colour profile of 10 MiB has 160, a scan with tables of its own five
AT_ONCE = 2**18  # bytes that are looked through in 70 us
USUAL = {0xC4, 0xDB, 0xDD, 0xFE, *range(0xE0, 0xF0)}  # tables, comments, what applications add
USUAL_SEGMENTS = 64
MAX_GAPS = 2**16  # bytes between segments, where there should be none
MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")  # in a scan's data, 0 and the numbers of restarts follow 0xFF, too
MARKERS = bytes(MARKER.fullmatch(bytes((0xFF, code))) is not None for code in range(256))
"""1 for the numbers of those."""
SCANS = re.compile(rb"\xff\xda")
IS_MARKER = np.frombuffer(MARKERS, np.bool_)
FEW, LOOK = 2**14, 2**18  # bytes of a scan's data that are looked through at once, at first and then


class Frame(NamedTuple):
    """Of a frame's header."""

    height: int
    width: int
    inks: int
    once: bool = False
    """Whether no more than its first scan is decoded: of codes in order, it has all inks, and libjpeg refuses a second
    (jdinput.c, initial_setup() and consume_markers())."""


def read_frame(data: bytes) -> Frame:
    """The first frame's header, of those before the first scan.

    Raises:
        BrokenImageError: no frame's header is there.
        UnsupportedImageError: a kind of JPEG that isn't decoded.
        UnsupportedColorsError: inks of which it isn't said how they are written.
    """
    return _usual_frame(data) or _any_frame(data)


def _usual_frame(data: bytes) -> Frame | None:
    """As nearly all files have it, one segment right behind the other: in a third of the time."""
    last, place, header, in_order = len(data) - SEGMENT.size - 1, 2, b"", False
    for _ in range(USUAL_SEGMENTS):
        if place > last:
            return None
        begin, code, length = SEGMENT.unpack_from(data, place)
        if begin != 0xFF:
            return None
        if code in DECODED and not header:
            header, in_order = data[place + 5 : place + 10], code in IN_ORDER
        elif code == SCAN and len(header) == HEADER.size and header[-1] != FOUR_INKS:
            height, width, inks = HEADER.unpack(header)
            return Frame(height, width, inks, once=in_order and inks == data[place + 4])
        elif code not in USUAL:
            return None
        place += length + 2 if length > 2 else 4
    return None


def _any_frame(data: bytes) -> Frame:
    header, adobe = b"", False
    for code, place in _segments(data):
        if code == SCAN:
            break
        if code in FRAMES:
            _check_kind(code)
            header = header or data[place + 3 : place + 8]
        adobe = adobe or (code == ADOBE and data.startswith(b"Adobe", place + 2))
    if len(header) < HEADER.size:
        raise BrokenImageError("The JPEG says nowhere how large it is: it is damaged.")
    frame = Frame(*HEADER.unpack(header))
    if frame.inks == FOUR_INKS and not adobe:
        raise UnsupportedColorsError(
            "The image's colours are CMYK, and it isn't said whether 0 is no ink or all: convert it to RGB or grey."
        )
    return frame


def _check_kind(code: int) -> None:
    if code not in DECODED:
        raise UnsupportedImageError(f"It is a JPEG of a rare kind (SOF{code - 0xC0}): save it as a usual one.")


class Extent(NamedTuple):
    """Of the image within the data."""

    end: int
    """The data's end where the image is cut short."""
    scans: int


def measure_jpeg(data: bytes, frame: Frame, pixels: int, max_pixels: int) -> Extent:
    """As walk_jpeg(), which is spared with nearly all, since it takes five times as long.

    So it is where the file ends as an image does, and one scan is decoded of it, or few enough could be anywhere in it:
    they are what is told.
    """
    if not data.endswith(LAST):
        return walk_jpeg(data, pixels, max_pixels)
    if frame.once:
        return Extent(len(data), 1)
    most = _most_scans(pixels, max_pixels)
    scans = _seeming_scans(data, most)
    return Extent(len(data), scans) if scans <= most else walk_jpeg(data, pixels, max_pixels)


def walk_jpeg(data: bytes, pixels: int, max_pixels: int) -> Extent:
    """The image's end, and the scans up to there.

    Raises:
        TooManyScansError: decoding its `pixels` so often takes longer than a usual image of `max_pixels`.
        BrokenImageError: more segments than any file has.
    """
    most, scans = _most_scans(pixels, max_pixels), 0
    for code, place in _segments(data):
        if code == END:
            return Extent(place, scans)
        scans += code == SCAN
        if scans > most:
            raise TooManyScansError(f"The JPEG has more than {most} scans: save it anew.")
    return Extent(len(data), scans)


def _seeming_scans(data: bytes, most: int) -> int:
    """Up to one more than `most`.

    Not by numpy where that is soon done: it lets go of Python's interpreter at each of its four steps, and then waits
    for the event loop to get it back.
    """
    if len(data) <= AT_ONCE:
        return sum(1 for _ in islice(SCANS.finditer(data), most + 1))
    octets = np.frombuffer(data, np.uint8)
    return int(np.count_nonzero((octets[:-1] == 0xFF) & (octets[1:] == SCAN)))


def _most_scans(pixels: int, max_pixels: int) -> int:
    return min(MAX_SCANS, max(1, MAX_PASSES * max_pixels // max(1, pixels)))


def _segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Each marker's code, and where what follows it begins, up to the image's end."""
    size, place, code, gaps = len(data), 2, 0, MAX_GAPS
    for _ in range(MAX_SEGMENTS):
        if code == SCAN:
            marker = _marker_after_scan(data, place)
        elif place + 1 < size and data[place] == 0xFF and MARKERS[data[place + 1]]:
            marker = place
        else:
            marker = _marker(data, place, gaps)
        if marker is None:
            return
        gaps -= 0 if code == SCAN else marker - place
        code, place = data[marker + 1], marker + 2
        yield code, place
        if code == END:
            return
        if code not in ALONE:
            place += max(2, data[place] << 8 | data[place + 1]) if place + 1 < size else 2
    raise BrokenImageError(f"The JPEG has more than {MAX_SEGMENTS} segments: save it anew.")


def _marker(data: bytes, place: int, gaps: int) -> int | None:
    found = MARKER.search(data, place, place + gaps + 2)
    if found is None and len(data) > place + gaps + 2:
        raise BrokenImageError(f"The JPEG has more than {MAX_GAPS} bytes that belong to nothing: it is damaged.")
    return found.start() if found else None


def _marker_after_scan(data: bytes, place: int) -> int | None:
    """As the pattern finds it, which is the quicker in few bytes, but slow where all of them are 0xFF."""
    found = MARKER.search(data, place, place + FEW + 1)
    if found is not None:
        return found.start()
    octets = np.frombuffer(data, np.uint8)
    for start in range(place + FEW, len(data) - 1, LOOK):
        part = octets[start : start + LOOK + 1]
        places = np.flatnonzero(part[:-1] == 0xFF)
        markers = places[IS_MARKER[part[places + 1]]]
        if markers.size:
            return start + int(markers[0])
    return None
