"""How the service is called from a shell and from Python, to be pasted."""

import shlex
from dataclasses import dataclass

from azureml_emulator.studio.service.description import JSON, Takes

KEY = "SCORING_KEY"
"""The environment variable that the snippets read: none of them holds the key."""
IMAGE, ANY = "IMAGE.jpg", "FILE"
_BYTES = "application/octet-stream"


@dataclass(frozen=True)
class Snippets:
    curl: str
    python: str
    file: str
    """What stands in both for a file of the reader's; nothing where the body is in them."""


def snippets(uri: str, takes: Takes, *, authenticated: bool) -> Snippets:
    file = "" if takes.example and not takes.images else IMAGE if takes.images else ANY
    kind = _BYTES if file else JSON
    return Snippets(_curl(uri, takes, file, kind, authenticated), _python(uri, takes, file, kind, authenticated), file)


def _curl(uri: str, takes: Takes, file: str, kind: str, authenticated: bool) -> str:
    body = f"@{file}" if file else shlex.quote(takes.example)
    key = f'  -H "Authorization: Bearer ${KEY}" \\\n' if authenticated else ""
    return f"curl --noproxy 127.0.0.1 {uri} \\\n{key}  -H 'Content-Type: {kind}' --data-binary {body}"


def _python(uri: str, takes: Takes, file: str, kind: str, authenticated: bool) -> str:
    body = f'open("{file}", "rb").read()' if file else f"{takes.example!r}.encode()"
    key = f'    "Authorization": "Bearer " + os.environ["{KEY}"],\n' if authenticated else ""
    return f"""\
import os
import urllib.request

headers = {{
{key}    "Content-Type": "{kind}",
}}
body = {body}
request = urllib.request.Request("{uri}", body, headers)
direct = urllib.request.build_opener(urllib.request.ProxyHandler({{}}))  # it is on this machine
print(direct.open(request).read().decode())
"""
