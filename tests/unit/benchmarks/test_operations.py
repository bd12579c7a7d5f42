from tensorflow.core.framework.step_stats_pb2 import StepStats

from benchmarks.serving.operations import by_operation


def test_time_is_added_up_by_kind_of_operation() -> None:
    stats = StepStats()
    nodes = stats.dev_stats.add(device="/CPU:0").node_stats
    nodes.add(node_name="a", timeline_label="a = Conv2D(x, w)", op_start_rel_micros=1, op_end_rel_micros=11)
    nodes.add(node_name="b", timeline_label="b = Conv2D(a, w)", op_end_rel_micros=5)
    nodes.add(node_name="_SOURCE", timeline_label="", op_end_rel_micros=2)
    assert by_operation(stats) == {"Conv2D": 15, "_SOURCE": 2}
