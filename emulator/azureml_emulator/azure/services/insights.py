"""Application Insights: programs ask for it, and here is nobody who would collect it. It is taken, and said."""

from azureml_emulator.wire import Document

_ASKED = (
    "Application Insights is asked for (enable_app_insights), and there is none here: nothing is sent; "
    "get_logs() has what a replica prints"
)


def insights_note(service: Document) -> str:
    """A line, or nothing."""
    return f"[local workspace] {_ASKED}\n" if service.get("appInsightsEnabled") else ""
