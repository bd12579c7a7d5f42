import pytest

from azureml_emulator.state.redirect.proxies import without_proxy


@pytest.mark.parametrize(
    ("environ", "hosts"),
    [
        ({}, "127.0.0.1,localhost"),
        ({"NO_PROXY": "intranet, 127.0.0.1"}, "intranet,127.0.0.1,localhost"),
        ({"no_proxy": ".example", "NO_PROXY": "ignored"}, ".example,127.0.0.1,localhost"),
        ({"NO_PROXY": " * "}, "*"),
    ],
)
def test_this_machine_is_left_out_beside_what_was(environ: dict[str, str], hosts: str) -> None:
    assert without_proxy(environ) == {"NO_PROXY": hosts, "no_proxy": hosts}
