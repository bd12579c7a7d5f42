import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from config import schema
from config.loading.folder import FOLDER


def check(file: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(schema.FILE), str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_checked_in_schema_is_current() -> None:
    assert schema.FILE.read_text() == schema.render(), "run `python -m config.schema`"


@pytest.mark.parametrize("target", ["local", "dev", "prod"])
def test_target_names_the_schema_and_passes_it(target: str) -> None:
    file = FOLDER / f"{target}.yml"
    assert file.read_text().startswith("# yaml-language-server: $schema=schema.json\n")
    result = check(file)
    assert result.returncode == 0, result.stdout


def test_schema_takes_either_name_of_enable_gpu_and_no_unknown_key(tmp_path: Path) -> None:
    content = yaml.safe_load((FOLDER / "local.yml").read_text())
    content["service"]["gpu_enabled"] = content["service"].pop("enable_gpu")
    file = tmp_path / "alias.yml"
    file.write_text(yaml.safe_dump(content))
    assert check(file).returncode == 0
    content["service"]["colour"] = "red"
    file.write_text(yaml.safe_dump(content))
    assert "'colour' was unexpected" in check(file).stdout


def test_schema_describes_every_key() -> None:
    for section in json.loads(schema.render())["$defs"].values():
        assert all(key["description"] for key in section["properties"].values())
