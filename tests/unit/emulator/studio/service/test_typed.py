import pytest

from azureml_emulator.studio.service.typed import takes_one_text


@pytest.mark.parametrize("example", ['{"instances": ["some text"]}', '[["a"]]', '"a"'])
def test_one_text(example: str) -> None:
    assert takes_one_text(example)


@pytest.mark.parametrize(
    "example", ["", "{", "{}", "3", '{"instances": [[1.5, 2]]}', '{"text": "a", "language": "en"}', "[" * 100_000]
)
def test_something_else(example: str) -> None:
    assert not takes_one_text(example)
