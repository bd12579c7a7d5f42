import pytest

from benchmarks.gpu.release import read_report
from benchmarks.serving.servers.peers import UnavailableError


@pytest.mark.parametrize("text", ['{"status": "Completed"}', 'run 1\n{\n "status": "Completed"\n}\nits page: …\n'])
def test_a_report_stands_among_lines_of_progress(text: str) -> None:
    assert read_report(text) == {"status": "Completed"}


def test_a_run_that_reported_nothing_is_known_by_its_last_line() -> None:
    with pytest.raises(UnavailableError, match="no GPU left"):
        read_report("run 1\nerror: no GPU left\n")
