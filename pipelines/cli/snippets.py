"""Prints how to call a service, as lines that can be copied: none is wrapped, indented, or in a frame."""

from collections.abc import Mapping

from rich.console import Console

TITLES = {
    "key": "# call it from elsewhere: first put its key, which nothing else prints, into the environment",
    "curl": "# then with curl",
    "python": "# or with Python",
}


def print_calling(parts: Mapping[str, str], console: Console) -> None:
    """The parts of pipelines.live.calling.Calling."""
    for name, title in TITLES.items():
        console.print(title, style="dim", soft_wrap=True)
        console.print(parts[name], markup=False, soft_wrap=True)
