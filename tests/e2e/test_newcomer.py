"""emulator/README.md, followed in an environment of what `emulator[sdk-v1]` asks for, and pytest.

It is put together from what is installed for this test; tests/soak has the same with an installation by pip.
"""

from pathlib import Path

import pytest

from tests.e2e.environments import link
from tests.e2e.newcomer import INSTALL, distributions_of, follow


@pytest.mark.slow
def test_page_in_a_clean_environment(tmp_path: Path) -> None:
    assert INSTALL == 'pip install "path/to/this/repository/emulator[sdk-v1]"'
    commands = link(tmp_path)
    assert not {name for name in distributions_of(commands) if name.startswith(("tensorflow", "scikit", "keras"))}
    printed = follow(tmp_path, commands)
    assert "model 1 answers {'y': 42.0}\nlocal workspace stopped\n" in printed
    assert "3 passed" in printed
