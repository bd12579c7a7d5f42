"""The answer of List Blobs."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from email.utils import formatdate

from azureml_emulator.azure.storage.blobs.address import Address
from azureml_emulator.azure.storage.blobs.files import blob_names, etag
from azureml_emulator.azure.storage.blobs.headers import OCTETS
from azureml_emulator.errors import BadRequest, NotSupported
from azureml_emulator.state.workspace import LocalWorkspace

_MOST_RESULTS = 5000
_INCLUDED = {"metadata", "copy", "deleted", "snapshots", "tags"}
"""What can be asked for: of all but metadata there is none here."""


def listing(workspace: LocalWorkspace, container: str, query: Mapping[str, str]) -> bytes:
    """The XML of one page. With a delimiter, names that go on behind it are folded into one prefix."""
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter")
    included = _included(query)
    entries = _fold(blob_names(workspace, container, prefix), prefix, delimiter)
    page, marker = _page(entries, query.get("marker", ""), _limit(query))
    root = ET.Element("EnumerationResults", ContainerName=container)
    ET.SubElement(root, "Prefix").text = prefix
    if delimiter:
        ET.SubElement(root, "Delimiter").text = delimiter
    blobs = ET.SubElement(root, "Blobs")
    for name in page:
        if delimiter and name.endswith(delimiter):
            ET.SubElement(ET.SubElement(blobs, "BlobPrefix"), "Name").text = name
        else:
            _add_blob(blobs, Address(workspace, container, name), with_metadata="metadata" in included)
    ET.SubElement(root, "NextMarker").text = marker
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _fold(names: list[str], prefix: str, delimiter: str | None) -> list[str]:
    if not delimiter:
        return names
    folded: dict[str, None] = {}
    for name in names:
        head, found, _ = name[len(prefix) :].partition(delimiter)
        folded[prefix + head + found] = None
    return sorted(folded)


def _page(entries: list[str], marker: str, limit: int) -> tuple[list[str], str]:
    """The entries from a marker on, and the marker of the page after, which is the name of its first entry."""
    rest = [entry for entry in entries if entry >= marker]
    return rest[:limit], rest[limit] if len(rest) > limit else ""


def _limit(query: Mapping[str, str]) -> int:
    wanted = query.get("maxresults", str(_MOST_RESULTS))
    if not re.fullmatch("[0-9]{1,10}", wanted) or int(wanted) == 0:
        raise BadRequest(f"maxresults is a number from 1, not {wanted!r}", code="OutOfRangeQueryParameterValue")
    return min(int(wanted), _MOST_RESULTS)


def _included(query: Mapping[str, str]) -> set[str]:
    """What is asked for beside the blobs. Raises NotSupported for what would be missing from the list."""
    included = set(filter(None, query.get("include", "").lower().split(",")))
    if unknown := sorted(included - _INCLUDED):
        raise NotSupported(f"the parameter include={unknown[0]} of a list of blobs")
    return included


def _add_blob(blobs: ET.Element, at: Address, *, with_metadata: bool) -> None:
    try:
        status, tag = at.file.stat(), etag(at.file)
    except FileNotFoundError:  # it was deleted meanwhile
        return
    described = at.record.properties(at.file)
    entry = ET.SubElement(blobs, "Blob")
    ET.SubElement(entry, "Name").text = at.blob
    properties = ET.SubElement(entry, "Properties")
    values = {
        "Creation-Time": formatdate(status.st_ctime, usegmt=True),
        "Last-Modified": formatdate(status.st_mtime, usegmt=True),
        "Etag": tag,
        "Content-Length": str(status.st_size),
        "Content-Type": OCTETS,
        "BlobType": described.kind,
        "LeaseStatus": "unlocked",
        "LeaseState": "available",
    }
    for key, value in (values | described.headers).items():
        ET.SubElement(properties, key).text = value
    if with_metadata:
        metadata = ET.SubElement(entry, "Metadata")
        for key, value in described.metadata.items():
            ET.SubElement(metadata, key).text = value
