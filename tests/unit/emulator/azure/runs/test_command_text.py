"""Placeholders of a command, and which commands need no shell."""

from pathlib import Path

import pytest

from azureml_emulator.azure.runs.commands.text import as_script, expand, word
from azureml_emulator.errors import BadRequest

VALUES = {"inputs.a": "1", "inputs.group.b": "2", "outputs.c": "/c"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x ${{inputs.a}} ${{ inputs.group.b }} ${{outputs.c}}/d", "x 1 2 /c/d"),
        ("x $[[--a ${{inputs.a}}]] $[[--none ${{inputs.none}}]]y", "x --a 1 y"),
        ("$[[both ${{inputs.a}} ${{inputs.none}}]]", ""),
        ("$[[as it is]] $HOME ${X} {{inputs.a}}", "as it is $HOME ${X} {{inputs.a}}"),
    ],
)
def test_placeholders(text: str, expected: str) -> None:
    assert expand(text, VALUES) == expected


def test_an_unknown_name() -> None:
    with pytest.raises(BadRequest, match=r"\$\{\{inputs\.none\}\}"):
        expand("${{inputs.none}}", VALUES)


def test_a_path_is_one_word() -> None:
    assert (word("/a/b-1.txt", "V"), word("/a b", "V")) == ("/a/b-1.txt", '"$V"')


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("python main.py", ["main.py"]),
        ("python3 main.py --say 'two words' \"x\" --n=1", ["main.py", "--say", "two words", "x", "--n=1"]),
        ("python main.py > out", []),
        ("python main.py $HOME", []),
        ("python main.py 'open", []),
        ("python main.py a*", []),
        ("python main.py a\nb", []),
        ("python -m main", []),
        ("python missing.py", []),
        ("python ../main.py", []),
        ("A=1 python main.py", []),
    ],
)
def test_commands_without_a_shell(tmp_path: Path, command: str, expected: list[str]) -> None:
    (tmp_path / "code").mkdir()
    for folder in (tmp_path, tmp_path / "code"):
        (folder / "main.py").touch()
    assert as_script(command, str(tmp_path / "code")) == expected


def test_without_code_there_is_no_script() -> None:
    assert as_script("python main.py", "") == []
