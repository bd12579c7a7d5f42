"""Under which conditions a blob is read or written, which make both safe where several programs share it.

https://learn.microsoft.com/rest/api/storageservices/specifying-conditional-headers-for-blob-service-operations
"""

from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path

from starlette.requests import Request

from azureml_emulator.azure.storage.blobs.files import etag
from azureml_emulator.errors import BadRequest, Conflict, PreconditionFailed

CONDITIONS = frozenset({"if-match", "if-none-match", "if-modified-since", "if-unmodified-since"})


def check_write(request: Request, file: Path, *, replaces: bool = False) -> None:
    """Raises Conflict for a blob that was to be new where the write ``replaces`` one, else PreconditionFailed."""
    if replaces and _tag(request, "if-none-match") == "*" and file.exists():
        raise Conflict("the blob exists", code="BlobAlreadyExists")
    if _other_than_asked(request, file) or _as_known(request, file):
        raise PreconditionFailed("the blob is not as the conditions of the request have it")


def is_unmodified(request: Request, file: Path) -> bool:
    """Whether a reader has the blob already. Raises PreconditionFailed where it is another than was asked for."""
    if _other_than_asked(request, file):
        raise PreconditionFailed("the blob is not as the conditions of the request have it")
    return _as_known(request, file)


def _other_than_asked(request: Request, file: Path) -> bool:
    if (wanted := _tag(request, "if-match")) is not None:
        return not file.exists() or wanted not in ("*", etag(file))
    if (until := _moment(request, "if-unmodified-since")) is not None:
        return file.exists() and _modified(file) > until
    return False


def _as_known(request: Request, file: Path) -> bool:
    if (known := _tag(request, "if-none-match")) is not None:
        return file.exists() and known in ("*", etag(file))
    if (since := _moment(request, "if-modified-since")) is not None:
        return file.exists() and _modified(file) <= since
    return False


def _tag(request: Request, header: str) -> str | None:
    tags = request.headers.getlist(header)
    if len(tags) > 1 or "," in "".join(tags):
        raise BadRequest(f"{header} has one ETag, not several", code="MultipleConditionHeadersNotSupported")
    return tags[0] if tags else None


def _moment(request: Request, header: str) -> datetime | None:
    if (text := request.headers.get(header)) is None:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        raise BadRequest(f"{header} is a date as HTTP has them, not {text!r}", code="InvalidHeaderValue") from None
    return moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment


def _modified(file: Path) -> datetime:
    """In whole seconds, as Last-Modified says it."""
    return datetime.fromtimestamp(int(file.stat().st_mtime), timezone.utc)
