"""What the upload of a snapshot must be like."""

from typing_extensions import NotRequired, TypedDict

from azureml_emulator.server.requests.shapes import Items, Named, Path, Reference, Scalar


class Wanted(TypedDict):
    FileNames: Items[Path]


class FileNode(TypedDict):
    FullName: Path
    BlobUri: str


class Revisions(TypedDict):
    FileNodes: Items[FileNode]


class Node(TypedDict, total=False):
    """A file or folder. The SDK's own keys have capitals, those of another version have none."""

    Type: Scalar | None
    type: Scalar | None
    Children: "Named[Path, Node] | None"
    children: "Named[Path, Node] | None"


class Snapshot(TypedDict):
    ParentSnapshotId: NotRequired[Reference | None]
    FileRevisionList: Revisions
    DirTreeNode: Node
