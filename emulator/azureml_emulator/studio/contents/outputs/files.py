"""The files that a run keeps, and how a browser may show them."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from azureml_emulator.azure.storage.artifacts.content import EXPERIMENT_RUN, artifact_file, list_paths
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.studio.contents.outputs.metrics import MEDIA_TYPES

LIMIT = 200
"""Files of a run that a page lists."""
PAGE, TEXT, OTHER = "text/html", "text/plain", "application/octet-stream"
_TEXTS = (".txt", ".log", ".json", ".jsonl", ".md", ".csv", ".yml", ".yaml", ".py")
_TYPES = MEDIA_TYPES | dict.fromkeys((".html", ".htm"), PAGE) | dict.fromkeys(_TEXTS, TEXT)
_POLICY = (
    *("sandbox", "default-src 'none'", "style-src 'unsafe-inline'", "img-src data:"),
    *("base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"),
)
SANDBOX = {"Content-Security-Policy": "; ".join(_POLICY), "Cross-Origin-Opener-Policy": "unsafe-none"}
"""Headers of a file: it is a run's, which may have written anything. It is shown as if it came from another site,
without script, and can ask for nothing: it must hold what it needs. A browser may refuse to open a page in a sandbox
that asks for a group of windows of its own too, as the other pages do."""


@dataclass(frozen=True)
class RunFile:
    path: str
    """In the run's artifacts, as ``outputs/report.html``."""
    size: str

    @property
    def name(self) -> str:
        return PurePosixPath(self.path).name


@dataclass(frozen=True)
class RunFiles:
    shown: list[RunFile]
    """Pages first, then those that lie in the fewest folders."""
    count: int
    """Of all: no more than LIMIT are shown."""

    @property
    def pages(self) -> list[RunFile]:
        """Those that are pages, as a report is."""
        return [file for file in self.shown if media_type(file.path) == PAGE]


def files_of(workspace: LocalWorkspace, run_id: str) -> RunFiles:
    paths = list_paths(workspace, EXPERIMENT_RUN, f"dcid.{run_id}")
    ordered = sorted(paths, key=lambda path: (media_type(path) != PAGE, path.count("/"), path))
    return RunFiles([RunFile(path, _size(file_of(workspace, run_id, path))) for path in ordered[:LIMIT]], len(paths))


def file_of(workspace: LocalWorkspace, run_id: str, path: str) -> Path:
    """Where it lies, if it is there. Raises BadRequest for a path that leads elsewhere."""
    return artifact_file(workspace, EXPERIMENT_RUN, f"dcid.{run_id}", path)


def media_type(path: str) -> str:
    """What a browser is told; OTHER for what it may only keep."""
    return _TYPES.get(PurePosixPath(path).suffix.lower(), OTHER)


def _size(file: Path) -> str:
    size = file.stat().st_size if file.is_file() else 0
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000  # type: ignore[assignment]
    return f"{size:.3g} GB"
