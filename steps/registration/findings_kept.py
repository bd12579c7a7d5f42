"""What runs found out about SavedModels, as files on the datastore that only a run's record makes believable."""

from steps.artifacts.recorded import property_of, sha256_of
from workspaces.files import StoredFile
from workspaces.jobs.runs import Run

FOLDER = "amlgpu/inspections"
STEP = "register_model"
LENGTH = 12


class KeptFindings:
    """Findings by key, for one run of the step register_model.

    The file names the pipeline run that found out; that run's step has recorded its SHA-256 as a property.
    """

    def __init__(self, run: Run) -> None:
        self._run, self._workspace = run, run.workspace
        self._stored: dict[str, StoredFile | None] = {}

    @property
    def finder(self) -> str:
        """The pipeline run that a new finding is to name."""
        return self._run.pipeline_run_id

    def read(self, key: str) -> bytes | None:
        """What was written under the key; None where there is none. believed() says whether it may be used."""
        stored = self._stored[key] = self._workspace.files.read(f"{FOLDER}/{key}.json")
        return stored.content if stored else None

    def believed(self, key: str, content: bytes, finder: str) -> bool:
        """Whether the register_model of the pipeline run ``finder`` recorded this content under this key."""
        step = self._workspace.runs.step(finder, STEP)
        return step is not None and step.properties().get(_property(key)) == sha256_of(content)

    def write(self, key: str, content: bytes) -> None:
        """Record the content and keep it, in the place of what was read; not where this run recorded another."""
        digest, name = sha256_of(content), _property(key)
        recorded = self._run.properties().get(name)
        if recorded is None:
            self._run.add_properties({name: digest})
        if recorded in (None, digest):
            stored = self._stored.get(key)
            self._workspace.files.write(f"{FOLDER}/{key}.json", content, stored.etag if stored else None)


def _property(key: str) -> str:
    return property_of(f"inspections.{key[:LENGTH]}")
