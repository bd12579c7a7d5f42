"""What files may be called that are uploaded to the datastore.

Blobs' names: https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata
"""

import re
from collections.abc import Iterable, Iterator

UNFINISHED = ".amlgpu-unfinished"
"""A file that lies in a folder on the datastore until all of it has come."""
MANIFEST = ".amlgpu-files"
"""A file in a folder on the datastore that tells the hash of each other."""
LONGEST = 900  # characters: of the 1,024 of a blob's name, what amlgpu/<kind>/<SHA-256>/ leaves, and some
NOT_IN_XML = re.compile("[\x00-\x1f\x7f-\x9f\ufffe\uffff]")
"""Characters that no listing can hold, and controls that URLs may not."""
NOT_UTF_8 = re.compile("[\ud800-\udfff]")
"""What Python makes of bytes in a name that aren't UTF-8, which a blob's name is."""
TAKEN = {
    UNFINISHED: "this name marks an upload that isn't finished: rename it, or remove it",
    MANIFEST: "this name is that of an upload's list of files: rename it, or remove it",
}
SHOWN = 100  # characters


def unstorable(names: Iterable[str]) -> Iterator[str]:
    """Of each path in a folder that can't be stored, a clause that names it, why, and what to do."""
    for name in names:
        if why := _why(name):
            shown = name if len(name) <= SHOWN else f"{name[:SHOWN]}…"
            yield f"the file {shown!r} can't be stored: {why}"


def _why(name: str) -> str | None:
    if NOT_UTF_8.search(name):
        return "its name isn't UTF-8: rename it"
    if NOT_IN_XML.search(name):
        return "its name holds a control character: rename it"
    if len(name) > LONGEST:
        return f"its path has {len(name):,} characters, of {LONGEST} at most: shorten it"
    return TAKEN.get(name)
