import re
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from azureml_emulator.studio.drawing.graph import HEIGHT, WIDTH, Box, Drawing, draw

RELEASE = [("register", "validate"), ("register", "deploy"), ("validate", "deploy"), ("deploy", "smoke")]


def boxes(drawing: Drawing) -> dict[str, Box]:
    return {box.id: box for box in drawing.boxes}


def across(line: str) -> list[float]:
    """The places at which a line runs straight down."""
    return [float(command.split()[-2]) for command in re.findall(r"C([^CVM]+)V", line)]


def test_a_chain_is_one_column_from_top_to_bottom() -> None:
    drawing = draw(["c", "b", "a"], [("a", "b"), ("b", "c")])
    assert [box.id for box in drawing.boxes] == ["a", "b", "c"]
    assert len({box.x for box in drawing.boxes}) == 1
    assert len(drawing.lines) == 2


def test_a_line_that_passes_a_row_runs_beside_the_steps() -> None:
    drawing = draw(["register", "validate", "deploy", "smoke"], RELEASE)
    lanes = [place for line in drawing.lines for place in across(line)]
    assert len(lanes) == 1
    assert max(box.x for box in drawing.boxes) + WIDTH < lanes[0] < drawing.width


def test_lines_of_one_step_share_a_lane_and_those_of_two_do_not() -> None:
    chain = [("a", "b"), ("b", "c"), ("c", "d")]
    shared = draw("abcd", [*chain, ("a", "c"), ("a", "d")])
    apart = draw("abcd", [*chain, ("a", "c"), ("b", "d")])
    assert len({place for line in shared.lines for place in across(line)}) == 1
    assert len({place for line in apart.lines for place in across(line)}) == 2


def test_a_step_stands_below_the_middle_of_those_it_waits_for() -> None:
    found = boxes(draw("abcd", [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]))
    assert found["a"].x == found["d"].x == (found["b"].x + found["c"].x) // 2


def test_steps_of_a_row_are_ordered_like_those_above() -> None:
    found = boxes(draw(["a", "b", "below-b", "below-a"], [("b", "below-b"), ("a", "below-a")]))
    assert found["a"].x == found["below-a"].x < found["b"].x == found["below-b"].x


def test_edges_twice_or_from_elsewhere_are_drawn_once_or_not() -> None:
    assert len(draw("ab", [("a", "b"), ("a", "b"), ("data", "a"), ("None", "b")]).lines) == 1


def test_a_circle_is_drawn_without_its_lines() -> None:
    drawing = draw("abc", [("a", "b"), ("b", "a"), ("c", "c")])
    assert {box.id for box in drawing.boxes} == set("abc")
    assert drawing.lines == ()


def test_nothing() -> None:
    assert draw([], []).boxes == ()


@given(st.integers(1, 9), st.sets(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=20))
def test_any_graph(count: int, arrows: set[tuple[int, int]]) -> None:
    """Steps are apart and inside of the picture; each stands below all that it waits for."""
    nodes = [str(number) for number in range(count)]
    edges = [(str(a), str(b)) for a, b in sorted(arrows) if a < b < count]
    drawing = draw(nodes, edges)
    found = boxes(drawing)
    assert set(found) == set(nodes)
    assert len(drawing.lines) == len(edges)
    for box in drawing.boxes:
        assert 0 <= box.x <= drawing.width - WIDTH
        assert 0 <= box.y <= drawing.height - HEIGHT
    for one, other in combinations(drawing.boxes, 2):
        assert abs(one.x - other.x) > WIDTH or abs(one.y - other.y) > HEIGHT
    for source, target in edges:
        assert found[source].y + HEIGHT < found[target].y
