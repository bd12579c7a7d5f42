"""Files of settings: broken ones, and a team's own."""

from pathlib import Path

import pytest
import yaml

from config.errors import ConfigError
from config.settings import load_settings
from tests.unit.config.conftest import edit
from tests.unit.config.settings.refusals import refusal


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("cluster: [", "isn't valid YAML in line 1, column 11: while parsing a flow node, expected"),
        ("cluster:\n  nodes: 1\n  nodes: 2\n", "nodes is given twice"),
        ("cluster: 3\n", "cluster = 3: must be a section"),
        (
            "cluster:\n  name: 2020-99-99\n",
            "isn't valid YAML in line 2, column 9: '2020-99-99' isn't what it looks like",
        ),
        (f"cluster:\n  nodes: {'9' * 5000}\n", "isn't valid YAML in line 2, column 10: '9999"),
        (f"cluster:\n  nodes: 0x{'f' * 5000}\n", "a number beyond 1,000,000,000,000,000,000"),
        ("cluster:\n  nodes: !!int x\n", "isn't valid YAML in line 2, column 10: 'x' isn't what it looks like"),
        (f"cluster: {'[' * 5000}{']' * 5000}\n", "lists or sections are nested too deeply"),
        ("- cluster\n", "must hold sections"),
        ("", "workspace is missing"),
    ],
)
def test_broken_file_is_named(own_folder: Path, text: str, problem: str) -> None:
    (own_folder / "targets" / "dev.yml").write_text(text)
    with pytest.raises(ConfigError, match=f"config/targets/dev.yml: .*{problem}"):
        load_settings("dev", environ={})


def test_file_that_is_no_text_is_named(own_folder: Path) -> None:
    (own_folder / "services" / "digits.yml").write_bytes(b"service:\n  name: \xff\n")
    with pytest.raises(ConfigError, match=r"config/services/digits\.yml: isn't UTF-8: invalid start byte at byte 17"):
        load_settings("dev", environ={})


@pytest.mark.parametrize(
    ("file", "section", "key", "said"),
    [
        ("targets/local.yml", "cluster", "nodes", "cluster.nodes is missing (Nodes of the pool"),
        ("targets/local.yml", "cluster", None, "cluster is missing (Where the service runs.)"),
    ],
)
def test_missing_key_says_what_it_is_and_where_it_belongs(
    own_folder: Path, file: str, section: str, key: str | None, said: str
) -> None:
    content = yaml.safe_load((own_folder / file).read_text())
    del (content[section] if key else content)[key or section]
    (own_folder / file).write_text(yaml.safe_dump(content))
    assert refusal({}, "local").startswith(f"config/{file}: {said}")


def test_a_teams_own_folder_takes_the_place_of_ours(team: Path) -> None:
    (team / "services" / "digits.yml").rename(team / "services" / "letters.yml")
    (team / "targets" / "prod.yml").rename(team / "targets" / "live.yml")
    edit(team / "services" / "letters.yml", "  prod:", "  live:")

    settings = load_settings("live", environ={"AMLGPU_CONFIG": str(team)})

    assert (settings.model.name, settings.service.name, settings.service.memory_gb) == ("letters", "letters", 16.0)
    with pytest.raises(ConfigError, match="--target = 'prod': there is no such target; the known ones are dev, live"):
        load_settings("prod", environ={"AMLGPU_CONFIG": str(team)})


def test_what_is_wrong_in_a_teams_folder_is_named_by_its_path(team: Path) -> None:
    edit(team / "services" / "digits.yml", "replicas: 1", "replica: 3")

    with pytest.raises(ConfigError) as caught:
        load_settings("dev", environ={"AMLGPU_CONFIG": str(team)})

    file = team / "services" / "digits.yml"
    assert str(caught.value) == f"{file} (targets.dev): unknown key service.replica: did you mean replicas?"


def test_a_folder_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError, match="AMLGPU_CONFIG = 'no/such/folder': there is no such folder"):
        load_settings("dev", environ={"AMLGPU_CONFIG": "no/such/folder"})
