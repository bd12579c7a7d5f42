"""What somebody should know about a new service's file before she uses it."""

from collections.abc import Iterator

from pipelines.scaffold.entries import ENOUGH, result_of, text_of
from steps.registration.contract.exploration.results import Exploration, Reordered, Try, differing_keys
from steps.registration.contract.findings import Inspection

ALL_RIGHT = 1.0
SAID = "said in "
LABELS_FILE = "the labels file"


def notes(found: Exploration, best: Try) -> Iterator[str]:
    """A sentence or two each."""
    share = best.measured and best.measured.threshold.setting.endswith("floor")
    if best.measured and share and not best.measured.useful and best.measured.value == ALL_RIGHT:
        yield (
            "All samples that were tried have the same label, so that nothing is proven: a model that knows no other "
            "answers them as well. Give samples of every class."
        )
    elif best.measured and not best.measured.useful:
        yield (
            "No settings that were tried answer the samples better than one answer for all would: "
            f"{best.measured.metric} is {result_of(best)}. Are these its validation data? Do the labels have the "
            "model's order (--labels FILE)? Are the images as they were in training?"
        )
    elif alike := [one for one in found.tries if one.as_good]:
        keys = differing_keys([best, *alike])
        own, *others = [", ".join(text_of(one.said.get(key)) for key in keys) for one in (best, *alike)]
        yield (
            f"The samples don't settle {', '.join(keys)}: {own} is written, {' and '.join(others)} "
            f"{'does' if len(others) == 1 else 'do'} as well. Whoever trained the model knows."
        )
    if (better := found.reordered) and better.reordered:
        keys = differing_keys(found.tries)
        said = ", ".join(f"{key} {text_of(better.said.get(key))}" for key in keys)
        yield _of_order(better.reordered, f" (with {said})" if said else "")
    if best.order_found:
        yield (
            f"The order of the classes' names was found by the answers: {', '.join(best.labels[:10])}"
            f"{', …' if len(best.labels) > 10 else ''}. Sorted by name, the labels don't fit the model. If that order "
            "isn't the model's, give its file with --labels."
        )
    if 0 < found.samples < ENOUGH:
        yield (
            f"There are {found.samples} samples, on which little can be proven: validation.minimum_samples, "
            f"{ENOUGH} by default, was lowered to that."
        )


def _of_order(found: Reordered, settings: str) -> str:
    return (
        f"Another order of the names answers {found.measured.value:.1%}: {', '.join(found.names[:10])}"
        f"{', …' if len(found.names) > 10 else ''}{settings}. That of --labels is kept; if it isn't the model's, mend "
        "that file, or leave --labels out, and come again with --overwrite."
    )


def still_to_say(found: Exploration, best: Try) -> list[str]:
    """Keys that the file has as comments."""
    threshold = [] if best.measured and best.measured.useful else ["validation (what is good enough)"]
    return [*found.undecided, *threshold]


def as_found(found: Exploration, best: Try) -> Inspection:
    """The inspection with the true reason for what the settings of the best try, which nobody said, led to."""
    several = f"the best of what was tried on {best.measured.samples} samples" if best.measured else "the likeliest"
    how = several if len(found.tries) > 1 else "nothing else suits the model and its samples"
    names = "their order was found by the answers" if best.order_found else "the samples' names, or --labels"
    facts = [
        fact.model_copy(
            update={"how": how if fact.how.startswith(SAID) else names if fact.how == LABELS_FILE else fact.how}
        )
        for fact in found.inspection.facts
        if fact.about not in found.undecided
    ]
    return found.inspection.model_copy(update={"facts": tuple(facts)})
