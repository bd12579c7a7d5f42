"""What the tests of the studio page share: a browser without script."""

import subprocess
import sys
from html.parser import HTMLParser
from typing import Any

import requests

from tests.integration.emulator.waiting import Emulator

LISTS = [
    *("", "/runs", "/models", "/data", "/environments", "/components", "/services", "/pipelines", "/schedules"),
]
ATTACK = "<script>alert(1)</script>"
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;"


class Studio:
    """A browser without script: keeps the cookie, and sends forms as it finds them."""

    def __init__(self, emulator: Emulator) -> None:
        self.base = f"{emulator.http}/studio"
        self.origin = emulator.http
        self.session = requests.Session()
        self.session.get(new_address(emulator), timeout=30).raise_for_status()

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.session.get(self.base + path, timeout=30, **options)

    def text(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, path: str, fields: dict[str, str], origin: str | None = "own") -> requests.Response:
        headers = {} if origin is None else {"Origin": self.origin if origin == "own" else origin}
        return self.session.post(self.base + path, data=fields, headers=headers, timeout=30)

    def submit(self, page: str, action: str, **changes: str) -> requests.Response:
        """Send the form of a page that has this action, with some of its fields changed."""
        fields = forms_of(self.text(page))[f"/studio{action}"]
        assert changes.keys() <= fields.keys(), fields
        return self.post(action, fields | changes)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        if tag == "form":
            self.fields = self.forms.setdefault(values["action"], {})
        if tag == "input":
            self.fields[values["name"]] = values["value"]


def forms_of(html: str) -> dict[str, dict[str, str]]:
    parser = _Forms()
    parser.feed(html)
    return parser.forms


def new_address(emulator: Emulator) -> str:
    command = [sys.executable, "-m", "azureml_emulator", "studio", "--state", str(emulator.folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
