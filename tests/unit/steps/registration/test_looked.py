"""What a finding about a SavedModel is kept by."""

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from steps.registration import looked
from steps.registration.looked import CODE, ROOT, code_hash

THE_CODE_THAT_LOOKS = ("steps.registration.contract.looking", "steps.registration.contract.child")


def module_file(module: str) -> Path | None:
    path = ROOT.joinpath(*module.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


def imported(file: Path) -> Iterator[str]:
    """Also what a function imports."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))


def test_all_code_that_looks_counts() -> None:
    found, modules = set[Path](), list(THE_CODE_THAT_LOOKS)
    while modules:
        file = module_file(modules.pop())
        if file and file not in found:
            found.add(file)
            modules += imported(file)
    names = {file.relative_to(ROOT).as_posix() for file in found}

    assert {name for name in names if not name.startswith(CODE)} == set()
    assert "config/sections/contract.py" in names


def test_a_changed_default_is_other_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in {code.partition("/")[0] for code in CODE}:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(looked, "ROOT", tmp_path)
    before = code_hash()
    section = tmp_path / "config" / "sections" / "contract.py"
    text = section.read_text()
    section.write_text(text.replace("Field(default=0.5,", "Field(default=0.4,"))
    assert section.read_text() != text

    assert code_hash() != before


def test_another_version_of_tensorflow_counts_whatever_its_distribution_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    hashes = {code_hash()}
    for version in ("2.30.0.dev1", "2.30.0.dev2"):
        folder = tmp_path / f"tf_somebodys-{version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: tf-somebodys\nVersion: {version}\n")
        (folder / "top_level.txt").write_text("tensorflow\n")
        hashes.add(code_hash())
        shutil.rmtree(folder)

    assert len(hashes) == 3
