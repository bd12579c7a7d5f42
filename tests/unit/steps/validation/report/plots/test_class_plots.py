import re
from xml.etree import ElementTree as ET

from matplotlib import colormaps
from matplotlib.colors import to_hex, to_rgb

from steps.artifacts.verdict import Answer
from steps.validation.report.plots.class_plots import accuracy_by_class, confusion
from tests.browser.contrast import AA, contrast

COUNTED = re.compile(r"fill: (#\w{6})[^>]*>(\d+)</text>")


def answers(true: int, given: int, count: int) -> list[Answer]:
    return [Answer(file="a.jpg", label=true, predicted=given)] * count


def rgb(colour: str) -> str:
    return ", ".join(str(round(255 * share)) for share in to_rgb(colour))


def test_counts_stand_out_from_their_shade() -> None:
    counts = {(true, given): 1 + 15 * true + 4 * given for true in range(4) for given in range(4)}
    drawn = confusion([one for (true, given), count in counts.items() for one in answers(true, given, count)])
    inks = {int(count): ink for ink, count in COUNTED.findall(drawn)}

    assert sorted(inks) == sorted(counts.values())
    for count, ink in inks.items():
        ground = to_hex(colormaps["Blues"](count / max(counts.values())))
        assert contrast(rgb(ink), rgb(ground)) >= AA, count


def test_classes_have_their_names() -> None:
    names = ["cat", "dog $x$", "<b>" + "long" * 20]
    given = [*answers(0, 0, 3), *answers(1, 2, 2), *answers(2, 2, 1)]

    for drawn in (confusion(given, names), accuracy_by_class({"candidate": given}, names)):
        texts = {text for one in ET.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text") if (text := one.text)}  # noqa: S314 -- our own
        assert {"cat", "dog $x$", f"<b>{'long' * 5}…"} <= texts
