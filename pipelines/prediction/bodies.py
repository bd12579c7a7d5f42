"""The request that asks about a file, or about one line of JSON lines, as validation names its samples."""

from pathlib import Path

from config.errors import AmlGpuError
from pipelines.live.query import body_of, is_line


def body_of_file(name: str, longest: int) -> bytes:
    """As body_of() of a file's path; of ``FILE.jsonl:LINE`` that line's input as one row.

    AmlGpuError for what can't be read, has more than ``longest`` bytes, or isn't what its name says.
    """
    try:
        size = 0 if is_line(name) else Path(name).stat().st_size
    except OSError as error:
        raise AmlGpuError(f"can't be read: {error.strerror}") from None
    if size > longest:
        raise AmlGpuError(f"{size:,} bytes, the service takes {longest:,} at most (scoring.max_body_megabytes)")
    return body_of(name)
