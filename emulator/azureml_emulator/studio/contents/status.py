"""How states are shown: by a word and a mark, and by a colour beside them."""

from dataclasses import dataclass

from azureml_emulator.studio.contents.shapes import pairs
from azureml_emulator.wire import Document

_MARKS = {"good": "✓", "bad": "✗", "going": "▶", "waiting": "…", "stopped": "■"}
_TONES = {
    "good": ("Completed", "Healthy", "Active", "Ready"),
    "bad": ("Failed", "Unhealthy", "Unschedulable", "Ended"),
    "going": ("Running", "Preparing", "Provisioning", "Starting", "Finalizing", "CancelRequested", "Transitioning"),
    "waiting": ("NotStarted", "Queued"),
    "stopped": ("Canceled", "Disabled", "Deprecated"),
}
_TONE_OF_WORD = {word: tone for tone, words in _TONES.items() for word in words}
REASON, REFUSED = "reason", "refused"
"""The tag that says why a run failed, and how the text begins that says that nothing broke."""
_SAME = {"Finished": "Completed"}
"""Pipelines call finished what run history calls completed."""


@dataclass(frozen=True)
class Status:
    word: str
    tone: str
    """A class of the stylesheet."""
    mark: str

    @property
    def is_going(self) -> bool:
        """Whether it will change by itself."""
        return self.tone in ("going", "waiting")


def status_of(word: object) -> Status:
    """Clients may write any status: one that is not known is shown as it is."""
    shown = _SAME.get(str(word), str(word))
    tone = _TONE_OF_WORD.get(shown, "stopped")
    return Status(shown, tone, _MARKS[tone])


def status_of_run(run: Document) -> Status:
    """A run that failed because it refused something, as its tags say, is not one that broke."""
    status = status_of(run["status"])
    refused = status.tone == "bad" and reason_of(run).lower().startswith(REFUSED)
    return Status("Refused", "stopped", "■") if refused else status


def reason_of(run: Document) -> str:
    """Why it ended as it did, in its own words: its tag ``reason``."""
    return pairs(run["tags"]).get(REASON, "")
