"""What is to be pasted, for bodies of all kinds."""

import ast
import shlex

import pytest

from azureml_emulator.studio.service.description import Takes
from azureml_emulator.studio.service.snippets import snippets

URI = "http://127.0.0.1:1/api/v1/service/a/score"
EXAMPLE = '{"instances": ["it\'s \\"$HOME\\" and `ls`\\n"]}'


@pytest.mark.parametrize(
    ("takes", "body", "file", "kind"),
    [
        (Takes(), "@FILE", "FILE", "application/octet-stream"),
        (Takes(("image/jpeg", "application/json"), EXAMPLE), "@IMAGE.jpg", "IMAGE.jpg", "application/octet-stream"),
        (Takes(("application/json",), EXAMPLE), EXAMPLE, "", "application/json"),
    ],
)
def test_curl(takes: Takes, body: str, file: str, kind: str) -> None:
    made = snippets(URI, takes, authenticated=True)
    words = shlex.split(made.curl.replace("\\\n", ""))
    assert words[:4] == ["curl", "--noproxy", "127.0.0.1", URI]
    assert words[4:] == [
        "-H",
        "Authorization: Bearer $SCORING_KEY",
        "-H",
        f"Content-Type: {kind}",
        "--data-binary",
        body,
    ]
    assert made.file == file


@pytest.mark.parametrize("authenticated", [True, False])
def test_python(authenticated: bool) -> None:
    made = snippets(URI, Takes(("application/json",), EXAMPLE), authenticated=authenticated)
    constants = [node.value for node in ast.walk(ast.parse(made.python)) if isinstance(node, ast.Constant)]
    (text,) = [value for value in constants if isinstance(value, str) and "instances" in value]
    assert text == EXAMPLE
    assert ("SCORING_KEY" in made.python, "Authorization" in made.curl) == (authenticated, authenticated)
