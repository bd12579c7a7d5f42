"""The line that says where a version comes from: one way to write it, and nothing else is read as one."""

from dataclasses import replace
from typing import Any

import pytest

from config.errors import ConfigError
from config.settings import load_settings
from steps.registration.lineage import LONGEST, Lineage, arm_id, parse_parameter, shown

WORKSPACE = arm_id(load_settings("prod", environ={}).workspace)
LINEAGE = Lineage(WORKSPACE, "digits", 4, "8f2d", "a" * 64, "b" * 64)


def test_what_is_written_is_read_again_and_told_in_a_few_words() -> None:
    assert Lineage.parse(LINEAGE.line) == parse_parameter(LINEAGE.line) == LINEAGE
    assert parse_parameter("-") is None
    assert shown(LINEAGE.line) == str(LINEAGE) == "digits:4 of aml-gpu-prod, run 8f2d"
    assert (shown(None), shown("of a later version")) == (None, "of a later version")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "digits:4",
        LINEAGE.line.removeprefix("/"),
        f"{LINEAGE.line}\n",
        LINEAGE.line.replace("versions/4", "versions/0"),
        LINEAGE.line.replace("/runs/8f2d", "/runs/../8f2d"),
        LINEAGE.line.replace("digits", "digits$(id)"),
        LINEAGE.line.replace("a" * 64, "A" * 64),
        LINEAGE.line.replace("a" * 64, "a" * 63),
        LINEAGE.line.replace("digits", "d" * 300),
        "/" + "x" * LONGEST,
    ],
)
def test_anything_else_is_refused_in_few_characters(line: str) -> None:
    with pytest.raises(ConfigError, match="let `amlgpu promote` give this parameter") as refused:
        Lineage.parse(line)
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize("wrong", [{"model": "two words"}, {"run_id": ""}, {"workspace": "/subscriptions/s"}])
def test_a_name_that_could_not_be_read_again_makes_no_lineage(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        replace(LINEAGE, **wrong)
