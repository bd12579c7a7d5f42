from tests.integration.emulator.command.machine import Machine


def test_clock(machine: Machine) -> None:
    not_yet = machine.emulator("clock")
    assert (not_yet.returncode, not_yet.stderr[:30]) == (8, "error: no local workspace runs")
    machine.emulator("up")
    assert machine.emulator("clock", "--to", "2031-12-01T04:30").stdout.startswith("2031-12-01T04:30:")
    assert machine.emulator("clock", "--advance", "1d12h").stdout.startswith("2031-12-02T16:3")
    assert machine.emulator("clock").stdout.startswith("2031-12-02T16:3")
    for options, message in (
        (["--to", "2031-12-01T04:30"], "cannot be moved back to 2031-12-01T04:30:00"),
        (["--to", "Monday"], "the clock cannot be moved so (Invalid isoformat string: 'Monday')"),
        (["--advance", "2x"], "'2x' is not a duration"),
        (["--advance", ""], "'' is not a duration"),  # as where a shell's variable is not set
        (["--advance", "9" * 5000 + "d"], "is not a duration"),
        (["--to", ""], "the clock cannot be moved so (Invalid isoformat string: '')"),
        (["--advance", "2h", "--to", "2032-01-01"], "give one of them"),
    ):
        refused = machine.emulator("clock", *options)
        assert (refused.returncode, message in refused.stderr) == (8, True), refused.stderr
