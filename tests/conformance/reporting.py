"""A line at the end of the tests: how many answers were checked against Microsoft's schemas."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from azureml_emulator.state.disk.files import LOG
from azureml_emulator.testing.answers import FILE

if TYPE_CHECKING:
    from tests.conformance.answers import Report

NAME = "conformance"


class Conformance:
    """A plugin. Worker processes of pytest-xdist hand what they checked to the one that started them."""

    def __init__(self) -> None:
        self._reports: list[Report] = []
        self._lines: list[str] = []

    def check(self, folder: Path) -> None:
        """Fails the test that calls it where a local workspace answered what Azure wouldn't, or kept no answers."""
        from tests.conformance.answers import check_answers  # loads the whole local workspace and the SDK's models

        assert (folder / FILE).exists() or not (folder / LOG).exists(), f"{folder} kept no answers to check"
        report = check_answers(folder)
        self._reports.append(report)
        assert not report.violations, "\n".join(report.violations)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self._lines += [str(report) for report in self._reports]
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[NAME] = self._lines

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self._lines += getattr(node, "workeroutput", {}).get(NAME, [])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for line in self._lines:
            terminalreporter.write_line(f"conformance: {line}")


def conformance_of(config: pytest.Config) -> Conformance:
    plugin = config.pluginmanager.get_plugin(NAME)
    assert isinstance(plugin, Conformance)
    return plugin
