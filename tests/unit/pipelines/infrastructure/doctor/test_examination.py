"""What the checks do to each other; what each one sees of a workspace is in tests/integration/pipelines."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from config.errors import AmlGpuError, ConfigError, LocalWorkspaceError, WorkspaceError
from config.settings import Settings, load_settings
from pipelines.infrastructure.doctor.examination import CHECKS, NEEDS, examine
from pipelines.infrastructure.doctor.finding import Finding, exit_code, fail, of_error, ok, skipped, warn
from workspaces.errors import NotSignedIn, RequestError


@contextmanager
def nowhere(_settings: Settings) -> Iterator[None]:
    raise LocalWorkspaceError("no local workspace runs; start it with `amlgpu local up`")
    yield


def broken() -> Settings:
    raise ConfigError("a.yml: unknown key b\nc.yml: unknown key d")


def outcomes(found: dict[str, Finding]) -> dict[str, str]:
    return {check: finding.outcome for check, finding in found.items()}


def test_a_check_comes_after_what_it_depends_on() -> None:
    names = [check.name for check in CHECKS]
    assert all(check.needs is None or names.index(check.needs) < names.index(check.name) for check in CHECKS)


def test_without_settings_all_is_skipped_that_needs_them() -> None:
    found = examine(broken, nowhere)
    failed, *others = found.values()
    assert (failed.outcome, failed.text) == ("fail", "a.yml: unknown key b c.yml: unknown key d")
    assert others == [skipped("not looked at: settings failed")] * 11
    assert exit_code(found) == 2


def test_where_no_local_workspace_runs_the_command_that_starts_it_is_what_to_do() -> None:
    found = examine(lambda: load_settings("local", environ={}), nowhere)
    sign_in = found["sign-in"]
    assert (sign_in.outcome, sign_in.text) == ("fail", "no local workspace runs")
    assert sign_in.mend == "start it with `amlgpu local up`"
    assert found["attachment"].text == "not looked at: sign-in failed"
    assert (found["base image"].outcome, exit_code(found)) == ("skipped", 8)


def test_all_names_that_are_needed_are_checks() -> None:
    assert {needs for needs in NEEDS.values() if needs} <= NEEDS.keys()


def test_the_first_failure_gives_the_exit_code() -> None:
    assert exit_code({"a": ok(""), "b": warn("", ""), "c": skipped("")}) == 0
    assert exit_code({"a": warn("", ""), "b": fail("", ""), "c": of_error(ConfigError("x"), "")}) == 7


@pytest.mark.parametrize(
    ("error", "text", "mend"),
    [
        (NotSignedIn("nobody\nSign in."), "nobody", "do"),
        (RequestError("a\nb   c"), "a b c", "do"),
        (RequestError("word " * 200), "word …", "do"),
        (WorkspaceError("there is no compute"), "there is no compute", "do"),
        (LocalWorkspaceError("it stopped"), "it stopped", "`amlgpu local up` starts the local workspace"),
    ],
)
def test_an_error_is_one_line(error: AmlGpuError, text: str, mend: str) -> None:
    found = of_error(error, "do")
    assert found.text.endswith(text)
    assert "\n" not in found.text
    assert len(found.text) <= 400
    assert found.mend == mend
