"""A full disk, whoever met it: a step, a verb, or the SDK on behalf of either."""

import errno
import os
import shutil

from config.errors import AmlGpuError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def no_room(error: BaseException) -> AmlGpuError | None:
    """What to tell where a full disk is the root cause; None where it isn't."""
    causes: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in causes:
        causes.append(following)
        following = following.__cause__ or following.__context__
    full = next((cause for cause in causes if _is_full(cause)), None)
    if full is None:
        return None
    file = getattr(full, "filename", None)
    place = f"the disk of {file}" if file else "the disk (of this folder, or of TMPDIR)"
    return AmlGpuError(f"There is no room on {place}: make some, then do the same again. What was there is whole.")


def _is_full(error: BaseException) -> bool:
    if isinstance(error, shutil.Error):  # of many files
        return any(os.strerror(number) in str(error) for number in _NO_ROOM)
    return isinstance(error, OSError) and error.errno in _NO_ROOM
