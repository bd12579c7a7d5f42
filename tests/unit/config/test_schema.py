import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from config import schema
from config.loading.folder import FOLDER

FILES = [*FOLDER.glob("targets/*.yml"), *FOLDER.glob("services/*.yml")]
SCHEMAS = {"targets": schema.TARGET_FILE, "services": schema.SERVICE_FILE}


def check(kind: str, file: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(SCHEMAS[kind]), str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_checked_in_schemas_are_current() -> None:
    assert schema.TARGET_FILE.read_text() == schema.render_target(), "run `python -m config.schema`"
    assert schema.SERVICE_FILE.read_text() == schema.render_service(), "run `python -m config.schema`"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_file_names_its_schema_and_passes_it(file: Path) -> None:
    kind = file.parent.name
    assert file.read_text().startswith(f"# yaml-language-server: $schema=../{SCHEMAS[kind].name}\n")
    result = check(kind, file)
    assert result.returncode == 0, result.stdout


def test_schema_takes_either_name_of_enable_gpu_and_no_unknown_key(tmp_path: Path) -> None:
    content = yaml.safe_load((FOLDER / "services" / "digits.yml").read_text())
    content["service"]["gpu_enabled"] = content["service"].pop("enable_gpu")
    file = tmp_path / "alias.yml"
    file.write_text(yaml.safe_dump(content))
    assert check("services", file).returncode == 0
    content["service"]["enable_gpu"] = True
    content["targets"]["dev"]["service"]["colour"] = "red"
    file.write_text(yaml.safe_dump(content))
    said = check("services", file).stdout
    assert "'colour' was unexpected" in said
    assert "should not be valid under {'required': ['enable_gpu', 'gpu_enabled']}" in said


@pytest.mark.parametrize(("kind", "section"), [("targets", "service"), ("services", "cluster")])
def test_a_section_of_the_other_kind_of_file_is_refused(tmp_path: Path, kind: str, section: str) -> None:
    file = tmp_path / "file.yml"
    file.write_text(f"{section}: {{}}\n")
    assert f"'{section}' was unexpected" in check(kind, file).stdout


def test_schemas_describe_every_key() -> None:
    for text in (schema.render_target(), schema.render_service()):
        whole = json.loads(text)
        for section in (whole, *whole["$defs"].values()):
            assert all(key["description"] for key in section["properties"].values())
