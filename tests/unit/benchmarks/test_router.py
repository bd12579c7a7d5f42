from benchmarks.router import DIRECT, ROUTED, Rounds, overhead


def test_overhead_compares_round_by_round() -> None:
    """Rounds are minutes apart on a machine whose speed changes: medians of ratios, not ratios of medians."""
    measured = {
        DIRECT: Rounds(rates=[1000, 100, 500], p99_ms=[1, 8, 2]),
        ROUTED: Rounds(rates=[900, 80, 250], p99_ms=[2, 11, 4]),
    }
    assert overhead(measured) == (0.8, 2)
