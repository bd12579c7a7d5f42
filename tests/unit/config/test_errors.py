import re

from config import errors
from config.errors import AmlGpuError


def test_exit_codes_are_distinct_and_drawn_in_the_tree() -> None:
    drawn = {name: int(code) for name, code in re.findall(r"(\w+Error) +(\d+)", errors.__doc__ or "")}
    defined = {kind.__name__: kind.exit_code for kind in (AmlGpuError, *AmlGpuError.__subclasses__())}
    assert drawn == defined
    assert len(set(defined.values())) == len(defined)
