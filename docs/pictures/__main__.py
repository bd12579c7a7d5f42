"""`python -m docs.pictures`: release the sample on a local workspace of its own, and take the README's pictures."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from docs.pictures import browser, terminal
from docs.pictures.release import Release, released

FOLDER = Path(__file__).parent
MOST_BYTES = 300_000
"""Of all pictures together: who reads the README waits for them."""


def main() -> None:
    browser.find()  # said before the minute that a release takes
    with tempfile.TemporaryDirectory() as folder, released(Path(folder)) as release:
        pictures = dict(_pictures(release))
    size = sum(map(len, pictures.values()))
    if size > MOST_BYTES:
        sys.exit(f"error: {size:,} bytes of pictures, the README has room for {MOST_BYTES:,}")
    for name, data in pictures.items():
        (FOLDER / name).write_bytes(data)
        print(f"{(FOLDER / name).relative_to(Path.cwd())}: {len(data):,} bytes")


def _pictures(release: Release) -> Iterator[tuple[str, bytes]]:
    """Names of files, and what is in them."""
    yield "panel.svg", terminal.draw(terminal.closing(release.printed), "amlgpu run").encode()
    yield "report.png", browser.photograph([release.report.as_uri()], until=".samples")
    yield "studio.png", browser.photograph([release.sign_in(), release.run_page], until="#steps")


if __name__ == "__main__":
    main()
