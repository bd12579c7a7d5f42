"""A folder with a local workspace, and `amlgpu` typed there."""

from collections.abc import Iterator

import pytest

from tests.integration.pipelines.shell import Shell


@pytest.fixture(scope="module")
def amlgpu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    shell = Shell(tmp_path_factory.mktemp("workspace"))
    shell.local("up")
    yield shell
    shell.close()
    shell.local("down")
